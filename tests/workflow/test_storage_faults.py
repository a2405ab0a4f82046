"""A full disk and a folder that cannot be written: one clear line, and the next run carries on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import run_workflow
from workflow_copies import copy_repository, run

ENTRY = [sys.executable, "scripts/tools/run_workflow.py", "--scale", "smoke", "--cores", "2"]
TARGET = "karakida_corollary2"


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "repository"
    copy_repository(place)
    return place


def errors(answer):
    return sorted({line.strip() for line in answer.stderr.splitlines() if line.strip().startswith("error:")})


def test_too_little_space_is_said_before_anything_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / ".snakemake").mkdir()
    usage = type("Usage", (), {"free": 3_000_000})
    monkeypatch.setattr(run_workflow.shutil, "disk_usage", lambda place: usage)
    fault = run_workflow.storage_fault(tmp_path)
    assert fault == f"{tmp_path}/results: 3 MB are left on the disk, at least 20 are needed; free some, run again"


def test_results_that_cannot_be_written_are_refused_in_one_line(folder):
    (folder / "results").write_text("a file where a folder is needed")
    answer = run([*ENTRY, TARGET], folder)
    assert answer.returncode == 1
    assert answer.stderr == f"error: {folder}/results: cannot be written (File exists); results are kept there\n"


@pytest.fixture
def read_only_results(folder):
    """A results folder that can be read alone: by its mode, and for root, whom no mode holds up, by its mount."""
    results = folder / "results"
    results.mkdir()
    if os.geteuid() != 0:
        results.chmod(0o555)
        yield results
        results.chmod(0o755)
        return
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", results], check=False).returncode:
        pytest.skip("this root may not mount, and modes do not hold it up")
    yield results
    subprocess.run(["umount", results], check=False)


def test_a_read_only_results_folder_is_refused_in_one_line(folder, read_only_results):
    answer = run([*ENTRY, TARGET], folder)
    assert answer.returncode == 1
    reason = "Read-only file system" if os.geteuid() == 0 else "Permission denied"
    assert answer.stderr == f"error: {read_only_results}: cannot be written ({reason}); results are kept there\n"


def test_a_disk_that_fills_up_in_mid_run_is_named_and_the_next_run_carries_on(folder):
    # A limit on the size of a file fails as a full disk does, for whoever runs the tests.
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (60000, resource.RLIM_INFINITY))"
    site = folder / "src" / "sitecustomize.py"
    site.write_text(f"import sys\nif 'scripts/figures/draw_figure.py' in sys.orig_argv:\n    {limit}\n")
    answer = run([*ENTRY, TARGET], folder)
    assert answer.returncode == 1
    assert any("no space left on the disk" in line or "too large" in line for line in errors(answer)), answer.stderr
    assert not list((folder / "results").rglob("*.png"))
    assert [path.name for path in (folder / "results").rglob(".*")] == []
    site.unlink()
    again = run([*ENTRY, TARGET], folder)
    assert again.returncode == 0, again.stderr
    log = max((folder / ".snakemake" / "log").glob("*.log")).read_text()
    statistics = log.partition("Job stats")[2].partition("Select jobs")[0]
    assert "karakida_corollary2_figure" in statistics
    assert "sample" not in statistics  # what was done stays
    assert (folder / "results/smoke/figures/karakida_corollary2.pdf").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root; the limit above is for all")
def test_on_a_small_disk_that_is_full_scripts_say_so_and_space_lets_them_go_on(folder):
    results = folder / "results"
    results.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", results], check=False).returncode:
        pytest.skip("this root may not mount")
    try:
        ballast = results / "ballast"
        script = folder / "scripts" / "karakida" / "tabulate_corollary2.py"
        original = script.read_text()
        fill = f"open({str(ballast)!r}, 'wb').write(bytes(30 * 10**6))"
        wrapped = f"try:\n    {fill}\nexcept OSError:\n    pass\n"
        script.write_text(original.replace("if __name__ ==", f"{wrapped}\n\nif __name__ =="))
        answer = run([*ENTRY, TARGET], folder)
        assert answer.returncode != 0
        assert any("no space left on the disk" in line for line in errors(answer)), answer.stderr
        refused = run([*ENTRY, TARGET], folder)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert "are left on the disk" in refused.stderr
        ballast.unlink()
        script.write_text(original)
        again = run([*ENTRY, TARGET], folder)
        assert again.returncode == 0, again.stderr
        assert (results / "smoke/figures/karakida_corollary2.pdf").exists()
    finally:
        subprocess.run(["umount", results], check=False)
