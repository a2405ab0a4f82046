"""What a figure carries of its origin, and whether the present tree would draw it again."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from small_repository import FIGURE, SmallRepository

from fisher_spectra.common.digests import sha256_of_file
from fisher_spectra.common.errors import UserError
from fisher_spectra.jobs.figure_provenance import figure_record, metadata_of, read_record
from fisher_spectra.jobs.parsed_sources import fingerprint
from fisher_spectra.jobs.provenance import git_commit, pinned, sha256_of_settings
from fisher_spectra.jobs.source_code import code_of
from fisher_spectra.plotting.style import save_figure

ROOT = Path(__file__).resolve().parents[2]
RECORD = {
    "commit": "a" * 40,
    "settings_sha256": "b" * 64,
    "table": "results/smoke/tables/one (copy)\\two.csv",  # characters that a PDF string has to escape
    "table_sha256": "c" * 64,
    "code": {"scripts/test/plot.py": "d" * 64},
    "requirements_sha256": None,
}


def compare(tree, *figures):
    """What the command says of each thing that a figure depends on, its exit status, and its errors."""
    answer = tree.provenance(*figures)
    assert "Traceback" not in answer.stderr
    thing = r"file|commit|configuration|table|parts|code that \w+|environment"
    lines = dict(re.findall(rf"^  ({thing}).*?: (.*)$", answer.stdout, re.MULTILINE))
    return lines, answer.returncode, answer.stderr


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The tree with its figure, in git."""
    tree = SmallRepository(tmp_path_factory.mktemp("drawn") / "tree")
    (tree.folder / ".gitignore").write_text("results/\n")
    tree.commit()
    tree.compute()
    tree.draw()
    return tree


@pytest.fixture
def edited(drawn):
    """Edit files of the tree; they are put back after the test."""
    before = {}

    def edit(name, text=None):
        file = drawn.folder / name
        before[file] = file.read_bytes()
        if text is None:
            file.unlink()
        else:
            file.write_text(text)

    yield edit
    for file, content in before.items():
        file.write_bytes(content)


AS_IT_IS = dict.fromkeys(
    ("file", "commit", "configuration", "table", "parts", "code that drew", "code that computed", "environment"),
    "as it is now",
)


def test_a_new_figure_is_what_the_present_tree_gives(drawn):
    assert compare(drawn, FIGURE) == (AS_IT_IS, 0, "")
    assert compare(drawn, FIGURE.replace("png", "pdf")) == (AS_IT_IS, 0, "")


def test_png_and_pdf_carry_commit_settings_table_code_and_environment(drawn):
    folder = drawn.folder
    for suffix in ("png", "pdf"):
        record = read_record((folder / FIGURE).with_suffix(f".{suffix}"))
        assert record["commit"] == git_commit(folder) is not None
        assert "dirty" not in record["commit"]
        sidecar = json.loads((folder / "results/smoke/tables/experiment.json").read_text())
        assert record["settings_sha256"] == sidecar["settings_sha256"]
        assert record["table"] == "results/smoke/tables/experiment.csv"
        assert record["table_sha256"] == sha256_of_file(folder / record["table"])
        assert record["requirements_sha256"] == sha256_of_file(ROOT / "envs" / "requirements.txt")
        drawing = {f"src/fisher_spectra/plotting/{name}.py" for name in ("experiment", "style")}
        assert {"scripts/figures/draw_figure.py"} | drawing <= record["code"].keys()
        assert all(digest == fingerprint((folder / name).read_bytes()) for name, digest in record["code"].items())
        assert "src/fisher_spectra/common/seeds.py" not in record["code"]  # computes, draws nothing


def test_drawing_again_at_another_time_gives_the_same_bytes(drawn):
    for number, moment in enumerate(("0", "1700000000")):
        drawn.draw(f"results/again{number}.png", SOURCE_DATE_EPOCH=moment)
    drawn.draw("results/again2.png", warm=False)  # now
    for suffix in ("png", "pdf"):
        first = (drawn.folder / FIGURE).with_suffix(f".{suffix}").read_bytes()
        assert all((drawn.folder / f"results/again{number}.{suffix}").read_bytes() == first for number in range(3))


