"""Entry point of ``fisher-spectra``; errors of the user's are one line, and the status says what kind they are of."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from fisher_spectra import __version__
from fisher_spectra.common.errors import UserError, interrupted, printable

PROGRAM = "fisher-spectra"
# Status of the process: 1 for what cannot be computed, 2 for options that cannot be read (click's own and getopt's),
# 130 for Ctrl-C (128 and the number of the signal, as shells have it).
FAILED, INTERRUPTED = 1, 130
# Subcommands, and their modules in `cli.commands`, imported when their name is typed.
COMMANDS = {
    "analyse": "analyse",
    "predict": "predict",
    "phase": "phase",
    "train-check": "train_check",
    "fetch": "fetch",
    "completion": "completion",
}


class OneLineErrors(click.Group):
    """A group whose errors are one line on standard error, and whose subcommands are imported one by one."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Names of the subcommands, in the order in which a reader needs them."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The subcommand of this name."""
        if name not in COMMANDS:
            return None
        module = import_module(f"fisher_spectra.cli.commands.{COMMANDS[name]}")
        found: click.Command = module.command
        return found

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run; ends the process, unless `standalone_mode` is false."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            status = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.ClickException as error:
            _end(error.format_message(), error.exit_code)
        except click.Abort:
            _end("interrupted", INTERRUPTED)
        except (UserError, ValueError, TypeError, ImportError, MemoryError) as error:
            if interrupted(error):
                _end("interrupted", INTERRUPTED)
            if os.environ.get("FISHER_SPECTRA_TRACEBACK"):
                raise
            _end(str(error) or type(error).__name__, FAILED)
        except OSError as error:  # a closed pipe, as of `fisher-spectra ... | head`, is click's own matter
            _end(f"{error.filename}: {error.strerror}" if error.filename else str(error), FAILED)
        sys.exit(status if isinstance(status, int) else 0)


def _end(message: str, status: int) -> NoReturn:
    click.echo(f"error: {printable(' '.join(message.split()))}", err=True)
    sys.exit(status)


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Curvature of neural networks: what theory predicts, and what is measured.

    \b
    fisher-spectra predict --widths 784,512,512,256,10 --activation gelu --sigma-w2 2
    fisher-spectra analyse my.py:net --data mine.npz --loss cross_entropy --plot out.png

    Each command is a function of the library with the same names (import fisher_spectra as fs; fs.predict, fs.analyse,
    fs.phase_diagram). Errors are one line on standard error; FISHER_SPECTRA_TRACEBACK=1 shows where they arose.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command with these arguments, by default those of the process."""
    cli.main(args=None if arguments is None else list(arguments), prog_name=PROGRAM)
