"""Fingerprints of code: an edit that can change a result changes them, a comment or a docstring does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fisher_spectra.jobs import source_code
from fisher_spectra.jobs.source_code import code_of, fingerprint, fingerprints

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
    kept = json.loads((repository / source_code.CACHE).read_text())
    assert list(kept["1"].values()) == list(before.values())
    times = style.stat()
    style.write_text("x = 1\n")
    os.utime(style, ns=(times.st_atime_ns, times.st_mtime_ns))  # the clock says nothing about the content
    assert fingerprints([style], repository) != before


@pytest.mark.parametrize("kept", ["", "[]", "{}", '{"1": 3}', '{"1": {"a": 1}}', "\x00", '{"0": {}}'])
def test_kept_fingerprints_that_cannot_be_used_are_ignored(repository, kept):
    place = repository / source_code.CACHE
    place.parent.mkdir()
    place.write_text(kept)
    style = repository / "src/package/style.py"
    assert fingerprints([style], repository) == {"src/package/style.py": fingerprint(b"")}


def test_fingerprints_are_not_kept_where_no_workflow_runs(repository):
    fingerprints([repository / "src/package/style.py"], repository)
    assert not (repository / ".snakemake").exists()


CHANGED_WHILE_IT_RAN = """
import sys
from pathlib import Path
sys.path.insert(0, {source!r})
import pandas as pd
from fisher_spectra.jobs import source_code
from fisher_spectra.jobs.run_job import run_job

def work() -> pd.DataFrame:
    {edit}
    return pd.DataFrame({{"x": [1]}})

run_job(work)
"""


@pytest.mark.parametrize(("edit", "status"), [("pass", 0), ("Path(__file__).open('a').write('x = 1\\n')", 1)])
def test_a_job_whose_code_changed_while_it_ran_leaves_no_result(tmp_path, edit, status):
    root = Path(__file__).resolve().parents[2]
    (tmp_path / "scripts").mkdir()
    (tmp_path / "src").symlink_to(root / "src")
    (tmp_path / "envs").symlink_to(root / "envs")
    script = tmp_path / "scripts" / "work.py"
    code = CHANGED_WHILE_IT_RAN.format(source=str(tmp_path / "src"), edit=edit)
    script.write_text(
        code.replace(
            "from fisher_spectra.jobs.run_job",
            "import fisher_spectra.jobs.run_job as r\n"
            "source_code.ROOT = Path(__file__).resolve().parents[1]\n"
            "of = source_code.code_of\n"
            "r.code_of = lambda script: of(script, root=source_code.ROOT)\n"
            "from fisher_spectra.jobs.run_job",
        )
    )
    command = [sys.executable, script, "--output", "t.csv", "--provenance", "t.json", "--settings", "{}"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == status, answer.stderr
    assert (tmp_path / "t.csv").exists() == (tmp_path / "t.json").exists() == (status == 0)
    if status:
        assert answer.stderr == "error: scripts/work.py changed while it ran; its result is not kept, run again\n"
