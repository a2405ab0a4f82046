"""The same bytes on other processors: the exact mode under emulated ones (Debian's qemu-user) and on this one.

`make test` compares what each kind of code gives (`probe.py`); `make test-exact` all tables of the smoke scale as well,
which takes hours.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from workflow_copies import copy_repository, run

from fisher_spectra.jobs import exact

ROOT = Path(__file__).resolve().parents[2]
EMULATOR = shutil.which("qemu-x86_64")
WHOLE = "EXACT_PROCESSORS" in os.environ
# They differ in what libraries look at: neither AVX nor FMA; AVX2 and FMA of Intel; the same of AMD.
PROCESSORS = ("Nehalem", "Haswell", "EPYC-Rome")
SHORT = PROCESSORS[1:]

needs_emulator = pytest.mark.skipif(
    EMULATOR is None, reason="qemu-x86_64 is not here; install it (on Debian: apt-get install qemu-user)"
)
needs_hours = pytest.mark.skipif(not WHOLE, reason="takes hours: make test-exact")


def output_of(script, *arguments, processor=None, mode=True, folder=ROOT, cache=None):
    """What a script here prints as this processor or an emulated one, in the exact mode or without it."""
    pinned = {exact.VARIABLE, *(pin.name for pin in exact.PINS)}
    kept = {name: value for name, value in os.environ.items() if name not in pinned}
    given = exact.variables() if mode else {"OMP_NUM_THREADS": "1"}
    given |= {} if cache is None else {"NUMBA_CACHE_DIR": str(cache)}
    emulated = [] if processor is None else [EMULATOR, "-cpu", processor]
    command = [*emulated, sys.executable, Path(__file__).with_name(script), *arguments]
    environment = kept | given | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests' / 'helpers'}", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    """A function that gives the digests of the probe; machine code of loops is kept for the other processes."""
    cache = tmp_path_factory.mktemp("numba")
    extra = ["torch"] if WHOLE else []  # to load PyTorch takes an emulated processor twelve seconds
    return lambda **how: json.loads(output_of("probe.py", *extra, cache=cache, **how))


@pytest.fixture(scope="module")
def here(probed):
    """Digests of this processor in the exact mode."""
    return probed()


@needs_emulator
@pytest.mark.parametrize("processor", PROCESSORS if WHOLE else SHORT)
def test_every_kind_of_code_gives_the_same_bytes_on_another_processor(here, probed, processor):
    assert probed(processor=processor) == here


def test_without_the_mode_this_processor_gives_other_bytes(here, probed):
    processor = Path("/proc/cpuinfo").read_text()
    if "avx2" not in processor:
        pytest.skip("this processor has nothing beyond the baseline")
    # NumPy's functions that theory takes have instructions of their own with AVX-512 alone.
    same = set() if "avx512f" in processor else {"theory"}
    without = probed(mode=False)
    assert {name for name, digest in without.items() if digest == here[name]} == same


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of results of all tables of the smoke scale, made here in the exact mode."""
    folder = tmp_path_factory.mktemp("exact") / "repository"
    copy_repository(folder)
    tables = sorted(file.stem for file in (ROOT / "references" / "smoke").glob("*.csv") if file.stem != "claims")
    names = [f"results/smoke-exact/tables/{name}.csv" for name in tables]
    command = [sys.executable, "-m", "snakemake", "--cores", "all", *names, "--config", "scale=smoke", "exact=true"]
    done = run(command, folder, timeout=7200)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder / "results" / "smoke-exact"


@needs_hours
@needs_emulator
@pytest.mark.parametrize("processor", PROCESSORS)
def test_every_table_has_the_same_bytes_on_another_processor(finished, processor, tmp_path):
    shutil.copytree(finished.parent / "data", tmp_path / "results" / "data")
    # loops are compiled anew: by the emulated processor for the baseline, not taken from this one
    lines = output_of(
        "replay.py", "--torch", finished, processor=processor, folder=tmp_path, cache=tmp_path / "numba"
    ).splitlines()
    made = [json.loads(line) for line in lines]
    assert {Path(line["table"]).name for line in made} >= {file.name for file in finished.glob("tables/*.csv")}
    assert [line for line in made if line["sha256"] != line["recorded"]] == []


@needs_hours
def test_without_the_mode_most_tables_differ(finished):
    tables = list(finished.glob("tables/*.csv"))
    other = [file for file in tables if file.read_bytes() != (ROOT / "references" / "smoke" / file.name).read_bytes()]
    assert len(other) > len(tables) / 2
