"""Figures and tables of Pennington and Worah (2018), each drawn from its table alone."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator, NullLocator

from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

TABLE1_VALUES = ("eta", "eta_prime", "zeta", "z1", "z2", "z3", "z4", "z5", "z6")
TABLE1_COLUMNS = (
    "nonlinearity",
    *(f"{prefix}{name}" for prefix in ("", "printed_", "decimals_", "deviation_") for name in TABLE1_VALUES),
)
_BINNED = ("lambda", "density_theory", "density_empirical", "bin_low", "bin_high")
FIG1_COLUMNS = (
    "panel",
    "nonlinearity",
    "n",
    "method",
    *_BINNED,
    "density_empirical_sem",
    "atom_theory",
    "atom_empirical",
    "n_networks",
)
FIG2_COLUMNS = (
    "panel",
    "nonlinearity",
    "n",
    "method",
    *_BINNED,
    "atom_theory",
    *(f"z{k}" for k in range(1, 7)),
    "kolmogorov_distance",
    "kolmogorov_distance_std",
    "n_networks",
)
FIG3_COLUMNS = (
    "family",
    "alpha",
    "m2_over_m1_squared",
    "loss_reduction",
    "loss_reduction_std",
    "predicted_limit",
    "predicted_network",
    "n_networks",
    "rank_correlation",
)
SINGULARITIES_COLUMNS = (
    "nonlinearity",
    "feature",
    "location",
    "n",
    "epsilon",
    "theory",
    "empirical",
    "empirical_sem",
    "exponent",
    "atom",
)
SLOPES_COLUMNS = ("nonlinearity", "feature", "distance", "derivative", "theory", "jump")
MOMENTS_COLUMNS = ("nonlinearity", "n", "statistic", "theory", "empirical_mean", "empirical_std", "n_networks")
OPTIMAL_COLUMNS = ("nonlinearity", "m2_over_m1_squared", "panel", "x", "value")

COLOURS = {
    "linear": PALETTE[2],
    "erf_1": PALETTE[0],
    "srelu_0": PALETTE[4],
    "f_opt": PALETTE[1],
    "numerical_optimum": "black",
    "best_saturating": PALETTE[7],
}
STYLES = {
    "linear": (0, (4, 1.2)),
    "srelu_0": "-.",
    "f_opt": (0, (1.2, 0.8)),
    "best_saturating": (0, (3, 1, 1, 1, 1, 1)),
}
MARKS = {"linear": "^", "erf_1": "o", "srelu_0": "s", "f_opt": "D"}
NAMES = {
    "linear": "linear",
    "erf_1": r"$\mathrm{erf}_1$",
    "srelu_0": r"$\mathrm{srelu}_0$",
    "f_opt": r"$f_{\mathrm{opt}}$",
    "numerical_optimum": "best polynomial found",
    "best_saturating": "best saturating, (29)",
}
HEADINGS = {
    "eta": r"$\eta$",
    "eta_prime": r"$\eta'$",
    "zeta": r"$\zeta$",
    **{f"z{k}": f"$z_{k}$" for k in range(1, 7)},
}
_SAMPLED = "#e8a33d"  # orange, as the paper has it


def _colour(name: str, position: int) -> str:
    return str(COLOURS.get(name, PALETTE[(5 + position) % len(PALETTE)]))


def _name(name: str) -> str:
    return NAMES.get(name, name)


def plot_table1(frame: pd.DataFrame) -> Figure:
    """Table 1: computed values, two digits beyond the printed ones, above the printed values in gray.

    A printed value that is not the computed one, rounded, is red and bold.

    Parameters
    ----------
    frame
        Table with `TABLE1_COLUMNS`.
    """
    figure, axis = plt.subplots(figsize=(PAGE_WIDTH, 0.35 + 0.42 * len(frame)))
    axis.set_axis_off()
    axis.set(xlim=(-2.0, len(TABLE1_VALUES) - 0.4), ylim=(len(frame) - 0.4, -1.0))
    for column, name in enumerate(TABLE1_VALUES):
        axis.text(column, -0.68, HEADINGS[name], ha="center", va="center", fontsize=9)
    axis.axhline(-0.42, color="black", linewidth=0.8)
    for height, (_, row) in enumerate(frame.iterrows()):
        axis.text(-1.95, height, _name(row["nonlinearity"]), ha="left", va="center", fontsize=8.5)
        axis.text(-0.5, height - 0.17, "computed", ha="right", va="center", fontsize=6.5)
        axis.text(-0.5, height + 0.2, "printed", ha="right", va="center", fontsize=6.5, color="0.45")
        for column, name in enumerate(TABLE1_VALUES):
            decimals = int(row[f"decimals_{name}"])
            known = np.isfinite(row[f"printed_{name}"])
            digits = decimals + 2 if known else 5
            axis.text(column, height - 0.17, f"{row[name]:.{digits}f}", ha="center", va="center", fontsize=8)
            if known:
                right = abs(row[f"deviation_{name}"]) <= 0.5
                axis.text(
                    column,
                    height + 0.2,
                    f"{row[f'printed_{name}']:.{decimals}f}",
                    ha="center",
                    va="center",
                    fontsize=7,
                    color="0.45" if right else "red",
                    fontweight="normal" if right else "bold",
                )
        axis.axhline(height + 0.45, color="0.8", linewidth=0.5)
    return figure


def _histogram(rows: pd.DataFrame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Edges and heights of the bins that the rows lie in."""
    bins = rows.drop_duplicates("bin_low").sort_values("bin_low")
    edges = np.append(bins["bin_low"].to_numpy(dtype=float), float(bins["bin_high"].iloc[-1]))
    return edges, bins["density_empirical"].to_numpy(dtype=float)