def test_figures_hold_no_path_of_the_machine(drawn):
    for suffix in ("png", "pdf"):
        assert str(drawn.folder).encode() not in (drawn.folder / FIGURE).with_suffix(f".{suffix}").read_bytes()


def test_the_same_figure_in_another_folder_without_git_differs_in_the_commit_only(drawn, tmp_path):
    other = SmallRepository(tmp_path / "elsewhere")
    other.compute()
    other.draw()
    one, two = (read_record(tree.folder / FIGURE) for tree in (drawn, other))
    assert one | {"commit": None} == two
    lines, status, _ = compare(other, FIGURE)
    assert (lines, status) == (AS_IT_IS | {"commit": "not made in a git tree"}, 0)


def test_an_edit_of_the_drawing_code_is_named(drawn, edited):
    name = "src/fisher_spectra/plotting/style.py"
    edited(name, (drawn.folder / name).read_text() + "\nEDITED = True\n")
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines.pop("code that drew") == f"{name} changed since it made the figure"
    assert lines.pop("commit") == f"now {git_commit(drawn.folder)}"
    assert lines == {key: value for key, value in AS_IT_IS.items() if key not in ("commit", "code that drew")}


def test_an_edit_of_the_code_of_a_part_is_named_with_the_parts_it_made(drawn, edited):
    name = "src/fisher_spectra/common/seeds.py"
    edited(name, (drawn.folder / name).read_text() + "\nEDITED = True\n")
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["code that computed"] == f"{name} changed since it made results/smoke/cells/one.csv and 1 more"
    assert lines["code that drew"] == "as it is now"


def test_a_script_that_is_gone_is_named(drawn, edited):
    edited("scripts/test/sample.py")
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["code that computed"].startswith("scripts/test/sample.py is gone since it made ")


def test_a_tampered_table_is_told(drawn, edited):
    edited("results/smoke/tables/experiment.csv", "x,y\n1,1\n2,2\n")
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["table"] == "results/smoke/tables/experiment.csv changed"
    assert lines["parts"] == "as it is now"


def test_a_table_that_was_edited_and_drawn_is_not_what_the_tree_gives(drawn, edited):
    table = "results/smoke/tables/experiment.csv"
    for name in (FIGURE, FIGURE.replace("png", "pdf"), FIGURE.replace("png", "json")):
        edited(name, "")  # put back after the test
    edited(table, (drawn.folder / table).read_text().replace("1,", "1.5,", 1))
    sidecar = drawn.folder / table.replace(".csv", ".json")
    hidden = sidecar.rename(sidecar.with_name("hidden"))  # what is drawn by hand may be a table without a sidecar
    drawn.script("figures/draw_figure", "--output", FIGURE, "--table", table, "--plot", "experiment")
    hidden.rename(sidecar)
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["table"] == "not what its record says"


def test_a_figure_whose_bytes_changed_is_not_what_the_tree_gives(drawn, edited):
    for suffix in ("png", "pdf"):
        figure = (drawn.folder / FIGURE).with_suffix(f".{suffix}")
        whole = figure.read_bytes()
        figure.write_bytes(whole + b" ")
        lines, status, _ = compare(drawn, FIGURE.replace("png", suffix))
        figure.write_bytes(whole)
        assert (lines["file"], status) == ("not what its record says", 1)


def test_a_part_with_a_record_that_is_not_its_own_is_told(drawn, edited):
    edited("results/smoke/cells/two.json", (drawn.folder / "results/smoke/cells/one.json").read_text())
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["parts"] == "results/smoke/cells/two.csv: its record two.json is that of another result"


