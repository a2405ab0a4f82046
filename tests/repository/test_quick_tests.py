"""`make test-quick` runs the unit tests that show what changed, and stops in time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from quick_tests import Within, changed_since, that_show

from fisher_spectra.common.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
TESTS = [
    "tests/hayase_karakida/test_atoms.py",
    "tests/scripts/test_columns_of_tables.py",
    "tests/scripts/test_hayase_karakida_scripts.py",
    "tests/measurement/test_module_function.py",
    "tests/workflow/test_adopt.py",
    "tests/workflow/test_kept_answers.py",
]


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def chosen(*changed):
    return [test.name for test in that_show(map(Path, changed), list(map(Path, TESTS)))]


def test_a_module_is_shown_by_the_tests_that_import_it_directly_or_through_others():
    assert chosen("src/fisher_spectra/hayase_karakida/atoms.py")[0] == "test_atoms.py"
    assert "test_atoms.py" in chosen("src/fisher_spectra/common/errors.py")
    assert "test_atoms.py" not in chosen("src/fisher_spectra/workflow/kept_answers.py")
    assert "test_kept_answers.py" in chosen("src/fisher_spectra/workflow/kept_answers.py")


def test_a_module_is_shown_by_the_tests_that_use_its_public_names():
    assert "import fisher_spectra as fs" in Path("tests/measurement/test_module_function.py").read_text()
    assert "test_module_function.py" in chosen("src/fisher_spectra/analysis/analyse.py")


def test_a_script_is_shown_by_the_tests_that_name_it():
    assert "test_hayase_karakida_scripts.py" in chosen("scripts/hayase_karakida/tabulate_theta.py")


def test_a_test_that_changed_is_run_itself_and_first():
    assert chosen("tests/hayase_karakida/test_atoms.py") == ["test_atoms.py"]


def test_what_runs_the_workflow_is_left_to_all_tests():
    assert "test_adopt.py" not in chosen("tests/workflow/test_adopt.py", "src/fisher_spectra/common/errors.py")


def test_nothing_is_run_for_what_no_test_shows():
    assert chosen("docs/no_such_page.md") == []
    assert chosen() == []


def test_changes_are_those_of_the_work_tree_and_files_git_does_not_know(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def git(*arguments):
        named = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *named, *arguments], check=True, capture_output=True)

    git("init")
    for name in ("kept", "edited"):
        Path(name).write_text(name)
    git("add", ".")
    git("commit", "-m", "all")
    Path("edited").write_text("otherwise")
    Path("new").write_text("new")
    assert changed_since("HEAD") == {Path("edited"), Path("new")}
    with pytest.raises(UserError, match="HEAD~1"):
        changed_since("HEAD~1")


def test_no_test_is_begun_when_the_time_is_over(tmp_path):
    tests = tmp_path / "test_two.py"
    tests.write_text("def test_one():\n    pass\n\n\ndef test_two():\n    pass\n")
    code = f"import pytest, quick_tests; pytest.main(['-q', {str(tests)!r}], plugins=[quick_tests.Within(0.0)])"
    path = str(Path(sys.modules[Within.__module__].__file__).parent)
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": f"{path}:{ROOT / 'src'}"}, capture_output=True
    )
    said = answer.stdout.decode()
    assert "1 passed" in said
    assert "1 tests were not run" in said