def _draw_spectrum(axis: Axes, rows: pd.DataFrame, others: list[pd.DataFrame], marker_size: float) -> None:
    edges, heights = _histogram(rows)
    axis.stairs(heights, edges, fill=True, color=_SAMPLED, alpha=0.75, linewidth=0)
    ordered = rows.sort_values("lambda")
    axis.plot(ordered["lambda"], ordered["density_theory"], color="black", linewidth=1.1)
    for other in others:
        bins = other.drop_duplicates("bin_low").sort_values("bin_low")
        axis.plot(
            (bins["bin_low"] + bins["bin_high"]) / 2,
            bins["density_empirical"],
            linestyle="none",
            marker="o",
            markersize=marker_size,
            markeredgewidth=0.6,
            color=PALETTE[0],
            markerfacecolor="white",
        )


METHODS = {"structure": "own structure", "dense": "dense matrix", "lanczos": "matrix-free"}


def plot_fig1(frame: pd.DataFrame) -> Figure:
    """Sampled spectra (histogram) with the limiting density (line), one panel for each nonlinearity.

    The histogram is the cell with the largest n, with smaller ones as points; insets show a logarithmic scale.
    The weight of an atom stands beside an arrow.

    Parameters
    ----------
    frame
        Table with `FIG1_COLUMNS`.
    """
    panels = list(frame["panel"].unique())
    figure, axes = plt.subplots(1, len(panels), figsize=(PAGE_WIDTH, 2.9), squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=True):
        rows = frame[frame["panel"] == panel]
        cells = [cell for _, cell in sorted(rows.groupby(["n", "method"], sort=True), key=lambda item: -item[0][0])]
        main, others = cells[0], cells[1:]
        _draw_spectrum(axis, main, others, 2.6)
        edges, heights = _histogram(main)
        top = 1.4 * max(heights.max(), *(other["density_empirical"].max() for other in others), 0.0)
        axis.set(xlim=(-0.02 * edges[-1], edges[-1]), ylim=(0, top), xlabel=r"eigenvalue $\lambda$")
        atom = float(main["atom_theory"].iloc[0])
        if atom > 0:
            axis.annotate(
                "",
                xy=(0, top),
                xytext=(0, 0),
                arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0},
                annotation_clip=False,
            )
            axis.text(
                0.03 * edges[-1],
                0.985 * top,
                f"atom: {atom:g} (networks: {main['atom_empirical'].iloc[0]:.4g})",
                va="top",
                fontsize=7,
            )
        inset = axis.inset_axes((0.49, 0.44, 0.5, 0.46))
        _draw_spectrum(inset, main, others, 1.4)
        shown = heights[heights > 0]
        inset.set(yscale="log", xlim=(-0.02 * edges[-1], edges[-1]), ylim=(0.5 * shown.min(), 5 * heights.max()))
        inset.tick_params(labelsize=6.5, length=2)
        inset.tick_params(which="minor", length=1)
        axis.set_title(f"{_name(str(main['nonlinearity'].iloc[0]))}, $n = {main['n'].iloc[0]:.0f}$")
        handles: list[Artist] = [Patch(facecolor=_SAMPLED, alpha=0.75, label=_cell_label(main))]
        handles += [
            Line2D([], [], linestyle="none", marker="o", markersize=3, color=PALETTE[0], markerfacecolor="white",
                   label=_cell_label(other))
            for other in others
        ]  # fmt: skip
        handles.append(Line2D([], [], color="black", linewidth=1.1, label="limit"))
        axis.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=len(handles), fontsize=6.5)
    axes[0, 0].set_ylabel(r"density $\rho(\lambda)$")
    label_panels(list(axes[0]))
    return figure


