"""Blocks of sampled networks: how the networks of an experiment are shared out over jobs."""

from __future__ import annotations

from typing import NamedTuple


class Block(NamedTuple):
    """Networks `first` to `stop` - 1 of width n."""

    width: int
    first: int
    stop: int

    @property
    def networks(self) -> range:
        """Numbers of the networks, parts of their seeds."""
        return range(self.first, self.stop)
