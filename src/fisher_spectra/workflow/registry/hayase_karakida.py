"""The figures of Hayase, Karakida 2020 and 2021."""

from __future__ import annotations

from fisher_spectra.workflow.plans.hayase_karakida import HayaseKarakidaPlan
from fisher_spectra.workflow.registry.figure import Figure, Paper

_ISOMETRY, _SATURATING, _PRINTED, _EXPANDING = (
    f"hayase_karakida.activations.{name}" for name in ("isometry", "saturating", "printed", "expanding")
)


def hayase_karakida_figures(plan: HayaseKarakidaPlan) -> Paper:
    """Every figure and table of the papers, in the order of the report."""
    return Paper(
        category="Hayase, Karakida 2020 and 2021",
        called="Hayase, Karakida",
        figures={
            "hayase_fig1": Figure(
                title="Figure 1",
                panels="histograms of H_3 and Theorem 3.2",
                called="Hayase and Karakida, Figure 1",
                table="hayase_karakida/tabulate_fig1.py",
                plot="hayase_karakida.fig1",
                sections=(_ISOMETRY, _SATURATING, _PRINTED, "hayase_karakida.fig1"),
                parts=plan.spectra("fig1"),
                table_mb=plan.spectra_table_mb("fig1"),
            ),
            "hayase_fig2": Figure(
                title="Figure 2",
                panels="maximum and mean against L and N",
                called="Hayase and Karakida, Figure 2",
                table="hayase_karakida/tabulate_theta.py",
                plot="hayase_karakida.fig2",
                sections=(_ISOMETRY, "hayase_karakida.fig2"),
                parts=plan.theta(),
            ),
            "hayase_fig3": Figure(
                title="Figure 3",
                panels="histograms of Theta and its block diagonal",
                called="Hayase and Karakida, Figure 3",
                table="hayase_karakida/tabulate_theta_spectra.py",
                plot="hayase_karakida.fig3",
                sections=(_ISOMETRY, "hayase_karakida.fig3"),
                parts=plan.dense_theta(),
            ),
            "hayase_fig4": Figure(
                title="Figure 4",
                panels="accuracy and loss over L and eta",
                called="Hayase and Karakida, Figure 4",
                table="hayase_karakida/tabulate_online.py",
                plot="hayase_karakida.fig4",
                sections=(
                    _ISOMETRY,
                    "hayase_karakida.training",
                    "hayase_karakida.fig4_left",
                    "hayase_karakida.fig4_right",
                ),
                parts=plan.columns("fig4_left") + plan.columns("fig4_right"),
            ),
            "hayase_labels": Figure(
                title="Figure 4, orthonormal labels",
                panels="label vectors of two norms",
                called="Hayase and Karakida, Figure 4 with label vectors of two norms",
                table="hayase_karakida/tabulate_label_norms.py",
                plot="hayase_karakida.labels",
                sections=(
                    _ISOMETRY,
                    "hayase_karakida.training",
                    "hayase_karakida.fig4_left",
                    "hayase_karakida.fig4_unit",
                ),
                parts=plan.columns("fig4_left") + plan.columns("fig4_unit"),
            ),
            "hayase_fig5": Figure(
                title="Figure 5 (preprint)",
                panels="eigenvalues of H_L after training",
                called="Hayase and Karakida, Figure 5 of the preprint",
                table="hayase_karakida/tabulate_spectra.py",
                plot="hayase_karakida.fig5",
                sections=(_ISOMETRY, "hayase_karakida.training", "hayase_karakida.fig5"),
                parts=plan.trained_spectra(),
                table_mb=plan.trained_spectra_table_mb(),
            ),
            "hayase_depth_limits": Figure(
                title="Theorem 4.3, Proposition 4.4, Corollary 4.5",
                panels="maximum, mean and top atom against depth",
                called="Hayase and Karakida, Theorem 4.3",
                table="hayase_karakida/tabulate_depth_limits.py",
                plot="hayase_karakida.depth_limits",
                sections=(_ISOMETRY, _SATURATING, "hayase_karakida.depth_limits"),
                parts=plan.depth_limits(),
            ),
            "hayase_laws": Figure(
                title="laws at any depth",
                panels="Kolmogorov distance and maximum against M",
                called="Hayase and Karakida, laws at any depth",
                table="hayase_karakida/tabulate_laws.py",
                plot="hayase_karakida.laws",
                sections=(_ISOMETRY, _SATURATING, "hayase_karakida.laws"),
                parts=plan.spectra("laws"),
                table_mb=plan.spectra_table_mb("laws"),
            ),
            "hayase_gaussian": Figure(
                title="orthogonal and Gaussian weights",
                panels="laws side by side",
                called="Hayase and Karakida, orthogonal and Gaussian weights",
                table="hayase_karakida/tabulate_gaussian.py",
                plot="hayase_karakida.gaussian",
                sections=(_ISOMETRY, "hayase_karakida.gaussian"),
                parts=plan.spectra("gaussian"),
                table_mb=plan.spectra_table_mb("gaussian"),
            ),
            "hayase_jacobian": Figure(
                title="Section 4.1",
                panels="law of the input-output Jacobian",
                called="Hayase and Karakida, Section 4.1",
                table="hayase_karakida/tabulate_jacobian.py",
                plot="hayase_karakida.jacobian",
                sections=(_ISOMETRY, _SATURATING, _EXPANDING, "hayase_karakida.jacobian"),
                parts=plan.spectra("jacobian"),
                table_mb=plan.spectra_table_mb("jacobian"),
            ),
            "hayase_errata": Figure(
                title="Errata",
                panels="misprinted formulas, sampled",
                called="Hayase and Karakida, misprinted formulas",
                table="hayase_karakida/measure_errata.py",
                plot="claims.errata",
                sections=(_ISOMETRY, _SATURATING, "hayase_karakida.errata"),
                table_mb=plan.errata_mb(),
            ),
        },
    )
