"""Order parameters of each layer of an own network: theory of infinite width and sampled networks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels, legend_below

COLUMNS: tuple[str, ...] = ("variable", "layer", "theory", "empirical_mean", "empirical_std")

# what is drawn in each panel: of one sample, and of two
PANELS = {
    r"pre-activations $q^l$": ("q", "q_st"),
    r"activities $\hat q^{\,l}$": ("q_hat", "q_hat_st"),
    r"derivatives $\tilde q^{\,l}$": ("q_tilde", "q_tilde_st"),
}
KINDS = (("one sample", "o", PALETTE[0]), (r"two samples, $q_{st}$", "s", PALETTE[1]))
# Values of one sign that differ by more than this factor have a logarithmic axis.
_WIDE = 30.0


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for pre-activations, activities and derivatives: lines of theory, points of sampled networks.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; bars are one standard deviation over networks.
    """
    figure, axes = plt.subplots(1, len(PANELS), figsize=(PAGE_WIDTH, 2.5))
    for axis, (title, variables) in zip(axes, PANELS.items(), strict=True):
        for name, (label, mark, colour) in zip(variables, KINDS, strict=True):
            rows = frame[frame["variable"] == name].sort_values("layer")
            axis.plot(rows["layer"], rows["theory"], color=colour, label=f"{label}, theory")
            draw_means(
                axis,
                rows["layer"],
                rows["empirical_mean"],
                rows["empirical_std"],
                mark,
                colour,
                label=f"{label}, networks",
            )
        _choose_scale(axis, frame[frame["variable"].isin(variables)])
        axis.set(title=title, xlabel=r"layer $l$")
        axis.xaxis.get_major_locator().set_params(integer=True)
    label_panels(axes)
    legend_below(figure, *axes[0].get_legend_handles_labels())
    return figure


def _choose_scale(axis: Axes, rows: pd.DataFrame) -> None:
    values = rows[["theory", "empirical_mean"]].to_numpy()
    if values.min() > 0.0 and values.max() > _WIDE * values.min():
        axis.set_yscale("log")
