"""Fingerprints of code: an edit that can change a result changes them, a comment or a docstring does not."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fisher_spectra.jobs.parsed_sources import CACHE, ParsedSources, fingerprint
from fisher_spectra.jobs.source_code import code_of, fingerprints

SOURCE = '''"""A module."""

from __future__ import annotations

LIMIT = 3  # a comment


class Thing:
    """A class."""

    size: int = 1


def double(x: float, *, times: int = 2) -> float:
    """Twice x."""
    return times * x  # twice
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A module."""', '"""Another text."""'),
        ('"""A module."""', ""),
        ('    """A class."""\n', ""),
        ('"""Twice x."""', '"""Two times x.\n\n    At length.\n    """'),
        ("# a comment", "# another comment"),
        ("LIMIT = 3  # a comment", "LIMIT = 3"),
        ("return times * x", "return (\n        times * x\n    )"),
        ("LIMIT = 3", "LIMIT  =  3"),
        ("def double(x: float, *, times: int = 2)", "def double(\n    x: float,\n    *,\n    times: int = 2,\n)"),
    ],
)
def test_comments_docstrings_and_layout_do_not_count(old, new):
    assert SOURCE.count(old) == 1
    assert fingerprint(SOURCE.replace(old, new).encode()) == fingerprint(SOURCE.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT: int = 3"),
        ("times: int = 2", "times: int = 3"),
        ("times: int = 2", "times: float = 2"),
        ("times * x", "x * times"),
        ("size: int = 1", "size: int = True"),
        ("class Thing:", "class Thing(dict):"),
        ("    return times", '    "not a docstring"\n    return times'),
        ("from __future__ import annotations", "import os"),
        ("*, times", "times"),
    ],
)
def test_whatever_could_change_a_result_counts(old, new):
    assert SOURCE.count(old) == 1
    assert fingerprint(SOURCE.replace(old, new).encode()) != fingerprint(SOURCE.encode())


def test_the_fingerprint_is_fixed():
    # a change of the form reruns everything everywhere: it must be meant
    assert fingerprint(b"x = 1\n") == "95ad2757d40577dddbccdfac7aa1d202587c30b29a9affc01189533a0ccbe714"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a script that imports one module and loads another by name, as the working folder."""
    files = {
        "scripts/paper/draw.py": "import package.style\n",
        "src/package/__init__.py": "",
        "src/package/style.py": "",
        "src/package/figure.py": "import package.labels\n",
        "src/package/labels.py": "",
        "src/package/other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_code_of_a_script_is_what_it_imports_and_what_modules_loaded_by_name_import(repository):
    script = repository / "scripts/paper/draw.py"
    without = code_of(script, root=repository)
    assert list(without) == ["scripts/paper/draw.py", "src/package/__init__.py", "src/package/style.py"]
    found = code_of(script, ["package.figure"], root=repository)
    assert found.keys() - without.keys() == {"src/package/figure.py", "src/package/labels.py"}
    assert found["src/package/style.py"] == fingerprint(b"")


def test_other_programs_have_no_code(repository):
    assert code_of(Path(sys.executable), root=repository) == {}
    assert code_of(repository / "src/package/style.py", root=repository) == {}


def test_an_edit_is_seen_beside_the_kept_fingerprints(repository):
    (repository / ".snakemake").mkdir()
    style = repository / "src/package/style.py"
    before = fingerprints([style], repository)
    kept = json.loads((repository / CACHE).read_text())
    assert [row[0] for row in kept["1"].values()] == list(before.values())
    times = style.stat()
    style.write_text("x = 1\n")
    os.utime(style, ns=(times.st_atime_ns, times.st_mtime_ns))  # the clock says nothing about the content
    assert fingerprints([style], repository) != before


@pytest.mark.parametrize(
    "kept",
    [
        *("", "[]", "{}", '{"1": 3}', '{"1": {"a": 1}}', "\x00", '{"0": {}}', '{"1": {"a": ["f"]}}'),
        *('{"1": {"a": [1, []]}}', '{"1": {"a": ["f", [["0", "os"]]]}}', '{"1": {"a": ["f", [[0, 1]]]}}'),
        '{"1": {"a": ["f", [[]]]}}',
    ],
)
def test_kept_fingerprints_that_cannot_be_used_are_ignored(repository, kept):
    place = repository / CACHE
    place.parent.mkdir()
    style = repository / "src/package/style.py"
    own = hashlib.sha256(style.read_bytes()).hexdigest()
    place.write_text(kept.replace('"a"', f'"{own}"'))  # the row of this file: others are not looked at
    assert fingerprints([style], repository) == {"src/package/style.py": fingerprint(b"")}
    assert json.loads(place.read_text())["1"][own] == [fingerprint(b""), []]  # and mended


def test_fingerprints_are_not_kept_where_no_workflow_runs(repository):
    fingerprints([repository / "src/package/style.py"], repository)
    assert not (repository / ".snakemake").exists()


def test_imports_are_kept_beside_the_fingerprints_and_give_the_same_code(repository):
    (repository / ".snakemake").mkdir()
    script = repository / "scripts/paper/draw.py"
    script.write_text("def late():\n    from . import nothing\n    from package import style, figure as f\n")
    found = code_of(script, root=repository)
    kept = ParsedSources(CACHE)
    assert kept.of(script) == ParsedSources().of(script)
    assert code_of(script, root=repository, sources=kept) == found
    assert "src/package/labels.py" in found


def test_files_that_stay_as_they_are_are_read_once(repository):
    style = repository / "src/package/style.py"
    still, watching = ParsedSources(still=True), ParsedSources()
    before = still.of(style), watching.of(style)
    style.write_text("x = 1\n")
    assert still.of(style) == before[0]
    assert watching.of(style) != before[1]


WORK = """
import sys
from pathlib import Path
import pandas as pd
from fisher_spectra.common.seeds import generator
{at_the_start}
from fisher_spectra.jobs.run_job import Job, run_job