def _cell_label(cell: pd.DataFrame) -> str:
    first = cell.iloc[0]
    return f"$n = {first['n']:.0f}$, {METHODS.get(first['method'], first['method'])}"


def _mark_features(axis: Axes, limits: list[pd.DataFrame]) -> None:
    """A row for each nonlinearity with a tick and a number at each of z_1 .. z_6; equal ones share a tick."""
    for position, rows in enumerate(limits):
        name = str(rows["nonlinearity"].iloc[0])
        places: dict[float, str] = {}
        for k in range(1, 7):
            place = float(rows[f"z{k}"].iloc[0])
            same = next((other for other in places if abs(other - place) < 1e-9), place)
            places[same] = ", ".join([*([places[same]] if same in places else []), str(k)])
        axis.axhline(position, color="0.88", linewidth=0.5, zorder=0)
        for order, place in enumerate(sorted(places)):
            above = order % 2 == 0  # neighbours on either side of the line, so that close ones can be read
            axis.plot([place, place], [position - 0.13, position + 0.13], color=_colour(name, position), linewidth=1.1)
            axis.text(
                place,
                position - 0.16 if above else position + 0.16,
                places[place],
                ha="center",
                va="bottom" if above else "top",
                fontsize=5.5,
            )
    axis.set_ylim(len(limits) - 0.4, -0.65)
    axis.set_yticks(range(len(limits)), [_name(str(rows["nonlinearity"].iloc[0])) for rows in limits])
    axis.tick_params(axis="y", length=0)


def _draw_limits(figure: SubFigure, limits: list[pd.DataFrame]) -> None:
    """Figure 2a: densities above, their features below."""
    density, marks = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    for position, rows in enumerate(limits):
        name = str(rows["nonlinearity"].iloc[0])
        atom = float(rows["atom_theory"].iloc[0])
        shown = rows.sort_values("lambda")
        density.plot(
            shown["lambda"],
            shown["density_theory"].where(shown["density_theory"] > 0),
            color=_colour(name, position),
            linestyle=STYLES.get(name, "-"),
            label=_name(name) + (f", atom {atom:g} at 0" if atom else ""),
        )
    largest = max(float(rows["z6"].iloc[0]) for rows in limits)
    density.set(yscale="log", ylim=(2e-3, 30), xlim=(-0.06 * largest, 1.05 * largest))
    density.set_ylabel(r"density $\rho(\lambda)$")
    density.legend(loc="upper right", handlelength=2.6)
    _mark_features(marks, limits)
    marks.set_xlabel(r"eigenvalue $\lambda$, with $z_1$ to $z_6$")
    density.set_title("(a)", loc="left", fontweight="bold")


