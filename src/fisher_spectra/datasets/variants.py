"""What a reader of a table or figure has to know about the samples, besides the name of the data set."""

from __future__ import annotations

ORIGINAL = "original"
EMBEDDED = "embedded"
USER = "user"
JPEG_MIRROR = "jpeg mirror"  # images whose pixels went through JPEG: good for running, not for quoting

# Begins the name of data from a file of the reader's own, and that of no data set of the registry: whatever the file is
# called, its results are never shown, judged or cited as those of published data.
OWN_PREFIX = "own:"


def is_own(name: str) -> bool:
    """Whether a name, as tables have it, is that of data from a file of the reader's own."""
    return name.startswith(OWN_PREFIX)
