"""Makes the library of this repository importable in an environment that has only the packages it needs."""

from __future__ import annotations

import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "src"
if str(SOURCES) not in sys.path:
    sys.path.insert(0, str(SOURCES))
