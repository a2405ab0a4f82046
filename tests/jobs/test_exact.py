"""The exact mode of a job: what is pinned, what is refused, and that the two modes never meet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs import exact
from fisher_spectra.jobs.provenance import write_sidecar
from fisher_spectra.jobs.run_job import Job, job_parser

REQUIRE = """
import os
import numpy, scipy.linalg
os.environ.update({late!r})
from fisher_spectra.jobs.exact import require_exact
require_exact()
print("kept")
"""


def answer(late=()):
    """What a new process says in the exact mode, of which some variables are set after its libraries have chosen."""
    variables = exact.variables()
    given = {name: value for name, value in (os.environ | variables).items() if name not in late}
    code = REQUIRE.format(late={name: variables[name] for name in late})
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a_process_with_all_that_is_pinned_computes_as_the_baseline():
    assert answer() == "kept"


@pytest.mark.parametrize("pin", exact.PINS, ids=lambda pin: pin.name)
def test_a_job_refuses_to_start_without_any_of_what_is_pinned(pin, monkeypatch):
    for name, value in exact.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(pin.name, f"{pin.value} other")
    with pytest.raises(UserError, match=rf"exact mode: {pin.name} = .* must be '{pin.value}'"):
        exact.require_exact()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("GLIBC_TUNABLES", r"the C library \(glibc [\d.]+\) has exp\("),
        ("NPY_DISABLE_CPU_FEATURES", "NumPy uses X86_V3"),
        ("OPENBLAS_CORETYPE", r"OpenBLAS \(.*\) uses the kernels of \w+"),
    ],
)
def test_what_did_not_take_effect_is_found_out(left_out, said):
    found = answer(late=[left_out])
    if found == "kept":
        pytest.skip("this processor has nothing beyond the baseline, so nothing is chosen otherwise")
    assert re.search(said, found)


class Library:
    """Stands for PyTorch or Numba that did not listen."""

    def __init__(self, capability="DEFAULT", threads=1, target=(exact.BASELINE, "")):
        self.backends = self.cpu = self
        self.get_cpu_capability, self.get_num_threads = lambda: capability, lambda: threads
        self.config = type("config", (), {"CPU_NAME": target[0], "CPU_FEATURES": target[1]})


@pytest.mark.parametrize(
    ("name", "library", "said"),
    [
        ("torch", Library(capability="AVX2"), "PyTorch uses AVX2"),
        ("torch", Library(threads=2), "PyTorch computes with 2 threads"),
        ("numba", Library(target=("znver4", "+avx2")), "Numba compiles for znver4"),
    ],
)
def test_a_library_that_was_loaded_and_did_not_listen_is_named(name, library, said, monkeypatch):
    monkeypatch.setitem(sys.modules, name, library)
    faults = {"torch": exact._of_torch, "numba": exact._of_numba}[name](library)
    assert said in next(faults)


def test_another_architecture_is_refused_by_name(monkeypatch):
    for name, value in exact.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(UserError, match="architecture aarch64; the baseline x86-64-v2 needs x86-64"):
        exact.require_exact()


def test_without_the_mode_nothing_is_asked_of_the_libraries(monkeypatch):
    monkeypatch.delenv(exact.VARIABLE, raising=False)
    monkeypatch.setattr(exact, "_faults", lambda asked: pytest.fail("asked"))
    exact.require_exact()


@pytest.fixture
def part(tmp_path, monkeypatch):
    """A function that makes a part in a mode and gives a job in another that reads it."""
    parser = job_parser("some")
    for name in ("--parts", "--provenance"):
        parser.add_argument(name, nargs="*" if name == "--parts" else None, type=type(tmp_path))

    def made(first, then):
        table = tmp_path / "cells" / "part.csv"
        table.parent.mkdir(exist_ok=True)
        table.write_text("a\n1\n")
        monkeypatch.setattr("fisher_spectra.jobs.provenance.mode", lambda: first)
        write_sidecar(
            table.with_suffix(".json"), outputs=[table], inputs={}, settings={}, code={}, device="cpu", seconds=1.0
        )
        monkeypatch.setattr("fisher_spectra.jobs.exact.mode", lambda: then)
        monkeypatch.setattr("fisher_spectra.jobs.run_job.require_exact", lambda: None)
        output = tmp_path / "table.csv"
        return Job(
            parser.parse_args(
                ["--output", str(output), "--parts", str(table), "--provenance", str(output.with_suffix(".json"))]
            )
        )

    return made


@pytest.mark.parametrize("mode", [None, exact.BASELINE])
def test_parts_of_the_same_mode_are_read_and_the_record_says_which(mode, part, tmp_path):
    part(mode, mode)
    assert json.loads((tmp_path / "cells" / "part.json").read_text())["exact"] == mode


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (None, exact.BASELINE, "was made without the exact mode, and this job runs in the exact mode"),
        (exact.BASELINE, None, "was made in the exact mode .x86-64-v2., and this job runs without the exact mode"),
        ("x86-64-v3", exact.BASELINE, "was made in the exact mode .x86-64-v3., and"),
    ],
)
def test_parts_of_the_other_mode_are_refused_in_one_line(first, then, said, part):
    with pytest.raises(UserError, match=said):
        part(first, then)


def test_the_results_of_the_two_modes_have_folders_of_their_own():
    assert (exact.folder_of("smoke", False), exact.folder_of("smoke", True)) == ("smoke", "smoke-exact")
    assert [exact.options_of(name) for name in ("smoke", "smoke-exact")] == ["SCALE=smoke", "SCALE=smoke EXACT=1"]


def test_what_a_command_begins_with_sets_all_that_is_pinned():
    script = f"{exact.environment()} {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout).items() >= exact.variables().items()
