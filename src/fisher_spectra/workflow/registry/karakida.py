"""The figures of Karakida, Akaho, Amari 2019."""

from __future__ import annotations

from fisher_spectra.workflow.plans.karakida import KarakidaPlan
from fisher_spectra.workflow.registry.figure import Figure, Paper

_ACTIVATIONS = "karakida.activations"


def karakida_figures(plan: KarakidaPlan) -> Paper:
    """Every figure and table of the paper, in the order of the report."""
    return Paper(
        category="Karakida, Akaho, Amari 2019",
        called="Karakida, Akaho, Amari",
        figures={
            "karakida_fig1": Figure(
                title="Figure 1",
                panels="mean, second moment, maximum against M",
                called="Karakida Figure 1",
                table="karakida/tabulate_statistics.py",
                plot="karakida.statistics",
                sections=(_ACTIVATIONS, "karakida.fig1"),
                parts=plan.network_blocks("fig1"),
            ),
            "karakida_figC1": Figure(
                title="Figure C.1",
                panels="mean, second moment, maximum against T",
                called="Karakida Figure C.1",
                table="karakida/tabulate_statistics.py",
                plot="karakida.statistics",
                sections=(_ACTIVATIONS, "karakida.figC1"),
                parts=plan.network_blocks("figC1"),
            ),
            "karakida_fig2": Figure(
                title="Figure 2",
                panels="training loss over M and eta",
                called="Karakida Figure 2",
                table="karakida/tabulate_training.py",
                plot="karakida.training",
                sections=(_ACTIVATIONS, "karakida.training", "karakida.fig2_gaussian", "karakida.fig2_data"),
                parts=plan.columns("fig2_gaussian", "fig2_data"),
                predictions=plan.predictions("fig2_gaussian", "fig2_data"),
            ),
            "karakida_catapult": Figure(
                title="Catapult, above the border of Figure 2",
                panels="border, maximum, loss and dead units along training",
                called="Karakida, catapult",
                table="karakida/tabulate_catapult.py",
                plot="karakida.catapult",
                sections=(_ACTIVATIONS, "karakida.training", "karakida.catapult"),
                parts=plan.catapult_columns(),
            ),
            "karakida_figC2": Figure(
                title="Figure C.2",
                panels="training loss over M and eta",
                called="Karakida Figure C.2",
                table="karakida/tabulate_training.py",
                plot="karakida.training",
                sections=(_ACTIVATIONS, "karakida.training", "karakida.figC2_data"),
                parts=plan.columns("figC2_data"),
                predictions=plan.predictions("figC2_data"),
            ),
            "karakida_theorem5": Figure(
                title="Theorem 5",
                panels="Fisher-Rao norm against depth",
                called="Karakida Theorem 5",
                table="karakida/tabulate_theorem5.py",
                plot="karakida.theorem5",
                sections=(_ACTIVATIONS, "karakida.theorem5"),
                parts=plan.network_blocks("theorem5"),
            ),
            "karakida_depth": Figure(
                title="Depth, after Theorems 4 and 7",
                panels="maximum, share of the trace and critical learning rate against L",
                called="Karakida, depth",
                table="karakida/tabulate_depth.py",
                plot="karakida.depth",
                sections=(_ACTIVATIONS, "karakida.training", "karakida.depth"),
                parts=plan.network_blocks("depth"),
            ),
            "karakida_finite_size": Figure(
                title="Finite sizes, beyond Theorem 4",
                panels="maximum against widths, T, C and biases",
                called="Karakida, finite sizes",
                table="karakida/tabulate_finite_size.py",
                plot="karakida.finite_size",
                sections=("karakida.finite_size",),
                parts=plan.finite_size_blocks(),
                predictions=plan.finite_size_predictions(),
            ),
            "karakida_universality": Figure(
                title="Other laws, inputs and layers",
                panels="mean, second moment, maximum over theory",
                called="Karakida, universality",
                table="karakida/tabulate_universality.py",
                plot="karakida.universality",
                sections=("karakida.universality",),
                parts=plan.beyond_figures.blocks("universality"),
            ),
            "karakida_bulk": Figure(
                title="The other eigenvalues, Appendix A.4",
                panels="law of the bulk, and distance of networks from it",
                called="Karakida, the other eigenvalues",
                table="karakida/tabulate_bulk.py",
                plot="karakida.bulk",
                sections=("karakida.bulk",),
                parts=plan.beyond_figures.blocks("bulk"),
            ),
            "karakida_many_outputs": Figure(
                title="Equations 17, 18",
                panels="mean, second moment, maximum with C = O(M)",
                called="Karakida Section 3.4",
                table="karakida/tabulate_many_outputs.py",
                plot="karakida.many_outputs",
                sections=(_ACTIVATIONS, "karakida.many_outputs"),
                parts=plan.network_blocks("many_outputs"),
            ),
            "karakida_corollary2": Figure(
                title="Corollary 2",
                panels="number of large eigenvalues",
                called="Karakida Corollary 2",
                table="karakida/tabulate_corollary2.py",
                plot="karakida.corollary2",
                sections=(_ACTIVATIONS, "karakida.corollary2"),
                parts=plan.network_blocks("corollary2"),
            ),
            "karakida_formulas": Figure(
                title="Equation 4, Appendices A.1 and B",
                panels="formulas that no figure shows, sampled",
                called="Karakida, formulas",
                table="karakida/measure_formulas.py",
                plot="claims.errata",
                sections=("karakida.formulas",),
            ),
            "karakida_errata": Figure(
                title="Errata",
                panels="misprinted formulas, sampled",
                called="Karakida, misprinted formulas",
                table="karakida/measure_errata.py",
                plot="claims.errata",
                sections=("karakida.errata",),
            ),
        },
    )