def _draw_convergence(figure: SubFigure, sampled: list[pd.DataFrame]) -> None:
    """Figure 2b: spectra of growing width against the limit above, their distance to it below."""
    spectra, distances = figure.subplots(2, 1, height_ratios=(1.5, 1))
    colours = [mpl.colormaps["viridis"](value) for value in np.linspace(0.92, 0.12, len(sampled))]
    for rows, colour in zip(sampled, colours, strict=True):
        edges, heights = _histogram(rows)
        spectra.stairs(heights, edges, color=colour, linewidth=1.0, label=f"$n = {rows['n'].iloc[0]:.0f}$")
    limit = sampled[-1].sort_values("lambda")
    spectra.plot(
        limit["lambda"],
        limit["density_theory"].where(limit["density_theory"] > 0),
        color="black",
        linewidth=1.2,
        label="limit",
    )
    spectra.set(xscale="log", yscale="log", ylim=(2e-3, 30), xlabel=r"eigenvalue $\lambda$")
    spectra.set_xlim(limit["bin_low"].min(), limit["bin_high"].max())
    spectra.set_ylabel(r"density $\rho(\lambda)$")
    spectra.legend(ncols=2, loc="upper right", fontsize=6.5, handlelength=1.4, columnspacing=0.8)
    for rows, colour in zip(sampled, colours, strict=True):
        first = rows.iloc[0]
        distances.errorbar(
            first["n"],
            first["kolmogorov_distance"],
            yerr=first["kolmogorov_distance_std"],
            fmt="s" if first["method"] == "dense" else "o",
            color=colour,
            markeredgecolor="black",
            markeredgewidth=0.5,
            ecolor="0.3",
            elinewidth=0.8,
        )
    widths = [int(rows["n"].iloc[0]) for rows in sampled]
    values = [float(rows["kolmogorov_distance"].iloc[0]) for rows in sampled]
    distances.set(xscale="log", yscale="log", xlabel=r"width $n$", ylabel="Kolmogorov distance")
    distances.set_xticks(widths, [str(width) for width in widths])
    distances.set_ylim(0.7 * min(values), 1.4 * max(values))
    distances.minorticks_off()
    ticks = [tick for tick in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2) if 0.7 * min(values) < tick < 1.4 * max(values)]
    distances.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    spectra.set_title(_name(str(limit["nonlinearity"].iloc[0])))
    for letter, axis in (("b", spectra), ("c", distances)):
        axis.set_title(f"({letter})", loc="left", fontweight="bold")


def plot_fig2(frame: pd.DataFrame) -> Figure:
    """(a) limiting densities with their features; (b) sampled spectra against n; (c) their distance to the limit.

    Parameters
    ----------
    frame
        Table with `FIG2_COLUMNS`.
    """
    figure = plt.figure(figsize=(PAGE_WIDTH, 4.4))
    left, right = np.asarray(figure.subfigures(1, 2))
    _draw_limits(left, [rows for _, rows in frame[frame["panel"] == "a"].groupby("nonlinearity", sort=False)])
    _draw_convergence(right, [rows for _, rows in frame[frame["panel"] == "b"].groupby("n", sort=True)])
    return figure