def test_a_tampered_part_is_told(drawn, edited):
    edited("results/smoke/cells/two.csv", "x,y\n1,1\n2,2\n")
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["parts"] == "results/smoke/cells/two.csv changed"
    assert lines["table"] == "as it is now"


@pytest.mark.parametrize("name", ["tables/experiment.csv", "cells/one.csv", "cells/one.json", "tables/experiment.json"])
def test_what_is_gone_is_told_and_never_taken_for_a_match(drawn, edited, name):
    edited(f"results/smoke/{name}")
    lines, status, _ = compare(drawn)
    assert status == 1
    assert any(f"results/smoke/{name} is not there" in line for line in lines.values())


@pytest.mark.parametrize("name", ["cells/one.json", "tables/experiment.json"])
@pytest.mark.parametrize("content", ["{}", "[]", "\0", '{"code": {"../x.py": "0"}}', '{"inputs": []}'])
def test_what_is_no_sidecar_is_told_and_never_taken_for_a_match(drawn, edited, name, content):
    edited(f"results/smoke/{name}", content)
    lines, status, errors = compare(drawn)
    assert (status, errors) == (1, "")
    assert any(f"results/smoke/{name} is no sidecar of a job" in line for line in lines.values())


def test_another_requirement_is_told(drawn, edited):
    text = (drawn.folder / "envs/requirements.txt").read_text()
    edited("envs/requirements.txt", text.replace("numpy==", "numpy==9"))
    lines, status, _ = compare(drawn)
    assert status == 1
    assert lines["environment"] == "another one made the figure and 3 more"


def test_another_value_in_the_configuration_is_named_with_both_values(drawn, edited):
    edited("config/smoke.yaml", "experiment: {widths: [10, 40], networks: 8}\n")
    lines, status, _ = compare(drawn)
    assert (lines["configuration"], status) == ("experiment.widths was [10, 30], now [10, 40]", 1)


def test_another_root_seed_is_named(drawn, edited):
    edited("config/smoke.yaml", "experiment: {widths: [10, 30], networks: 8}\nroot_seed: 8\n")
    lines, status, _ = compare(drawn)
    assert (lines["configuration"], status) == ("root_seed was 7, now 8", 1)


def test_how_the_work_is_shared_out_makes_no_other_figure(drawn, edited):
    edited("config/smoke.yaml", "experiment: {widths: [10, 30], networks: 8, networks_per_job: 2}\n")
    lines, status, _ = compare(drawn)
    assert (lines["configuration"], status) == ("as it is now", 0)
    fewer = {"sections": {"fig1": {"networks": 8, "networks_per_job": 1, "memory_mb": 5}}}
    assert sha256_of_settings(fewer) == sha256_of_settings({"sections": {"fig1": {"networks": 8}}})
    assert sha256_of_settings(fewer) != sha256_of_settings({"sections": {"fig1": {"networks": 9}}})


def test_a_table_made_anew_with_other_settings_is_told(drawn, edited):
    name = "results/smoke/tables/experiment.json"
    sidecar = json.loads((drawn.folder / name).read_text())
    sidecar["settings_sha256"] = "0" * 64
    edited(name, json.dumps(sidecar))
    lines, status, _ = compare(drawn)
    assert (lines["configuration"], status) == ("the table beside it was made with 000000000000", 1)


def test_another_commit_alone_is_told_and_leaves_the_figure_as_it_is(drawn, edited):
    (drawn.folder / "README.md").write_text("new")
    drawn.commit()
    try:
        lines, status, _ = compare(drawn)
        assert (lines["commit"], status) == (f"now {git_commit(drawn.folder)}", 0)
    finally:
        drawn.run("git", "reset", "--quiet", "--hard", "HEAD~1")
    assert compare(drawn)[0] == AS_IT_IS


