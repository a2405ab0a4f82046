"""Shell completion: scripts, and what they ask the command for."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from fisher_spectra.cli.main import COMMANDS, cli


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_calls_the_command(call, shell):
    found = call(f"completion {shell}")
    assert found.exit_code == 0
    assert "_FISHER_SPECTRA_COMPLETE" in found.stdout
    assert f"{shell}_complete" in found.stdout
    assert "fisher-spectra" in found.stdout


def completed(words, begun):
    complete = ShellComplete(cli, {}, "fisher-spectra", "_FISHER_SPECTRA_COMPLETE")
    return [item.value for item in complete.get_completions(words.split(), begun)]


def test_commands_options_and_values_are_completed():
    assert completed("", "") == list(COMMANDS)
    assert completed("", "pre") == ["predict"]
    assert completed("predict", "--sig") == ["--sigma-w2", "--sigma-b2"]
    assert completed("predict --loss", "") == ["half_sum", "mse"]


def test_activations_are_completed_layer_by_layer_and_data_sets_by_name():
    assert completed("predict --activation", "ge") == ["gelu"]
    assert completed("predict --activation", "tanh,re") == ["tanh,relu"]
    assert completed("predict --data", "di")[0] == "digits"
