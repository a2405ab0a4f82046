"""What the tools share that look at one run: its scale and its mode, as options and as settings."""

from __future__ import annotations

import argparse
from typing import Any


def add_run_options(parser: argparse.ArgumentParser, of_what: str = "") -> None:
    """The options that say which run, the same for every tool."""
    parser.add_argument("--scale", default="laptop", help=f"smoke, laptop or paper{of_what}")
    parser.add_argument("--exact", action="store_true", help="the exact mode: the same bytes on any x86-64 processor")


def settings_of_run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Settings that the options of a run stand for. Without ``--exact`` the configuration decides on the mode."""
    return {"scale": arguments.scale} | ({"exact": True} if arguments.exact else {})
