"""Modules, functions and lists of arguments stay small enough to read; each exception has its reason here.

Docstrings do not count: they explain, and give examples, at any length.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = [file for folder in ("src", "scripts") for file in sorted((ROOT / folder).rglob("*.py"))]
LINES, FUNCTION_LINES, PARAMETERS = 400, 60, 8
LONGER_MODULES: dict[str, str] = {}
LONGER_FUNCTIONS = {
    f"src/fisher_spectra/workflow/registry/{paper}.py:{paper}_figures": "a list of entries, one a figure"
    for paper in ("karakida", "pennington_worah", "hayase_karakida")
}
MORE_THAN_A_DOCSTRING = {
    "fisher_spectra": "the public face",
    "plotting": "says which extra brings the packages that every figure needs",
}
# Functions that are handed to `run_job` take every setting by name: they are not listed.
MORE_PARAMETERS: dict[str, str] = {
    f"src/fisher_spectra/analysis/{place}": "a question of the reader's, each part by its name"
    for place in ("phase_diagram.py:phase_diagram", "prediction.py:predict")
}


def functions(file):
    """Each function of a file, with the names of those that are handed to `run_job`."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    jobs = {argument.id for call in calls if call.func.id == "run_job" for argument in call.args[:1]}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, node.name in jobs


def name_of(file, function=None):
    place = file.relative_to(ROOT).as_posix()
    return f"{place}:{function.name}" if function else place


def parameters(function):
    arguments = function.args
    names = [one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]]
    return [name for name in names if name not in ("self", "cls")]


def length(function, is_job):
    """Lines of a function; without the list of its settings if it is that of a job."""
    start = function.body[0].lineno if is_job else function.lineno
    return function.end_lineno - start + 1 - lines_of_docstring(function)


def lines_of_docstring(node):
    """Lines of a docstring, which explains and gives examples at any length."""
    if ast.get_docstring(node) is None:
        return 0
    return node.body[0].end_lineno - node.body[0].lineno + 1


def lines_of_code(file):
    """Lines of a module without its docstrings."""
    text = file.read_text(encoding="utf-8")
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, described)]
    return len(text.splitlines()) - sum(map(lines_of_docstring, nodes))


def test_no_module_is_too_long_to_read():
    found = {name_of(file) for file in FILES if lines_of_code(file) > LINES}
    assert found == LONGER_MODULES.keys()


def test_no_function_is_longer_than_a_page():
    found = {
        name_of(file, function)
        for file in FILES
        for function, is_job in functions(file)
        if length(function, is_job) > FUNCTION_LINES
    }
    assert found == LONGER_FUNCTIONS.keys()


def test_no_function_takes_more_arguments_than_one_can_keep_in_mind():
    found = {
        name_of(file, function)
        for file in FILES
        for function, is_job in functions(file)
        if not is_job and len(parameters(function)) > PARAMETERS
    }
    assert found == MORE_PARAMETERS.keys()


def test_every_room_says_what_lives_there():
    rooms = [place for place in (ROOT / "src/fisher_spectra").rglob("*") if place.is_dir() and any(place.glob("*.py"))]
    assert len(rooms) > 15
    for room in rooms:
        tree = ast.parse((room / "__init__.py").read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), room
        if room.name not in MORE_THAN_A_DOCSTRING:
            assert len(tree.body) == 1, (
                f"{room}: a room's __init__ holds a docstring alone, or every closure grows by it"
            )