def plot_fig3(frame: pd.DataFrame) -> Figure:
    """Conditioning (above) and loss reduction by one step (below) against alpha, a column for each family.

    Points are means over networks with one standard deviation; the solid line is the quadratic prediction with the
    moments of infinite width, crosses that with the moments of each network.

    Parameters
    ----------
    frame
        Table with `FIG3_COLUMNS`.
    """
    families = list(frame["family"].unique())
    figure, axes = plt.subplots(
        2, len(families), figsize=(PAGE_WIDTH, 3.9), squeeze=False, sharex="col", height_ratios=(1, 1.4)
    )
    functions = {"srelu": (r"$\mathrm{srelu}_\alpha$", PALETTE[3]), "erf": (r"$\mathrm{erf}_\alpha$", PALETTE[0])}
    for position, family in enumerate(families):
        rows = frame[frame["family"] == family].sort_values("alpha")
        name, colour = functions.get(family, (family, PALETTE[4]))
        above, below = axes[:, position]
        above.plot(rows["alpha"], rows["m2_over_m1_squared"], color="black", marker=".", markersize=4)
        above.set_title(name)
        below.plot(rows["alpha"], rows["predicted_limit"], color="black", label=r"$\varepsilon^2 n^2 m_1^2/m_2$, limit")
        below.plot(
            rows["alpha"],
            rows["predicted_network"],
            linestyle="none",
            marker="x",
            markersize=5,
            color="black",
            markeredgewidth=0.9,
            label="with the exact moments of each network",
        )
        below.errorbar(
            rows["alpha"],
            rows["loss_reduction"],
            yerr=rows["loss_reduction_std"],
            fmt="o",
            color=colour,
            markerfacecolor="white",
            elinewidth=0.8,
            label="measured",
        )
        below.set_xlabel(r"$\alpha$")
        below.xaxis.set_major_locator(MultipleLocator(0.5))
        below.ticklabel_format(axis="y", style="sci", scilimits=(0, 0), useMathText=True)
        below.text(
            0.97,
            0.06,
            f"rank correlation with $m_2/m_1^2$: {rows['rank_correlation'].iloc[0]:.3f}",
            transform=below.transAxes,
            ha="right",
            fontsize=7,
        )
        above.set_ylim(1.0, 3.15)
    axes[0, 0].set_ylabel(r"$m_2/m_1^2$")
    axes[1, 0].set_ylabel(r"loss reduction $-\Delta L$")
    label_panels(list(axes[0]))
    handles, labels = axes[1, 0].get_legend_handles_labels()
    handles[labels.index("measured")] = Line2D(
        [], [], linestyle="none", marker="o", color="0.3", markerfacecolor="white"
    )
    order = [labels.index("measured"), *(k for k, label in enumerate(labels) if label != "measured")]
    legend_below(figure, [handles[k] for k in order], [labels[k] for k in order])
    return figure


def plot_singularities(frame: pd.DataFrame) -> Figure:
    """eps |Im G(z + i eps)| against eps at z_1 and z_4: limit as lines, sampled networks as points.

    Parameters
    ----------
    frame
        Table with `SINGULARITIES_COLUMNS`.
    """
    features = list(frame["feature"].unique())
    figure, axes = plt.subplots(1, len(features), figsize=(PAGE_WIDTH, 3.0), squeeze=False, sharey=True)
    widths = sorted(frame["n"].unique())
    for axis, feature in zip(axes[0], features, strict=True):
        of_feature = frame[frame["feature"] == feature]
        for position, (key, rows) in enumerate(of_feature.groupby("nonlinearity", sort=False)):
            name, colour = str(key), _colour(str(key), position)
            line = rows[rows["n"] == widths[-1]].sort_values("epsilon")
            exponent = round(float(line["exponent"].iloc[0]), 2) + 0.0
            axis.plot(
                line["epsilon"],
                line["theory"],
                color=colour,
                linestyle=STYLES.get(name, "-"),
                label=rf"{_name(name)}: $\propto\varepsilon^{{{exponent:g}}}$",
            )
            for width in widths:
                part = rows[rows["n"] == width].sort_values("epsilon")
                axis.plot(
                    part["epsilon"],
                    part["empirical"],
                    linestyle="none",
                    marker=MARKS.get(name, "v"),
                    markersize=3,
                    color=colour,
                    markerfacecolor=colour if width == widths[-1] else "white",
                    markeredgewidth=0.6,
                )
        number = feature.removeprefix("z")
        axis.set(xscale="log", yscale="log", xlabel=r"$\varepsilon$", ylim=(2e-6, 1.6), title=rf"$z = z_{number}$")
        axis.legend(loc="lower right", handlelength=2.6, fontsize=7)
    axes[0, 0].set_ylabel(r"$\varepsilon\,|\mathrm{Im}\,G(z + i\varepsilon)|$")
    handles = [
        Line2D([], [], linestyle="none", marker="o", markersize=3, color="0.3", label=f"networks, $n = {width:.0f}$",
               markerfacecolor="0.3" if width == widths[-1] else "white")
        for width in widths
    ]  # fmt: skip
    handles.insert(0, Line2D([], [], color="0.3", label="limit"))
    legend_below(figure, handles)
    label_panels(list(axes[0]))
    return figure


