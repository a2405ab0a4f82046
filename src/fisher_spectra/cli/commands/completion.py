"""``fisher-spectra completion``: what a shell needs to complete the command."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command(short_help="Print what bash, zsh or fish need to complete the words.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that completes this command's words in bash, zsh or fish.

    \b
    fisher-spectra completion bash >> ~/.bashrc
    fisher-spectra completion zsh >> ~/.zshrc
    fisher-spectra completion fish > ~/.config/fish/completions/fisher-spectra.fish
    """
    root = context.find_root()
    program = root.info_name or "fisher-spectra"
    variable = f"_{program}_COMPLETE".replace("-", "_").upper()
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(root.command, {}, program, variable).source())
