"""What accompanies training and changes no number: progress that is told, and cells kept on disk."""

from __future__ import annotations

from dataclasses import dataclass

from fisher_spectra.common.progress import ProgressCounter
from fisher_spectra.training.checkpoints import Checkpoint


@dataclass(frozen=True)
class Bookkeeping:
    """Who is told of progress, and where the cells that are done are kept; nobody and nowhere if not given."""

    progress: ProgressCounter | None = None
    checkpoint: Checkpoint | None = None

    def advance(self, units: float) -> None:
        """Tell of so many units of work."""
        if self.progress is not None:
            self.progress.advance(units)
