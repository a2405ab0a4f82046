"""What a reader of a table or figure has to know about the samples, besides the name of the data set."""

from __future__ import annotations

ORIGINAL = "original"
EMBEDDED = "embedded"
USER = "user"
JPEG_MIRROR = "jpeg mirror"  # images whose pixels went through JPEG: good for running, not for quoting
