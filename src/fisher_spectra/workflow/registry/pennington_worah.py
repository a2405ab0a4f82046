"""The figures of Pennington, Worah 2018."""

from __future__ import annotations

from fisher_spectra.workflow.plans.pennington_worah import PenningtonWorahPlan
from fisher_spectra.workflow.registry.figure import Figure, Paper

_NONLINEARITIES = "pennington_worah.nonlinearities"


def pennington_worah_figures(plan: PenningtonWorahPlan) -> Paper:
    """Every figure and table of the paper, in the order of the report."""
    # the section of an experiment comes first: the user names the nonlinearities, maybe as one of its settings
    return Paper(
        category="Pennington, Worah 2018",
        called="Pennington, Worah",
        figures={
            "pennington_table1": Figure(
                title="Table 1",
                panels="constants and features",
                called="Pennington, Worah Table 1",
                table="pennington_worah/tabulate_table1.py",
                plot="pennington_worah.table1",
                sections=(_NONLINEARITIES,),
            ),
            "pennington_fig1": Figure(
                title="Figure 1",
                panels="spectra of linear and erf networks",
                called="Pennington, Worah Figure 1",
                table="pennington_worah/tabulate_fig1.py",
                plot="pennington_worah.fig1",
                sections=("pennington_worah.fig1", f"{_NONLINEARITIES}.linear", f"{_NONLINEARITIES}.erf_1"),
                parts=plan.fig1_parts(),
                table_mb=plan.fig1_table_mb(),
            ),
            "pennington_fig2": Figure(
                title="Figure 2",
                panels="limiting densities, convergence with n",
                called="Pennington, Worah Figure 2",
                table="pennington_worah/tabulate_fig2.py",
                plot="pennington_worah.fig2",
                sections=("pennington_worah.fig2", _NONLINEARITIES),
                parts=plan.fig2_parts(),
                table_mb=plan.fig2_table_mb(),
            ),
            "pennington_fig3": Figure(
                title="Figure 3",
                panels="conditioning and loss reduction against alpha",
                called="Pennington, Worah Figure 3",
                table="pennington_worah/tabulate_fig3.py",
                plot="pennington_worah.fig3",
                sections=("pennington_worah.fig3",),
                parts=plan.fig3_parts(),
            ),
            "pennington_singularities": Figure(
                title="Equation 26",
                panels="scaling of eps Im G at the peaks",
                called="Pennington, Worah equation 26",
                table="pennington_worah/tabulate_singularities.py",
                plot="pennington_worah.singularities",
                sections=("pennington_worah.singularities", _NONLINEARITIES),
                parts=plan.singularities_parts(),
                table_mb=plan.singularities_table_mb(),
            ),
            "pennington_slopes": Figure(
                title="Section 3.2",
                panels="derivative of the density at z_2, z_3, z_5",
                called="Pennington, Worah Section 3.2",
                table="pennington_worah/tabulate_slopes.py",
                plot="pennington_worah.slopes",
                sections=("pennington_worah.slopes", _NONLINEARITIES),
            ),
            "pennington_convergence": Figure(
                title="Theorem 1",
                panels="distance of sampled spectra to the limit",
                called="Pennington, Worah Theorem 1",
                table="pennington_worah/tabulate_convergence.py",
                plot="pennington_worah.convergence",
                sections=("pennington_worah.convergence", _NONLINEARITIES),
                parts=plan.convergence_parts(),
                table_seconds=plan.convergence_table_seconds(),
            ),
            "pennington_moments": Figure(
                title="Equations 25, 27",
                panels="moments and extreme eigenvalues against n",
                called="Pennington, Worah equations 25 and 27",
                table="pennington_worah/tabulate_moments.py",
                plot="pennington_worah.moments",
                sections=("pennington_worah.moments", "pennington_worah.edges", _NONLINEARITIES),
                parts=[*plan.moments_parts(), *plan.edges_parts()],
            ),
            "pennington_optimal": Figure(
                title="Equations 28, 29",
                panels="activations with the best conditioning",
                called="Pennington, Worah equations 28 and 29",
                table="pennington_worah/tabulate_optimal.py",
                plot="pennington_worah.optimal",
                sections=("pennington_worah.optimal", _NONLINEARITIES),
            ),
        },
    )
