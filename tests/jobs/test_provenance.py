"""Sidecars: what made a result, from what, where and how long."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys

import pytest

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.jobs.provenance import (
    ROOT,
    cpu_model,
    devices_of,
    git_commit,
    peak_memory_mb,
    peak_memory_of,
    seconds_of,
    sha256_of_settings,
    versions,
    write_sidecar,
)

# SHA-256 of "abc": FIPS 180-4 example
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def write(tmp_path):
    """Write a sidecar about two files and read it back."""
    (tmp_path / "in.csv").write_text("abc")
    (tmp_path / "out.csv").write_text("")

    def run(**changes):
        fields = {
            "outputs": [tmp_path / "out.csv"],
            "inputs": {str(tmp_path / "in.csv"): ABC},
            "settings": {"root_seed": 1, "activation": "tanh", "thresholds": [0.1, 1.0]},
            "code": {"scripts/a.py": ABC},
            "device": "cpu",
            "seconds": 1.23456,
        }
        write_sidecar(tmp_path / "out.json", **(fields | changes))
        return json.loads((tmp_path / "out.json").read_text())

    return run


def test_the_sidecar_names_files_with_the_digest_of_their_content(write, tmp_path):
    record = write()
    assert record["inputs"] == {str(tmp_path / "in.csv"): ABC}
    assert record["outputs"] == {str(tmp_path / "out.csv"): hashlib.sha256(b"").hexdigest()}


def test_the_sidecar_records_settings_seeds_versions_device_threads_and_time(write, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    record = write(device="NVIDIA H100")
    assert record["settings"] == {"root_seed": 1, "activation": "tanh", "thresholds": [0.1, 1.0]}
    assert record["settings_sha256"] == sha256_of_settings(record["settings"])
    assert record["machine"]["device"] == "NVIDIA H100"
    assert record["machine"]["cpu"] == cpu_model() != ""
    assert record["threads"] == "3"
    assert record["seconds"] == 1.235
    assert record["peak_memory_mb"] == pytest.approx(peak_memory_mb(), rel=0.2)
    assert record["requirements_sha256"] == sha256_of_file(ROOT / "envs" / "requirements.txt")
    assert record["versions"]["python"] == platform.python_version()
    assert record["versions"]["numpy"] == importlib.metadata.version("numpy")
    assert record["command"][1:] == sys.argv[1:]


def test_packages_that_are_not_installed_are_left_out(monkeypatch):
    real = importlib.metadata.distribution

    def distribution(package):
        if package == "torch":
            raise importlib.metadata.PackageNotFoundError(package)
        return real(package)

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    assert "torch" not in versions()
    assert "numpy" in versions()


def test_versions_are_those_that_the_whole_file_of_each_package_gives():
    recorded = versions()
    assert recorded.pop("python") == platform.python_version()
    assert recorded == {package: importlib.metadata.version(package) for package in recorded}
    assert {"numpy", "snakemake"} <= recorded.keys()


def test_a_version_without_its_line_is_left_to_the_standard_library(monkeypatch, tmp_path):
    """The line among the description is not the package's: of a mail's head case does not matter, its body does."""
    (tmp_path / "METADATA").write_text("Name: odd\nversion: 3\n\nVersion: 4\n")
    odd = importlib.metadata.PathDistribution(tmp_path)
    monkeypatch.setattr(importlib.metadata, "distribution", lambda _: odd)
    assert set(versions().values()) == {platform.python_version(), "3"}


def test_the_digest_of_settings_depends_on_values_and_not_on_the_order_of_keys():
    assert sha256_of_settings({"a": 1, "b": [2]}) == sha256_of_settings({"b": [2], "a": 1})
    assert sha256_of_settings({"a": 1, "b": [2]}) != sha256_of_settings({"a": 1, "b": [3]})


def test_settings_that_are_no_plain_data_leave_no_sidecar(write, tmp_path):
    with pytest.raises(TypeError):
        write(settings={"activation": object()})
    assert not (tmp_path / "out.json").exists()


def test_a_missing_output_is_an_error(write, tmp_path):
    with pytest.raises(FileNotFoundError):
        write(outputs=[tmp_path / "never_written.csv"])


def git(folder, *arguments):
    identity = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    isolation = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=os.environ | identity | isolation
    )


def test_the_commit_of_a_clean_tree_is_its_hash_and_of_a_changed_one_is_marked(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    git(tmp_path, "tag", "-a", "v1", "-m", "a tag must not stand for the commit")
    clean = git_commit(tmp_path)
    assert len(clean) == 40
    assert set(clean) <= set("0123456789abcdef")
    (tmp_path / "b").write_text("untracked files are no change")
    assert git_commit(tmp_path) == clean
    (tmp_path / "a").write_text("2")
    assert git_commit(tmp_path) == f"{clean}-dirty"


def test_outside_a_git_tree_and_without_git_the_commit_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_commit(tmp_path) is None


def test_the_commit_of_a_tree_around_the_folder_is_not_taken_for_its_own(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "unpacked").mkdir()
    (tmp_path / "unpacked" / "a").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    assert git_commit(tmp_path) is not None
    assert git_commit(tmp_path / "unpacked") is None


def test_the_peak_memory_of_a_process_grows_with_what_it_takes():
    before = peak_memory_mb()
    block = bytearray(int(before * 1e6))
    assert peak_memory_mb() >= 1.5 * before
    assert len(block) > 0


def test_the_peak_memory_of_a_table_is_that_of_its_largest_part(tmp_path):
    for number, peak in enumerate((1e6, 3e6, 2e6)):
        (tmp_path / f"{number}.json").write_text(json.dumps({"peak_memory_mb": peak}))
    assert peak_memory_of(tmp_path.glob("*.json")) == 3e6
    assert peak_memory_of([]) == peak_memory_mb() > 10


def test_times_of_sidecars_add_up_and_devices_are_named_once(tmp_path):
    sidecars = []
    for number, (seconds, device) in enumerate([(1.0, "cpu"), (2.5, "NVIDIA H100"), (0.5, "cpu")]):
        sidecars.append(tmp_path / f"{number}.json")
        sidecars[-1].write_text(json.dumps({"seconds": seconds, "machine": {"device": device}}))
    assert seconds_of(sidecars) == 4.0
    assert devices_of(sidecars) == "NVIDIA H100, cpu"