def test_one_line_for_each_file_without_provenance_and_the_others_are_still_shown(drawn, tmp_path):
    plt.figure().savefig(tmp_path / "plain.png")
    plt.figure().savefig(tmp_path / "plain.pdf")
    plt.close("all")
    (tmp_path / "text.png").write_text("no figure")
    whole = {suffix: (drawn.folder / FIGURE).with_suffix(suffix).read_bytes() for suffix in (".png", ".pdf")}
    (tmp_path / "half.png").write_bytes(whole[".png"][:-40])
    (tmp_path / "half.pdf").write_bytes(whole[".pdf"][: len(whole[".pdf"]) // 2])
    (tmp_path / "changed.png").write_bytes(whole[".png"].replace(b'"table"', b'"tab1e"'))
    (tmp_path / "twice.pdf").write_bytes(whole[".pdf"] * 2)
    os.mkfifo(tmp_path / "pipe.png")
    names = ["plain.png", "plain.pdf", "text.png", "half.png", "half.pdf", "changed.png", "twice.pdf", "pipe.png"]
    names = [tmp_path / name for name in (*names, "folder", "absent.png")]
    (tmp_path / "folder").mkdir()
    lines, status, errors = compare(drawn, FIGURE, *names)
    assert lines == AS_IT_IS
    assert status == 1
    expected = ["carries no provenance", "carries no provenance", "neither a PNG nor a PDF"]
    expected += [
        "not a whole PNG (it ends",
        "not a whole PDF (its end",
        "not a whole PNG (a checksum",
        "carries its prov",
    ]
    expected += ["not a file", "not a file"]
    told = errors.splitlines()
    assert len(told) == len(names)
    for line, name, message in zip(told, names, [*expected, "cannot be read (No such file or directory)"], strict=True):
        assert line.startswith(f"error: {name}: {message}")


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_any_record_is_read_back_as_it_was_written(tmp_path, suffix):
    save_figure(plt.figure(), [tmp_path / f"figure.{suffix}"], RECORD)
    assert read_record(tmp_path / f"figure.{suffix}") == RECORD


@pytest.mark.parametrize(
    "text", ["", "[]", "no json", json.dumps(RECORD | {"code": 1}), json.dumps(RECORD | {"table": None}), "{}"]
)
def test_a_record_that_is_none_of_ours_is_refused(tmp_path, text):
    information = PngInfo()
    information.add_text("fisher-spectra", text)
    Image.new("RGB", (2, 2)).save(tmp_path / "figure.png", pnginfo=information)
    with pytest.raises(UserError, match="carries no provenance"):
        read_record(tmp_path / "figure.png")


def test_a_figure_saved_without_provenance_carries_none(tmp_path):
    assert metadata_of(None, ".png") == {"Software": None}
    save_figure(plt.figure(), [tmp_path / "figure.png"])
    with pytest.raises(UserError, match="carries no provenance"):
        read_record(tmp_path / "figure.png")


def test_a_script_outside_the_repository_has_no_code_of_it(tmp_path):
    (tmp_path / "plot.py").write_text("import fisher_spectra")
    assert code_of(tmp_path / "plot.py") == {}
    assert code_of(Path("-c")) == {}
    script = ROOT / "scripts" / "figures" / "draw_figure.py"
    code = code_of(script)
    assert {"scripts/figures/draw_figure.py", "src/fisher_spectra/plotting/style.py"} <= code.keys()


def test_a_table_outside_the_working_folder_is_recorded_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    for name in ("outside.csv", "work/inside.csv"):
        (tmp_path / name).write_text("x\n")
    monkeypatch.chdir(tmp_path / "work")
    assert figure_record(tmp_path / "outside.csv", {})["table"] == "outside.csv"
    assert figure_record(tmp_path / "work" / "inside.csv", {})["table"] == "inside.csv"
    assert figure_record("inside.csv", {})["settings_sha256"] is None


def test_every_requirement_is_pinned_and_read():
    lines = (ROOT / "envs" / "requirements.txt").read_text().splitlines()
    packages = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(pinned()) == len(packages)
    assert "numpy" in pinned()
