"""The code of a script as an input of its rule: one small file that changes when the code does, and not otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fisher_spectra.jobs.source_code import environment_hash
from fisher_spectra.workflow.code import ENVIRONMENT, CodeRecords

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    for name, text in {
        "scripts/a/one.py": "import lib.used\n",
        "src/lib/__init__.py": "",
        "src/lib/used.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "src/lib/by_name.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_record_has_the_fingerprint_of_each_file_and_the_digest_of_the_requirements(repository):
    file = Path(CodeRecords(repository)("a/one.py"))
    assert file == Path("results/code/a/one.json")
    record = json.loads(file.read_text())
    assert record.pop(ENVIRONMENT) == environment_hash()
    assert record.keys() == {"scripts/a/one.py", "src/lib/__init__.py", "src/lib/used.py"}


def test_a_module_that_is_loaded_by_name_is_part_of_a_record_of_its_own(repository):
    records = CodeRecords(repository)
    with_module, without = records("a/one.py", "lib.by_name"), records("a/one.py")
    assert with_module != without
    assert "src/lib/by_name.py" in json.loads(Path(with_module).read_text())
    assert "src/lib/by_name.py" not in json.loads(Path(without).read_text())


def test_a_record_is_written_when_the_code_changes_and_left_alone_when_not(repository):
    file = Path(CodeRecords(repository)("a/one.py"))
    written = file.stat().st_mtime_ns, file.stat().st_ino
    (repository / "src/lib/used.py").write_text('"""Said."""  # and commented\n')
    CodeRecords(repository)("a/one.py")  # the workflow is read again
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == written
    before = file.read_text()
    (repository / "src/lib/used.py").write_text("x = 1\n")
    CodeRecords(repository)("a/one.py")  # the workflow is read again
    assert file.read_text() != before


def test_a_damaged_record_is_written_anew(repository):
    records = CodeRecords(repository)
    file = Path(records("a/one.py"))
    good = file.read_text()
    file.write_text("")
    records("a/one.py")
    assert file.read_text() == good


def test_a_script_that_is_not_there_is_named(repository):
    with pytest.raises(FileNotFoundError, match=r"scripts/a/none\.py: no such script"):
        CodeRecords(repository)("a/none.py")
