"""``import fisher_spectra as fs``: names that load nothing until they are asked for, each with an example that runs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import fisher_spectra as fs
from fisher_spectra.jobs.import_closure import import_closure

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "fisher_spectra"
NAMES = tuple(fs.__all__)
STUB = ast.parse((SOURCE / "__init__.pyi").read_text())
EXAMPLES = {"fs": fs, "np": np}
# What a package is called where it is imported, if not as where it is installed from.
IMPORTED_AS = {"PyYAML": "yaml", "scikit-learn": "sklearn"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]

# Run by a fresh interpreter, whose finders do not find the packages that it is to be without.
WITHOUT = """
import sys

class Finder:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in {missing!r} else self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Finder, sys.meta_path)
{code}
"""


def imported_as(packages):
    return {IMPORTED_AS.get(package, package) for package in packages}


def run(code, *, without=()):
    """A finished process of a fresh interpreter that has run the code."""
    program = WITHOUT.format(missing=set(without), code=code)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=SOURCE.parent)


def printed(code, *, without=()):
    process = run(code, without=without)
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


def test_importing_the_package_loads_nothing_besides():
    code = "before = set(sys.modules); import fisher_spectra; print(*set(sys.modules) - before)"
    assert {name.partition(".")[0] for name in printed(code)} - sys.stdlib_module_names == {"fisher_spectra"}


def test_asking_for_theory_loads_neither_torch_nor_what_only_the_workflow_needs():
    code = "import fisher_spectra as fs; fs.mean_field, fs.LimitingSpectrum, fs.SpectralLaw; print(*sys.modules)"
    loaded = set(printed(code))
    assert "numpy" in loaded
    assert loaded & {name for extra in EXTRAS.values() for name in imported_as(extra)} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_stub_is_what_its_module_defines(name):
    value = getattr(fs, name)
    assert value.__module__.startswith("fisher_spectra.")
    assert getattr(import_module(value.__module__), name) is value


def test_the_stub_imports_each_name_from_where_it_is_defined_and_under_this_name():
    imports = [node for node in STUB.body if isinstance(node, ast.ImportFrom)]
    found = [(alias.name, alias.asname, node.module) for node in imports for alias in node.names]
    assert found == [(name, name, getattr(fs, name).__module__) for name in NAMES]
    assert len(set(NAMES)) == len(NAMES)


def test_the_stub_declares_the_version_the_list_of_names_and_nothing_else():
    others = [node for node in STUB.body if not isinstance(node, ast.ImportFrom)]
    assert [ast.unparse(node) for node in others] == ["__version__: str", "__all__: list[str]"]
    assert isinstance(fs.__version__, str)


def test_dir_and_a_star_import_give_the_names():
    assert set(NAMES) <= set(dir(fs))
    assert printed("from fisher_spectra import *; print('mean_field' in globals(), 'ast' in globals())") == [
        "True",
        "False",
    ]


def test_no_name_hides_a_room_of_the_library():
    assert {path.stem for path in SOURCE.iterdir()} & set(NAMES) == set()


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'fisher_spectra' has no attribute 'mean_feild'"):
        _ = fs.mean_feild


def test_no_script_depends_on_the_public_names(tmp_path):
    public = {SOURCE / "_public.py"}
    scripts = sorted((ROOT / "scripts").rglob("*.py"))
    dependent = [script.name for script in scripts if public & set(import_closure(script, (ROOT / "src",)))]
    assert dependent == ["quick_tests.py"]  # which looks for tests by the names
    user = tmp_path / "user.py"
    user.write_text("import fisher_spectra as fs\n")
    assert import_closure(user, (ROOT / "src",)) == [user, SOURCE / "__init__.py"]


# ---------------------------------------------------------------------------------------------------------------------
# Packages that are not installed


@pytest.mark.parametrize("name", ["train_online", "GradientDescent", "Execution"])
def test_training_without_torch_says_what_to_install(name):
    process = run(f"from fisher_spectra import {name}", without={"torch"})
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == (
        f"ImportError: fisher_spectra.{name} needs PyTorch: pip install 'fisher-spectra[training]'"
    )
    assert "ModuleNotFoundError" not in process.stderr


def test_a_figure_without_matplotlib_says_what_to_install():
    process = run("import fisher_spectra.plotting.karakida.statistics", without={"matplotlib"})
    assert process.stderr.splitlines()[-1] == (
        "ImportError: fisher_spectra.plotting needs matplotlib: pip install 'fisher-spectra[figures]'"
    )


def test_figures_do_without_seaborn_which_takes_long_to_import():
    assert run("import fisher_spectra.plotting.karakida.statistics", without={"seaborn"}).returncode == 0


def test_an_import_that_fails_for_another_reason_keeps_its_own_message():
    process = run("from fisher_spectra import mean_field", without={"scipy"})
    assert process.stderr.splitlines()[-1].startswith("ModuleNotFoundError: No module named 'scipy")


def test_without_any_extra_every_name_is_there_but_those_of_training():
    code = """
