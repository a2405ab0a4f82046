"""What all tests share: machine code of compiled loops, which copies of the repository would compile again each."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / "src" / "fisher_spectra" / "__pycache__"))
