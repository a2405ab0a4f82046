"""What a job prints goes to its log, and to the terminal unless it is told to keep quiet."""

from __future__ import annotations

import sys

import pytest

from fisher_spectra.jobs import log_file
from fisher_spectra.jobs.log_file import LOG_ONLY, logging_to


@pytest.mark.parametrize("quiet", [False, True])
def test_what_is_printed_is_in_the_log_and_on_the_terminal_unless_it_is_to_be_in_the_log_alone(
    tmp_path, capsys, monkeypatch, quiet
):
    monkeypatch.delenv(LOG_ONLY, raising=False)
    if quiet:
        monkeypatch.setenv(LOG_ONLY, "1")
    file = tmp_path / "logs" / "job.log"
    with logging_to(file):
        print("half of it is done", file=sys.stderr)
    print("afterwards", file=sys.stderr)
    assert file.read_text() == "half of it is done\n"
    assert capsys.readouterr().err == ("" if quiet else "half of it is done\n") + "afterwards\n"


def test_what_the_log_does_not_take_is_on_the_terminal(tmp_path, capsys):
    class FullDisk:
        def write(self, text):
            raise OSError("no space left")

    tee = log_file._Tee(sys.stderr, FullDisk(), log_only=True)
    tee.write("error: the disk is full\n")
    assert capsys.readouterr().err == "error: the disk is full\n"
