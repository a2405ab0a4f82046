"""Compiled loops: what is kept of them belongs to the present code, and nothing fails because of it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fisher_spectra.common.compiled import can_compile

PACKAGE = Path(__file__).parents[2] / "src" / "fisher_spectra"
PROGRAM = """
import sys, types
from pathlib import Path
import numpy as np
from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.activations.compiled import activate
from fisher_spectra.activations.compiled_codes import coded
u = np.array([[-1.0, 2.0]])
activate(u, np.zeros((1, 2)), np.empty((1, 2)), *coded(get_activation("relu"), np.float64))
print(u[0].tolist(), sum(activate.stats.cache_hits.values()), sum(activate.stats.cache_misses.values()))
"""


def run(folder: Path) -> str:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": str(PACKAGE.parent)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    assert run(folder) == "[0.0, 2.0] 0 1"
    return folder


def test_the_next_process_takes_the_machine_code_that_the_first_one_left(kept: Path) -> None:
    assert run(kept) == "[0.0, 2.0] 1 0"


def test_damaged_machine_code_is_compiled_again(kept: Path) -> None:
    for file in kept.rglob("*.nb*"):
        file.write_bytes(file.read_bytes()[:40])
    assert run(kept) == "[0.0, 2.0] 0 1"
    for file in kept.rglob("*.nbi"):
        file.write_bytes(b"")
    assert run(kept) == "[0.0, 2.0] 0 1"
    assert run(kept) == "[0.0, 2.0] 1 0"


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run(tmp_path / "file" / "folder") == "[0.0, 2.0] 0 1"


def test_without_numba_there_are_no_compiled_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_compile()
    monkeypatch.setitem(sys.modules, "numba", None)  # as where it is missing, or refuses the NumPy that is installed
    assert not can_compile()


def compiled_modules() -> list[Path]:
    return sorted(PACKAGE.rglob("compiled*.py"))


def test_the_folder_is_named_after_the_content_of_all_modules_of_loops(kept: Path) -> None:
    import hashlib

    content = hashlib.sha256(b"".join(module.read_bytes() for module in compiled_modules()))
    assert [folder.name for folder in kept.iterdir()] == [f"compiled-{content.hexdigest()[:16]}"]


def test_loops_are_in_these_modules_alone() -> None:
    decorated = {
        file
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Name) and d.id.startswith("compiled") for d in node.decorator_list)
    }
    assert decorated
    assert decorated <= set(compiled_modules())


@pytest.mark.parametrize("module", compiled_modules(), ids=lambda path: path.parent.name + "." + path.stem)
def test_loops_use_nothing_of_the_package_that_is_defined_elsewhere(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    elsewhere = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("fisher_spectra")
        and not (node.module or "").rpartition(".")[2].startswith("compiled")
        for alias in node.names
    }
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
            assert not used & elsewhere, f"{node.name}: {sorted(used & elsewhere)}"
