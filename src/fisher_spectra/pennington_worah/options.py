"""Command-line options that the scripts of Pennington and Worah (2018) share."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass

from fisher_spectra.activations.catalogue import Activation, get_activation
from fisher_spectra.jobs.command_line import job_parser
from fisher_spectra.pennington_worah.constants import nonlinearity_constants
from fisher_spectra.pennington_worah.limiting_spectrum import LimitingSpectrum


def nonlinearities_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--nonlinearity NAME FUNCTION``, to be given once for each."""
    parser.add_argument(
        "--nonlinearity",
        nargs=2,
        action="append",
        required=True,
        metavar=("NAME", "FUNCTION"),
        help="name in tables and activation function, e.g. erf_1 'normalised_erf(alpha=1)'; may be repeated",
    )


def nonlinearities_of(arguments: argparse.Namespace) -> dict[str, Activation]:
    """The activations that ``--nonlinearity`` names."""
    return {name: get_activation(function) for name, function in arguments.nonlinearity}


def limits_of(arguments: argparse.Namespace) -> dict[str, LimitingSpectrum]:
    """Their limiting spectra."""
    return {
        name: LimitingSpectrum(nonlinearity_constants(activation))
        for name, activation in nonlinearities_of(arguments).items()
    }


_BLOCK = re.compile(r"(\d+):(\d+)-(\d+)")


@dataclass(frozen=True)
class Block:
    """Networks `first` to `stop` - 1 of a width n."""

    width: int
    first: int
    stop: int


def block(text: str) -> str:
    """``WIDTH:FIRST-STOP`` as it is, if it is one: options stay plain texts and numbers for the sidecar.

    Raises
    ------
    argparse.ArgumentTypeError
        If the text is another one.
    """
    found = _BLOCK.fullmatch(text)
    if found is None or int(found[1]) < 1 or int(found[2]) >= int(found[3]):
        raise argparse.ArgumentTypeError(f"{text!r}: must be WIDTH:FIRST-STOP, e.g. 64:0-32, with at least one network")
    return text


def blocks_of(arguments: argparse.Namespace) -> list[Block]:
    """The blocks that ``--blocks`` names."""
    return [Block(*map(int, _BLOCK.findall(text)[0])) for text in arguments.blocks]


def sampling_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that sample networks with one hidden layer."""
    parser = job_parser(description)
    parser.add_argument("--experiment", required=True, help="name of the experiment, part of every seed")
    nonlinearities_option(parser)
    return parser


def blocks_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that sample blocks of networks, each of a width of its own."""
    parser = sampling_parser(description)
    parser.add_argument(
        "--blocks",
        type=block,
        nargs="+",
        required=True,
        metavar="WIDTH:FIRST-STOP",
        help="width n, first network and one past the last network of each block",
    )
    return parser


def network_block_parser(description: str | None) -> argparse.ArgumentParser:
    """Parser of the scripts that sample a block of networks of several widths."""
    parser = sampling_parser(description)
    parser.add_argument("--widths", type=int, nargs="+", required=True, help="widths n of the network")
    parser.add_argument("--first", type=int, required=True, help="first network of the block")
    parser.add_argument("--stop", type=int, required=True, help="one past the last network of the block")
    return parser