def plot_slopes(frame: pd.DataFrame) -> Figure:
    """Slope of the density around z_2 and z_5, and how far it jumps at z_3, against the distance from the point.

    Parameters
    ----------
    frame
        Table with `SLOPES_COLUMNS`.
    """
    figure, (diverging, continuous) = plt.subplots(1, 2, figsize=(PAGE_WIDTH, 3.0))
    largest = frame["distance"].max()
    distances = np.sort(frame["distance"].unique())
    diverging.plot(distances, np.log(distances / largest), color="0.3", linewidth=0.8, label=r"$\ln(t/t_{\max})$")
    names = list(frame["nonlinearity"].unique())
    for (key, feature), unsorted in frame.groupby(["nonlinearity", "feature"], sort=False):
        name, rows = str(key), unsorted.sort_values("distance")
        style = {"linestyle": "none", "marker": MARKS.get(name, "v"), "color": _colour(name, names.index(name))}
        label = rf"{_name(name)}, $z_{str(feature).removeprefix('z')}$"
        if feature == "z3":
            continuous.plot(rows["distance"], rows["jump"].abs(), markersize=3.5, label=label, **style)
            continue
        change = (rows["derivative"] - rows["derivative"].iloc[-1]) / rows["theory"]
        filled = {"markerfacecolor": "white"} if feature == "z2" else {}
        diverging.plot(rows["distance"], change, markersize=3.5, label=label, **style, **filled)
    diverging.set(xscale="log", xlabel="distance $t$", ylabel="change of the slope / coefficient")
    diverging.set_title(r"diverges at $z_2$ and $z_5$")
    continuous.set(xscale="log", yscale="log", xlabel="distance $t$", ylabel="slope to the right minus left")
    continuous.set_title(r"continuous at $z_3$")
    for axis in (diverging, continuous):
        axis.legend(fontsize=6.5)
    label_panels([diverging, continuous])
    return figure


_BAND = 0.01
_MOMENTS = {"m1": r"$m_1$ over (27)", "m2": r"$m_2$ over (27)"}
_EDGES = {"lambda_min": r"$\lambda_{\min} / z_1$", "lambda_max": r"$\lambda_{\max} / z_6$"}


def _draw_ratios(axis: Axes, rows: pd.DataFrame, subtract: float, errors: str) -> None:
    """Sampled over theory minus `subtract`, a mark for each nonlinearity, those of one width side by side."""
    names = list(rows["nonlinearity"].unique())
    for position, name in enumerate(names):
        own = rows[(rows["nonlinearity"] == name) & (rows["theory"] > 0)].sort_values("n")
        if own.empty:
            continue
        bars = own["empirical_std"] * (2 / np.sqrt(own["n_networks"]) if errors == "mean" else 1)
        axis.errorbar(
            own["n"] * 1.06 ** (position - (len(names) - 1) / 2),
            own["empirical_mean"] / own["theory"] - subtract,
            yerr=bars / own["theory"],
            fmt=MARKS.get(name, "v"),
            color=_colour(name, position),
            markerfacecolor="white",
            elinewidth=0.8,
            label=_name(name),
        )
    widths = sorted(rows["n"].unique())
    axis.set(xscale="log", xlabel=r"width $n$")
    axis.set_xticks(widths, [str(width) for width in widths])
    axis.xaxis.set_minor_locator(NullLocator())


