"""A file written through `atomic_path` is whole or absent, whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from fisher_spectra.common.atomic_files import atomic_path, write_text


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_file_appears_at_the_end_and_alone(tmp_path):
    target = tmp_path / "result.csv"
    with atomic_path(target) as temporary:
        temporary.write_text("half")
        assert not target.exists()
        temporary.write_text("whole")
    assert names_in(tmp_path) == ["result.csv"]
    assert target.read_text() == "whole"


def test_the_temporary_file_lies_in_the_same_folder_hidden_and_with_the_same_suffix(tmp_path):
    # another folder may be another file system, where a rename is a copy that can be cut off
    with atomic_path(tmp_path / "figure.png") as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".png"
        temporary.touch()


def test_two_attempts_have_different_temporary_names(tmp_path):
    with atomic_path(tmp_path / "a.csv") as one, atomic_path(tmp_path / "a.csv") as other:
        assert one != other
        one.write_text("first to open")
        other.write_text("first to finish")
    assert (tmp_path / "a.csv").read_text() == "first to open"  # the outer attempt ends last
    assert names_in(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
def test_a_failure_keeps_the_old_file_and_leaves_nothing_half_written(tmp_path, error):
    target = tmp_path / "result.csv"
    target.write_text("old")

    def fail():
        with atomic_path(target) as temporary:
            temporary.write_text("new, but")
            raise error

    with pytest.raises(error):
        fail()
    assert target.read_text() == "old"
    assert names_in(tmp_path) == ["result.csv"]


def test_a_process_killed_while_writing_leaves_the_old_file(tmp_path):
    target = tmp_path / "result.csv"
    target.write_text("old")
    script = (
        "import os, sys\n"
        "from fisher_spectra.common.atomic_files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(target)], env={"PYTHONPATH": os.pathsep.join(sys.path)})
    assert killed.returncode == -9
    assert target.read_text() == "old"


def test_a_body_that_writes_nothing_is_an_error_not_an_empty_result(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "result.csv"):
        pass
    assert names_in(tmp_path) == []


def test_missing_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "text")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "text"


def test_a_reader_sees_one_version_or_the_other_while_writers_compete(tmp_path):
    target = tmp_path / "result.txt"
    versions = [letter * 200_000 for letter in "ab"]
    write_text(target, versions[0])
    stop = threading.Event()

    def write(text):
        while not stop.is_set():
            write_text(target, text)

    writers = [threading.Thread(target=write, args=(text,)) for text in versions]
    for writer in writers:
        writer.start()
    try:
        assert all(target.read_text() in versions for _ in range(200))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert names_in(tmp_path) == ["result.txt"]


def test_text_is_utf8_with_unix_line_ends(tmp_path):
    write_text(tmp_path / "a.txt", "σ²\nκ\n")
    assert (tmp_path / "a.txt").read_bytes() == "σ²\nκ\n".encode()


def test_result_has_the_permissions_of_any_new_file(tmp_path):
    write_text(tmp_path / "a.txt", "x")
    (tmp_path / "plain.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode
