"""What every script shares: options, one-line errors with exit status 1, the log, sidecars."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from fisher_spectra.common import atomic_files as atomic
from fisher_spectra.common.errors import UserError
from fisher_spectra.common.tables import read_table, write_table
from fisher_spectra.jobs.figure_provenance import read_sidecar
from fisher_spectra.jobs.provenance import devices_of, sealed, seconds_of, write_sidecar
from fisher_spectra.jobs.run_job import Job, job_parser, run_job, running


def run(body, *arguments):
    """Exit status of a script with this body."""
    try:
        with running(job_parser("A test."), list(map(str, arguments))) as job:
            body(job)
    except SystemExit as stop:
        return stop.code
    return 0


def raising(error):
    def body(job):
        raise error

    return body


def write_one_row(job):
    job.write_table(pd.DataFrame({"x": [1]}))


@pytest.fixture
def output(tmp_path):
    return tmp_path / "results" / "table.csv"


def test_a_script_that_succeeds_writes_its_table_and_prints_nothing(output, capsys):
    assert run(write_one_row, "--output", output) == 0
    assert read_table(output)["x"].tolist() == [1]
    assert capsys.readouterr() == ("", "")


FAULTS = [
    (UserError("M = 0: must be at least 1"), "M = 0: must be at least 1"),
    (MemoryError("Unable to allocate 7.45 GiB"), "not enough memory (Unable to allocate 7.45 GiB); give the job more"),
    (MemoryError(), "not enough memory; give the job more"),
    (torch.OutOfMemoryError("CUDA out of memory. Tried 2 GiB"), "not enough memory (CUDA out of memory. Tried 2 GiB)"),
    (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "table.csv: no space left on the disk; free some"),
    (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), "other.json"), "other.json: no space left on the disk"),
    (OSError(errno.EROFS, os.strerror(errno.EROFS), "results"), "results: no permission (Read-only file system)"),
    (PermissionError(errno.EACCES, "Permission denied", "results/t.csv"), "results/t.csv: no permission"),
]


@pytest.mark.parametrize(("error", "message"), FAULTS, ids=[repr(error)[:40] for error, _ in FAULTS])
def test_faults_of_the_user_and_the_machine_give_one_line_and_exit_status_1(output, tmp_path, capsys, error, message):
    log = tmp_path / "logs" / "job.log"
    assert run(raising(error), "--output", output, "--log", log) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert message in printed.err
    assert log.read_text() == printed.err
    assert not output.exists()


def test_a_disk_that_fills_up_while_a_table_is_written_leaves_the_old_table_and_one_line(output, capsys, monkeypatch):
    assert run(write_one_row, "--output", output) == 0

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(atomic.os, "fsync", full)
    assert run(lambda job: job.write_table(pd.DataFrame({"x": [2]})), "--output", output) == 1
    assert capsys.readouterr().err == f"error: {output}: no space left on the disk; free some and run again\n"
    assert read_table(output)["x"].tolist() == [1]
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def test_a_fault_of_the_program_shows_its_traceback_in_the_log_too(output, tmp_path, capsys):
    log = tmp_path / "job.log"
    assert run(raising(ZeroDivisionError("1 / 0")), "--output", output, "--log", log) == 1
    for text in (capsys.readouterr().err, log.read_text()):
        assert "Traceback (most recent call last)" in text
        assert text.rstrip().endswith("ZeroDivisionError: 1 / 0")


def test_an_operating_system_fault_without_a_remedy_is_logged_with_its_traceback(output, tmp_path):
    log = tmp_path / "job.log"
    assert run(raising(FileNotFoundError(errno.ENOENT, "gone", "x.npz")), "--output", output, "--log", log) == 1
    assert "FileNotFoundError" in log.read_text()


def because_of(error, cause):
    error.__cause__ = cause
    return error


# what a module in C makes of Ctrl-C while it is loaded
IMPORTING = because_of(ImportError("initialization failed"), KeyboardInterrupt())


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), IMPORTING, because_of(UserError("digits.npz: not an .npz file"), IMPORTING)],
    ids=["computing", "importing", "importing to read data"],
)
def test_an_interrupted_script_ends_with_the_exit_status_of_an_interrupt(output, capsys, error):
    assert run(raising(error), "--output", output) == 130
    assert capsys.readouterr().err.endswith("interrupted\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: --output"),
        (["--output", "t.csv", "--seed", "3"], "unrecognized arguments: --seed 3"),
        (["--outp", "t.csv"], "the following arguments are required: --output"),
    ],
)
def test_bad_arguments_give_one_line_and_exit_status_1(capsys, arguments, message):
    assert run(write_one_row, *arguments) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert message in printed


def test_what_is_printed_to_standard_error_is_in_the_log_line_by_line(output, tmp_path, capsys):
    log = tmp_path / "logs" / "deep" / "job.log"

    def body(job):
        print("one", file=sys.stderr)
        assert log.read_text() == "one\n"  # at once: a log is read while the job runs
        with job.progress(1, "work") as progress:
            progress._interval = 0.0
            progress.advance()

    assert run(body, "--output", output, "--log", log) == 0
    assert log.read_text() == capsys.readouterr().err == "one\nwork: 100%\nwork: done in 0 s\n"


def test_standard_error_is_the_terminal_again_after_the_script(output, tmp_path):
    before = sys.stderr
    assert run(raising(UserError("x")), "--output", output, "--log", tmp_path / "log") == 1
    assert sys.stderr is before


def test_the_terminal_is_told_apart_from_a_file_behind_the_log(output, tmp_path):
    seen = []
    assert run(lambda job: seen.append(sys.stderr.isatty()), "--output", output, "--log", tmp_path / "log") == 0
    assert seen == [False]


def test_a_log_on_a_full_disk_stops_nothing(output, capsys):
    def body(job):
        print("a message", file=sys.stderr)
        write_one_row(job)

    assert run(body, "--output", output, "--log", "/dev/full") == 0
    assert capsys.readouterr().err == "a message\n"
    assert output.exists()


def test_a_log_that_cannot_be_opened_gives_one_line(output, tmp_path, capsys, monkeypatch):
    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied", "logs/job.log")

    monkeypatch.setattr(Path, "open", refuse)
    assert run(write_one_row, "--output", output, "--log", tmp_path / "job.log") == 1
    assert capsys.readouterr().err == "error: logs/job.log: no permission (Permission denied)\n"


def double(*, factor: float, first: int, thresholds: list[float], job: Job, root_seed: int) -> pd.DataFrame:
    """A function that a script could hand over."""
    job.uses(Path(__file__))
    return pd.DataFrame({"x": [factor * k + first + root_seed for k in thresholds]})


def add(parts: pd.DataFrame, predictions: pd.DataFrame, scale: str) -> pd.DataFrame:
    """A function that puts parts together."""
    return parts.assign(y=predictions["y"], scale=scale)


def write_itself(*, job: Job) -> None:
    """A function whose result is no table."""
    job.output.write_text("done")


NOTHING = {"settings": {}, "code": {}, "device": "cpu", "seconds": 0.0}


def with_sidecar(file, frame):
    """Write a table with the sidecar of a job that made it."""
    write_table(frame, file)
    write_sidecar(file.with_suffix(".json"), outputs=[file], inputs={}, **NOTHING)
    return file


def settings(**job):
    sections = {"paper.fig1": {"thresholds": [1, 2.5], "factor": 2}}
    return json.dumps({"scale": "smoke", "root_seed": 5, "sections": sections, "job": job})


def run_function(function, *arguments):
    try:
        run_job(function, list(map(str, arguments)))
    except SystemExit as stop:
        return stop.code
    return 0


def test_arguments_are_filled_from_sections_the_job_and_the_root_seed(output):
    assert run_function(double, "--output", output, "--settings", settings(first=10)) == 0
    assert read_table(output)["x"].tolist() == [17.0, 20.0]


def test_the_sidecar_records_the_settings_as_given_with_inputs_and_output(output):
    sidecar = output.with_suffix(".json")
    assert run_function(double, "--output", output, "--provenance", sidecar, "--settings", settings(first=1)) == 0
    record = json.loads(sidecar.read_text())
    assert record["settings"] == json.loads(settings(first=1))
    assert list(record["outputs"]) == [str(output)]
    assert list(record["inputs"]) == [__file__]


def from_data(*, dataset: str) -> pd.DataFrame:
    """A function of a data set."""
    return pd.DataFrame({"read": [dataset]})


@pytest.mark.parametrize(("data", "read"), [(["moved/d.npz"], "moved/d.npz"), ([], "results/d.npz")])
def test_a_data_set_is_read_where_it_lies_and_recorded_as_it_is_configured(output, data, read):
    given = ["--settings", json.dumps({"job": {"dataset": "results/d.npz"}}), "--data", *data]
    run_function(from_data, "--output", output, "--provenance", output.with_suffix(".json"), *given)
    assert read_table(output)["read"].tolist() == [read]
    assert read_sidecar(output.with_suffix(".json"))["settings"]["job"] == {"dataset": "results/d.npz"}


def test_the_sidecar_of_an_aggregated_table_adds_up_times_devices_and_inputs(output, tmp_path):
    parts = []
    for number, (device, seconds) in enumerate([("cpu", 1.5), ("NVIDIA H100", 20.0), ("cpu", 0.25)]):
        part = with_sidecar(tmp_path / f"part{number}.csv", pd.DataFrame({"x": [number]}))
        cost = {"seconds": seconds, "peak_memory_mb": 1e6 * number, "machine": {"device": device}}
        part.with_suffix(".json").write_text(
            json.dumps(sealed(json.loads(part.with_suffix(".json").read_text()) | cost))
        )
        parts.append(part)
    predicted = with_sidecar(tmp_path / "predicted.csv", pd.DataFrame({"y": [4, 5, 6]}))
    sidecar = tmp_path / "table.json"
    start = time.monotonic()
    arguments = ["--output", output, "--provenance", sidecar, "--settings", settings()]
    assert run_function(add, *arguments, "--parts", *parts, "--predictions", predicted) == 0
    table = read_table(output)
    assert (table["x"].tolist(), table["y"].tolist(), set(table["scale"])) == ([0, 1, 2], [4, 5, 6], {"smoke"})
    record = json.loads(sidecar.read_text())
    assert record["machine"]["device"] == "NVIDIA H100, cpu"
    assert record["peak_memory_mb"] == 2e6
    assert 21.75 <= record["seconds"] <= 21.75 + time.monotonic() - start
    assert set(record["inputs"]) == {str(file) for file in [predicted, *parts]}


def changed(part):
    part.write_text(part.read_text().replace("1", "2"))


def without_sidecar(part):
    part.with_suffix(".json").unlink()


def with_another_sidecar(part):
    write_sidecar(part.with_suffix(".json"), outputs=[part.with_name("other.csv")], inputs={}, **NOTHING)


def with_a_text_for_a_sidecar(part):
    part.with_suffix(".json").write_bytes(b"\x00\xff")


@pytest.mark.parametrize("option", ["--parts", "--predictions"])
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (changed, "not what its record says"),
        (without_sidecar, "its record part.json is not there"),
        (with_another_sidecar, "its record part.json is that of another result"),
        (with_a_text_for_a_sidecar, "its record part.json is no sidecar of a job"),
        (Path.unlink, "is not there"),
    ],
)
def test_a_table_that_is_not_what_its_record_says_is_refused_in_one_line(
    output, tmp_path, capsys, option, damage, message
):
    write_table(pd.DataFrame({"x": [1]}), tmp_path / "other.csv")
    part = with_sidecar(tmp_path / "part.csv", pd.DataFrame({"x": [1]}))
    damage(part)
    arguments = ["--output", output, "--provenance", output.with_suffix(".json"), "--settings", settings()]
    assert run_function(add, *arguments, option, part) == 1
    told = f"error: {part}: {message}; `make figures` sets it aside and makes it again\n"
    assert capsys.readouterr().err == told
    assert not output.parent.exists()


def test_a_job_that_records_nothing_may_read_a_table_without_a_record_but_none_that_differs_from_one(output, tmp_path):
    part = with_sidecar(tmp_path / "part.csv", pd.DataFrame({"y": [1]}))
    arguments = ["--output", output, "--settings", settings(), "--parts", part, "--predictions", part]
    changed(part)
    assert run_function(add, *arguments) == 1
    without_sidecar(part)
    assert run_function(add, *arguments) == 0


def test_a_table_that_changes_while_a_job_reads_it_leaves_no_result(output, tmp_path, capsys):
    part = with_sidecar(tmp_path / "part.csv", pd.DataFrame({"x": [1]}))

    def read_and_change(parts: pd.DataFrame) -> pd.DataFrame:
        changed(part)
        return parts

    arguments = ["--output", output, "--provenance", output.with_suffix(".json"), "--settings", settings()]
    assert run_function(read_and_change, *arguments, "--parts", part) == 1
    assert capsys.readouterr().err == f"error: {part} changed while it ran; its result is not kept, run again\n"
    assert list(output.parent.iterdir()) == []


def test_no_sidecar_is_written_unless_asked_for(output):
    assert run_function(double, "--output", output, "--settings", settings(first=1)) == 0
    assert [path.name for path in output.parent.iterdir()] == ["table.csv"]


def test_a_function_may_write_its_result_itself(tmp_path):
    assert run_function(write_itself, "--output", tmp_path / "page.html", "--settings", settings()) == 0
    assert (tmp_path / "page.html").read_text() == "done"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "--settings: not valid JSON"),
        ("[]", "--settings: must be an object"),
        ('{"sections": []}', "--settings: sections: must be an object"),
        ('{"sections": {"a": 1}}', "--settings: sections.a: must be an object"),
        (settings(), "--settings: first: missing"),
        (settings(first="many"), "--settings: first = 'many': should be a valid integer"),
        (settings(first=1, last=2), "--settings: last: unknown. Allowed: factor, first, thresholds, root_seed"),
    ],
)
def test_bad_settings_give_one_line_and_exit_status_1(output, capsys, text, message):
    assert run_function(double, "--output", output, "--settings", text) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert printed.count("\n") == 1
    assert message in printed
    assert not output.exists()


def test_what_is_left_to_the_end_is_done_when_the_sidecar_is_there_and_not_after_a_fault(output):
    sidecar, done = output.with_suffix(".json"), []

    def at_the_end(*, job: Job, fail: bool) -> pd.DataFrame:
        job.at_the_end(lambda: done.append(sidecar.exists()))
        if fail:
            raise UserError("a fault")
        return pd.DataFrame({"x": [1]})

    arguments = ["--output", output, "--provenance", sidecar, "--settings"]
    assert run_function(at_the_end, *arguments, settings(fail=True)) == 1
    assert done == []
    assert run_function(at_the_end, *arguments, settings(fail=False)) == 0
    assert done == [True]


def test_help_says_what_the_script_does_and_what_each_option_means(capsys):
    assert run_function(double, "--help") == 0
    said = capsys.readouterr().out
    assert "What every script shares" in said
    for option in ("--settings", "--parts", "--predictions", "--provenance", "--memory-mb", "--output", "--log"):
        assert option in said


def tabulate(parts: pd.DataFrame) -> pd.DataFrame:
    return parts.groupby("M")[["loss"]].mean().reset_index()


def tabulated(tmp_path, capsys, **files):
    """What the job of a table says of parts with these contents, in one line."""
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
    parts = [str(tmp_path / f"{name}.csv") for name in files]
    with pytest.raises(SystemExit) as stop:
        run_job(tabulate, ["--output", str(tmp_path / "table.csv"), "--settings", "{}", "--parts", *parts])
    said = capsys.readouterr().err
    assert (stop.value.code, said.count("\n")) == (1, 1)
    return said


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"one": b"M,lost\n1,2\n", "two": b"M,lost\n1,2\n"}, "one.csv and 1 more: a column is missing ("),
        ({"one": b"m,loss\n1,2\n"}, "one.csv: a column is missing (M); delete and run again"),
        ({"one": b"M,loss\n1,2\0\n"}, "one.csv: not a table (it holds zero bytes)"),
        ({"one": b"M,loss\n1,2,3\n4\n5,6,7,8\n"}, "one.csv: not a table ("),
        ({"one": b""}, "one.csv: the table is empty"),
        ({"one": b"M,loss\n\xff,2\n"}, "one.csv: not a table ("),
    ],
)
def test_a_part_that_is_no_table_of_its_kind_is_named_in_one_line(tmp_path, capsys, files, said):
    assert tabulated(tmp_path, capsys, **files).startswith(f"error: {tmp_path}/{said.format(tmp_path)}")


def test_a_key_that_a_script_misses_elsewhere_is_a_fault_of_the_program(tmp_path, capsys):
    def with_a_mistake(parts: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"x": [{"a": 1}["b"]]})

    write_table(pd.DataFrame({"M": [1]}), tmp_path / "one.csv")
    options = ["--output", str(tmp_path / "t.csv"), "--settings", "{}", "--parts", str(tmp_path / "one.csv")]
    with pytest.raises(SystemExit):
        run_job(with_a_mistake, options)
    assert "KeyError: 'b'" in capsys.readouterr().err


SIDECAR = {"outputs": {}, "seconds": 1.0, "peak_memory_mb": 1.0, "machine": {"device": "cpu"}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{}", "one.json"),
        (b"[]", "one.json is not a JSON object"),
        (b"\0" * 100, "one.json is not JSON"),
        (b"\xff", "one.json is not JSON"),
        (b"[" * 10**5, "one.json is nested too deeply"),
        (json.dumps(SIDECAR | {"seconds": "1"}).encode(), "one.json: seconds is not what a job records"),
        (json.dumps(SIDECAR | {"seconds": float("nan")}).encode(), "one.json: seconds is not what a job records"),
        (json.dumps(SIDECAR | {"seconds": 10**400}).encode(), "one.json: seconds is not what a job records"),
        (json.dumps(SIDECAR | {"machine": {}}).encode(), "one.json: does not record machine.device"),
        (json.dumps(SIDECAR | {"machine": "x"}).encode(), "one.json: machine is not what a job records"),
        (json.dumps(SIDECAR | {"code": {"../x.py": "0"}}).encode(), "one.json: code is not what a job records"),
    ],
)
def test_what_is_no_sidecar_is_named_in_one_line(tmp_path, content, said):
    sidecar = tmp_path / "one.json"
    sidecar.write_bytes(content)
    with pytest.raises(UserError) as refused:
        (devices_of([sidecar]), seconds_of([sidecar]))
    assert str(refused.value).startswith(f"{tmp_path}/{said}")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"\0", b"[" * 10**5, b'{"inputs": [1]}', b'{"code": {"/x.py": "0"}}']
)
def test_what_is_no_sidecar_counts_as_none_where_a_result_may_be_without(tmp_path, content):
    (tmp_path / "one.json").write_bytes(content)
    assert read_sidecar(tmp_path / "one.csv") == {}
    assert read_sidecar(tmp_path / "two.csv") == {}