def plot_moments(frame: pd.DataFrame) -> Figure:
    """Sampled moments against (27) and extreme eigenvalues against the edges (25), over n.

    Above: relative deviation of the moments with two standard errors; gray: one per cent, within which the axis is
    linear, and logarithmic beyond. Below: extreme eigenvalues over z_1 and z_6 with one standard deviation over
    networks; where z_1 = 0 there is no mark.

    Parameters
    ----------
    frame
        Table with `MOMENTS_COLUMNS`.
    """
    figure, axes = plt.subplots(2, 2, figsize=(PAGE_WIDTH, 4.6), height_ratios=(1.25, 1))
    for axis, (statistic, label) in zip(axes[0], _MOMENTS.items(), strict=True):
        axis.axhspan(-_BAND, _BAND, color="0.9", linewidth=0)
        axis.axhline(0.0, color="black", linewidth=0.8)
        _draw_ratios(axis, frame[frame["statistic"] == statistic], 1.0, "mean")
        axis.set_yscale("symlog", linthresh=_BAND, linscale=1.2)
        axis.set_yticks([-0.1, -0.01, 0, 0.01, 0.1, 1], ["-10 %", "-1 %", "0", "1 %", "10 %", "100 %"])
        axis.yaxis.set_minor_locator(NullLocator())
        axis.set_ylim(-0.2, 4)
        axis.set_title(label)
    axes[0, 0].set_ylabel("relative deviation")
    for axis, (statistic, label) in zip(axes[1], _EDGES.items(), strict=True):
        axis.axhline(1.0, color="black", linewidth=0.8)
        _draw_ratios(axis, frame[frame["statistic"] == statistic], 0.0, "network")
        axis.set(yscale="log", ylabel=label)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    legend_below(figure, handles, labels)
    label_panels(list(axes.ravel()))
    return figure


def plot_optimal(frame: pd.DataFrame) -> Figure:
    """Activations, their limiting densities and their conditioning.

    Parameters
    ----------
    frame
        Table with `OPTIMAL_COLUMNS`.
    """
    figure, axes = plt.subplots(1, 3, figsize=(PAGE_WIDTH, 2.6), width_ratios=(1, 1, 0.9))
    names = list(frame["nonlinearity"].unique())
    for position, name in enumerate(names):
        for axis, panel in zip(axes[:2], ("activation", "density"), strict=True):
            if (name, panel) == ("numerical_optimum", "density"):
                continue  # it would hide that of f_opt
            rows = frame[(frame["nonlinearity"] == name) & (frame["panel"] == panel)].sort_values("x")
            sparse = name == "numerical_optimum"
            step = max(1, len(rows) // 20)
            axis.plot(
                rows["x"],
                rows["value"].where(rows["value"] > 0) if panel == "density" else rows["value"],
                color=_colour(name, position),
                linestyle="none" if sparse else STYLES.get(name, "-"),
                marker="+" if sparse else None,
                markersize=4,
                markevery=step if sparse else None,
                label=_name(name),
            )
    axes[0].set(xlabel="$x$", ylabel="$f(x)$", ylim=(-2.6, 4.2))
    axes[1].set(xlabel=r"eigenvalue $\lambda$", ylabel=r"density $\rho(\lambda)$", yscale="log", ylim=(2e-3, 60))
    ratios = frame.drop_duplicates("nonlinearity").sort_values("m2_over_m1_squared", ascending=False)
    for height, (_, row) in enumerate(ratios.iterrows()):
        name = str(row["nonlinearity"])
        value = float(row["m2_over_m1_squared"])
        colour = _colour(name, names.index(name))
        axes[2].plot([1, value], [height, height], color=colour, linewidth=1.0)
        axes[2].plot([value], [height], marker="o", color=colour)
        axes[2].text(value + 0.11, height, f"{value:.4f}", va="center", fontsize=7)
    axes[2].set_yticks(range(len(ratios)), [_name(str(name)) for name in ratios["nonlinearity"]], fontsize=7)
    axes[2].set(xlabel=r"conditioning $m_2/m_1^2$", xlim=(1, 3.95), ylim=(-0.6, len(ratios) - 0.4))
    handles, labels = axes[0].get_legend_handles_labels()
    legend_below(figure, handles, labels, columnspacing=1.0, handlelength=2.2)
    label_panels(list(axes))
    return figure
