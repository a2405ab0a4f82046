"""The import closure of a script: every file of the repository that its result depends on, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from fisher_spectra.jobs.import_closure import closure_of_module, import_closure

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "package/__init__.py": "",
    "package/base.py": "import math\n",
    "package/middle.py": "from package.base import thing\n",
    "package/top.py": "import package.middle as m, os\n",
    "package/lazy.py": "def f():\n    from package import base\n    return base\n",
    "package/typing_only.py": "if TYPE_CHECKING:\n    from package.base import Thing\n",
    "package/one.py": "import package.two\n",
    "package/two.py": "import package.one\n",
    "package/unused.py": "",
    "package/rooms/__init__.py": "from . import wall\n",
    "package/rooms/wall.py": "from ..base import thing\n",
    "package/rooms/door.py": "from .wall import handle\n",
    "package/rooms/window.py": "from .. import middle\n",
    "package/rooms/floor.py": "from package.rooms.wall import *\n",
    "loose/part.py": "",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        file = tmp_path / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "src"


@pytest.fixture
def closure(root):
    """Modules in the closure of a script with this text, as paths below the root."""

    def of(text):
        script = root.parent / "script.py"
        script.write_text(text)
        first, *modules = import_closure(script, (root,))
        assert first == script
        assert modules == sorted(modules)
        return {str(module.relative_to(root)) for module in modules}

    return of


INIT = "package/__init__.py"
ROOMS = {INIT, "package/rooms/__init__.py", "package/rooms/wall.py", "package/base.py"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import os, json\nfrom numpy import linalg\n", set()),
        ("import package.base\n", {INIT, "package/base.py"}),
        ("import package.base as b\n", {INIT, "package/base.py"}),
        ("from package import base\n", {INIT, "package/base.py"}),
        ("from package.base import thing\n", {INIT, "package/base.py"}),
        ("def f():\n    import package.base\n", {INIT, "package/base.py"}),
        ("try:\n    import package.base\nexcept ImportError:\n    pass\n", {INIT, "package/base.py"}),
        ("import package.top\n", {INIT, "package/top.py", "package/middle.py", "package/base.py"}),
        ("import package.lazy\n", {INIT, "package/lazy.py", "package/base.py"}),
        ("import package.typing_only\n", {INIT, "package/typing_only.py", "package/base.py"}),
        ("import package.one\n", {INIT, "package/one.py", "package/two.py"}),
        ("import package.rooms.wall\n", ROOMS),
        ("import package.rooms.door\n", ROOMS | {"package/rooms/door.py"}),
        ("import package.rooms.window\n", ROOMS | {"package/rooms/window.py", "package/middle.py"}),
        ("import package.rooms.floor\n", ROOMS | {"package/rooms/floor.py"}),
        ("from loose import part\n", {"loose/part.py"}),
        ("# import package.base\ntext = 'import package.base'\n", set()),
    ],
)
def test_the_closure_holds_exactly_what_is_imported_directly_or_through_others(closure, text, expected):
    assert closure(text) == expected


def test_a_module_that_is_loaded_by_name_brings_its_packages_and_what_it_imports(root):
    found = closure_of_module("package.rooms.window", (root,))
    assert {str(path.relative_to(root)) for path in found} == ROOMS | {
        "package/rooms/window.py",
        "package/middle.py",
        "package/base.py",
    }
    with pytest.raises(ModuleNotFoundError, match=r"no module package\.rooms\.none in"):
        closure_of_module("package.rooms.none", (root,))


def test_modules_of_a_second_root_are_found_too(tmp_path):
    for root, text in (("src", "import helper\n"), ("lib", "")):
        (tmp_path / root).mkdir()
        (tmp_path / root / ("main.py" if root == "src" else "helper.py")).write_text(text)
    (tmp_path / "script.py").write_text("import main\n")
    found = import_closure(tmp_path / "script.py", (tmp_path / "src", tmp_path / "lib"))
    assert [path.name for path in found] == ["script.py", "helper.py", "main.py"]


@pytest.mark.parametrize("stage", ["train_online", "train_spectra", "sample_spectra", "sample_depths"])
def test_stages_of_one_input_do_not_depend_on_the_dual_fisher_matrix_of_several(stage):
    closure = import_closure(ROOT / "scripts" / "hayase_karakida" / f"{stage}.py", (ROOT / "src",))
    modules = {path.stem for path in closure}
    assert "haar_measure" in modules
    assert not modules & {"dual_fisher", "theta"}