import fisher_spectra as fs
for name in fs.__all__:
    try:
        getattr(fs, name)
    except ImportError as error:
        assert "fisher-spectra[training]" in str(error), error
        print(name)
"""
    optional = {name for extra in EXTRAS.values() for name in imported_as(extra)}
    grid = {"Execution", "GradientDescent", "NetworkEnsemble", "MiniBatches", "train_on_data", "train_student_teacher"}
    online = {"OnlineDescent", "epochs_in_order", "initial_weights", "online_data", "train_online"}
    of_the_reader = {"Analysis", "analyse"}
    assert set(printed(code, without=optional)) == grid | online | of_the_reader


def test_the_library_imports_what_pyproject_declares_and_nothing_else():
    found = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    found -= sys.stdlib_module_names | {"fisher_spectra"}
    declared = imported_as(PROJECT["dependencies"]).union(*(imported_as(extra) for extra in EXTRAS.values()))
    assert found - declared == {"urllib3"}  # whose exceptions are part of what requests raises
    assert declared - found == set()


# ---------------------------------------------------------------------------------------------------------------------
# Docstrings


def sections(name):
    """Sections of the docstring of a public name: title and text."""
    parts = re.split(r"^(\w+)\n-+\n", inspect.getdoc(getattr(fs, name)), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(text):
    """Names that a section explains: the lines that are not indented."""
    lines = [line for line in text.splitlines() if line and not line[0].isspace()]
    return {name.strip() for line in lines for name in line.split(",")}


def failures(test):
    """What running the examples of a docstring prints if they do not give what they say."""
    report = []
    test.globs |= EXAMPLES
    doctest.DocTestRunner(optionflags=doctest.FAIL_FAST).run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_an_example_of_two_to_six_lines_that_gives_what_it_says(name):
    parsed = doctest.DocTestParser().get_doctest(sections(name)["Examples"], {}, name, None, None)
    assert 1 <= sum(len(example.source.splitlines()) for example in parsed.examples) <= 6
    assert failures(parsed) == ""


def test_the_examples_of_all_other_functions_give_what_they_say():
    files = [file for file in sorted(SOURCE.rglob("*.py")) if ">>>" in file.read_text()]
    modules = [import_module(".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)) for file in files]
    tests = [test for module in modules for test in doctest.DocTestFinder().find(module) if test.examples]
    others = [test for test in tests if test.name.rpartition(".")[2] not in NAMES]
    assert len(others) >= 3
    assert [failures(test) for test in others] == [""] * len(others)


def test_an_example_that_is_wrong_is_noticed():
    wrong = doctest.DocTestParser().get_doctest(">>> fs.limiting_maximum(1.0, 0.0)\n2.0\n", {}, "wrong", None, None)
    assert "Expected:\n    2.0\nGot:\n    1.0" in failures(wrong)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "UserError"])
def test_a_docstring_explains_every_parameter(name):
    text = sections(name)
    explained = entries(text.get("Parameters", "")) | entries(text.get("Attributes", ""))
    assert set(inspect.signature(getattr(fs, name)).parameters) - explained == set()
