"""Figure files are the same bytes each time, in print sizes, and whole or absent."""

from __future__ import annotations

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import seaborn as sns
from matplotlib import cycler
from matplotlib.figure import Figure
from PIL import Image

from fisher_spectra.plotting.style import (
    PAGE_WIDTH,
    label_panels,
    legend_below,
    save_figure,
    use_style,
)
from fisher_spectra.plotting.theme import OURS, PALETTE, SEABORN


def example():
    figure, axes = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 2.5))
    for axis in axes:
        axis.errorbar([1, 10, 100], [1, 2, 3], yerr=[0.1, 0.2, 0.3], label=r"$\lambda_{\max}$")
        axis.set(xscale="log", title="a title", xlabel="width")
    axes[1].pcolormesh(np.arange(12.0).reshape(3, 4), rasterized=True)
    figure.legend()
    label_panels(list(axes))
    return figure


def test_the_theme_is_that_of_seaborn_with_our_own_sizes():
    theirs = sns.axes_style("ticks") | sns.plotting_context("paper")
    with mpl.rc_context():
        mpl.rcdefaults()
        sns.set_theme(style="ticks", context="paper", palette="colorblind")
        expected = dict(mpl.rcParams) | OURS
        colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
        mpl.rcdefaults()
        use_style()
        found = dict(mpl.rcParams)
    assert SEABORN.keys() - {"patch.facecolor"} == theirs.keys() - OURS.keys() - {"image.cmap"}
    assert cycler(color=PALETTE) == cycler(color=[mpl.colors.to_hex(colour) for colour in colours])
    for key in ("axes.prop_cycle", "image.cmap", "patch.facecolor"):
        del found[key], expected[key]
    numbers = {key for key, value in expected.items() if isinstance(value, float)}
    assert {key: found[key] for key in numbers} == pytest.approx({key: expected[key] for key in numbers}, rel=1e-12)
    assert {key: found[key] for key in found.keys() - numbers} == {
        key: expected[key] for key in expected.keys() - numbers
    }


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_two_saves_of_the_same_figure_are_the_same_bytes(tmp_path, suffix, monkeypatch):
    files = [tmp_path / f"{name}.{suffix}" for name in ("one", "two")]
    for file, moment in zip(files, ("0", "1700000000"), strict=True):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", moment)
        save_figure(example(), [file])
    assert files[0].read_bytes() == files[1].read_bytes()


def test_figure_files_hold_no_date_and_no_version(tmp_path):
    save_figure(example(), [tmp_path / "a.pdf", tmp_path / "a.png"])
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert not re.search(rb"CreationDate|ModDate|Producer|Creator", pdf)
    assert mpl.__version__.encode() not in pdf
    with Image.open(tmp_path / "a.png") as image:
        assert image.info.keys() <= {"dpi"}


def test_each_suffix_gives_its_format(tmp_path):
    save_figure(example(), [tmp_path / "a.png", tmp_path / "a.pdf"])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png"]


def test_a_figure_is_laid_out_once_for_all_its_files_and_keeps_its_layout(tmp_path, monkeypatch):
    figure = example()
    engine = figure.get_layout_engine()
    laid_out = []
    execute = type(engine).execute
    monkeypatch.setattr(type(engine), "execute", lambda self, fig: laid_out.append(fig) or execute(self, fig))
    save_figure(figure, [tmp_path / "a.png", tmp_path / "a.pdf"])
    alone = len(laid_out)
    save_figure(figure, [tmp_path / "b.png"])
    assert len(laid_out) == 2 * alone > 0
    assert figure.get_layout_engine() is engine
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_figure_is_as_wide_as_the_page_of_a_paper_at_print_resolution(tmp_path):
    save_figure(example(), [tmp_path / "a.png"])
    with Image.open(tmp_path / "a.png") as image:
        assert image.width == round(PAGE_WIDTH * mpl.rcParams["savefig.dpi"])
    assert mpl.rcParams["savefig.dpi"] >= 200


def test_text_in_a_pdf_stays_text(tmp_path):
    save_figure(example(), [tmp_path / "a.pdf"])
    assert b"/FontFile2" in (tmp_path / "a.pdf").read_bytes()  # an embedded TrueType font


def test_a_figure_that_cannot_be_drawn_leaves_the_old_file(tmp_path, monkeypatch):
    save_figure(example(), [tmp_path / "a.png"])
    before = (tmp_path / "a.png").read_bytes()

    def broken(self, file, **options):
        file.write_bytes(b"half")
        raise RuntimeError("no more ink")

    monkeypatch.setattr(Figure, "savefig", broken)
    with pytest.raises(RuntimeError, match="no more ink"):
        save_figure(example(), [tmp_path / "a.png"])
    assert (tmp_path / "a.png").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_panels_are_lettered_in_order():
    figure = example()
    assert [axis.get_title(loc="left") for axis in figure.axes[:2]] == ["(a)", "(b)"]
    assert [axis.get_title() for axis in figure.axes[:2]] == ["a title", "a title"]


@pytest.mark.parametrize(("number", "rows"), [(3, 1), (6, 2), (13, 4)])
def test_a_legend_below_the_panels_takes_as_many_rows_as_it_needs_to_fit(number, rows):
    figure, axis = plt.subplots(figsize=(PAGE_WIDTH, 2.5))
    for k in range(number):
        axis.plot([0, 1], [0, k], label=f"networks, $M$ = {1000 + k}")
    legend = legend_below(figure, *axis.get_legend_handles_labels())
    figure.canvas.draw()
    box = legend.get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
    assert figure.legends == [legend]
    assert len({round(text.get_window_extent().y0) for text in legend.get_texts()}) == rows
