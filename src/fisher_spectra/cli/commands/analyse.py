"""``fisher-spectra analyse``: `analyse` of the library."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from fisher_spectra.cli.analysed import analysed
from fisher_spectra.cli.options import model_options, output_options
from fisher_spectra.cli.output import check_plot, show
from fisher_spectra.cli.user_module import require_torch

if TYPE_CHECKING:
    from fisher_spectra.analysis.analyse import Analysis


@click.command(short_help="Measure the curvature of a module of your own.")
@model_options
@click.option("--method", type=click.Choice(["auto", "dual_matrix", "products"]), default="auto", show_default=True)
@click.option("--largest", "count", type=int, default=10, show_default=True, help="How many eigenvalues are printed.")
@output_options
def command(plot: str | None, csv: str | None, as_json: bool, count: int, method: str, **options: Any) -> None:
    """Curvature and critical learning rate of a torch.nn.Module on data, measured; and theory where there is one.

    FILE.py is executed, as `python FILE.py` would. NAME in it is a module, or a function or class that returns one.
    Parameters may come from a file of torch.save, of which nothing is executed.

    \b
    fisher-spectra analyse my.py:net --data mine.npz --loss cross_entropy --plot out.png
    """
    require_torch("analyse")
    check_plot(plot)
    show(_Result(analysed("analyse", options, method), count), plot, csv, as_json)


@dataclasses.dataclass(frozen=True)
class _Result:
    """An analysis as `cli.output` shows it."""

    analysis: Analysis
    count: int

    def summary(self) -> str:
        values = ", ".join(f"{value:.4g}" for value in self.analysis.largest(self.count))
        return f"{self.analysis.summary()}\nlargest             {values}"

    def to_dict(self) -> dict[str, Any]:
        found, theory = self.analysis, self.analysis.theory
        return {
            "loss": found.loss,
            "momentum": found.momentum,
            "parameters": found.measurement.function.n_parameters,
            "samples": len(found.measurement.inputs),
            "outputs": found.measurement.loss.outputs,
            "method": found.measurement.method,
            "largest_eigenvalue": found.largest_eigenvalue,
            "critical_learning_rate": found.critical_learning_rate,
            "largest": found.largest(self.count).tolist(),
            "by_layer": found.by_layer.to_dict("records"),
            "theory": None
            if theory is None
            else {
                "infinite_width": theory.infinite_width,
                "largest_eigenvalue": theory.largest_eigenvalue,
                "scatter": theory.scatter,
                "critical_learning_rate": theory.critical_learning_rate(found.momentum),
                "reservations": list(theory.reservations),
            },
            "theory_reason": found.theory_reason,
            "notes": list(found.notes),
        }

    def to_csv(self, path: str) -> None:
        self.analysis.to_csv(path)

    def plot(self, path: str) -> object:
        return self.analysis.plot(path)
