"""Order parameters of each layer of an own network: theory of infinite width and sampled networks."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fisher_spectra.plotting.sampled_means import draw_means
from fisher_spectra.plotting.style import PAGE_WIDTH, PALETTE, label_panels

COLUMNS: tuple[str, ...] = ("variable", "layer", "theory", "empirical_mean", "empirical_std", "n_seeds")

# what is drawn in each panel with its label: of one sample, and of two
PANELS = {
    r"pre-activations": (("q", r"$q^l$"), ("q_st", r"$q^l_{st}$")),
    r"activities": (("q_hat", r"$\hat q^{\,l}$"), ("q_hat_st", r"$\hat q^{\,l}_{st}$")),
    r"derivatives": (("q_tilde", r"$\tilde q^{\,l}$"), ("q_tilde_st", r"$\tilde q^{\,l}_{st}$")),
}
_MARKS = ("o", "s")
# A variable whose layers differ by more than this factor, all of one sign, has a logarithmic axis.
_WIDE = 30.0


def plot(frame: pd.DataFrame) -> Figure:
    """One panel for pre-activations, activities and derivatives: lines of theory, points of sampled networks.

    Parameters
    ----------
    frame
        Table with `COLUMNS`; bars are one standard deviation over networks.
    """
    figure, axes = plt.subplots(1, len(PANELS), figsize=(PAGE_WIDTH, 2.4))
    for axis, (title, variables) in zip(axes, PANELS.items(), strict=True):
        _draw(axis, frame, variables)
        axis.set_title(title)
        axis.set_xlabel(r"layer $l$")
        axis.xaxis.get_major_locator().set_params(integer=True)
    label_panels(axes)
    return figure


def _draw(axis: Axes, frame: pd.DataFrame, variables: tuple[tuple[str, str], ...]) -> None:
    shown = frame[frame["variable"].isin([name for name, _ in variables])]
    for position, (name, label) in enumerate(variables):
        rows = frame[frame["variable"] == name].sort_values("layer")
        colour = PALETTE[position]
        axis.plot(rows["layer"], rows["theory"], color=colour, label=label)
        draw_means(axis, rows["layer"], rows["empirical_mean"], rows["empirical_std"], _MARKS[position], colour)
    values = shown[["theory", "empirical_mean"]].to_numpy()
    if values.min() > 0.0 and values.max() > _WIDE * values.min():
        axis.set_yscale("log")
    axis.legend(title="line: theory, points: networks", title_fontsize=6.5)