def work(job: Job) -> pd.DataFrame:
    job.uses(Path("data.csv"))
    {while_it_runs}
    return pd.DataFrame({{"x": [1]}})

run_job(work)
"""
APPEND = "Path({name!r}).open('a').write({text!r})"


@pytest.fixture(scope="module")
def job_folder(tmp_path_factory):
    """A repository with the whole library and one script; what that answers when it edits a file itself."""
    folder = tmp_path_factory.mktemp("job") / "repository"
    root = Path(__file__).resolve().parents[2]
    shutil.copytree(root / "src" / "fisher_spectra", folder / "src" / "fisher_spectra")
    shutil.copytree(root / "envs", folder / "envs")
    (folder / "scripts").mkdir()
    script = folder / "scripts" / "work.py"

    def work(at_the_start="", while_it_runs="pass"):
        (folder / "data.csv").write_text("x\n1\n")
        script.write_text(WORK.format(at_the_start=at_the_start, while_it_runs=while_it_runs))
        command = [sys.executable, script, "--output", "t.csv", "--provenance", "t.json", "--settings", "{}"]
        variables = os.environ | {"PYTHONPATH": str(folder / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        answer = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
        kept = [name for name in ("t.csv", "t.json") if (folder / name).exists()]
        for name in kept:
            (folder / name).unlink()
        return answer, kept

    return work


@pytest.mark.parametrize(
    "edit",
    [
        "pass",
        APPEND.format(name="src/fisher_spectra/common/seeds.py", text="# a comment\n"),
        APPEND.format(
            name="src/fisher_spectra/networks/dual_fisher.py", text="EDITED = True\n"
        ),  # that it does not use
    ],
)
def test_a_job_whose_code_is_what_it_was_keeps_its_result(job_folder, edit):
    answer, kept = job_folder(while_it_runs=edit)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert kept == ["t.csv", "t.json"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scripts/work.py", "x = 1\n"),
        ("src/fisher_spectra/common/seeds.py", "x = 1\n"),
        ("src/fisher_spectra/jobs/run_job.py", "x = 1\n"),
        ("data.csv", "2\n"),
    ],
)
def test_a_job_whose_code_or_data_changed_while_it_ran_leaves_no_result(job_folder, name, text):
    answer, kept = job_folder(while_it_runs=APPEND.format(name=name, text=text))
    assert answer.returncode == 1
    assert answer.stderr == f"error: {name} changed while it ran; its result is not kept, run again\n"
    assert kept == []


def test_a_job_whose_code_changed_after_it_was_loaded_and_before_it_was_looked_at_is_refused(job_folder):
    name = "src/fisher_spectra/common/seeds.py"
    answer, kept = job_folder(at_the_start=APPEND.format(name=name, text="y = 1\n"))
    assert answer.returncode == 1
    assert answer.stderr == f"error: {name} changed while this started; run again\n"
    assert kept == []
    assert job_folder()[0].returncode == 0  # it is as it was when the next one starts
