"""The figures of all papers, by the name of the paper's target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fisher_spectra.workflow.plans.hayase_karakida import HayaseKarakidaPlan
from fisher_spectra.workflow.plans.karakida import KarakidaPlan
from fisher_spectra.workflow.plans.pennington_worah import PenningtonWorahPlan
from fisher_spectra.workflow.plans.site import Site
from fisher_spectra.workflow.registry.figure import Paper
from fisher_spectra.workflow.registry.hayase_karakida import hayase_karakida_figures
from fisher_spectra.workflow.registry.karakida import karakida_figures
from fisher_spectra.workflow.registry.pennington_worah import pennington_worah_figures


def every_paper(configuration: Mapping[str, Any], site: Site) -> dict[str, Paper]:
    """Every figure of every paper, in the order of the report."""
    return {
        "karakida": karakida_figures(KarakidaPlan(configuration["karakida"], site)),
        "pennington_worah": pennington_worah_figures(PenningtonWorahPlan(configuration["pennington_worah"], site)),
        "hayase_karakida": hayase_karakida_figures(HayaseKarakidaPlan(configuration["hayase_karakida"], site)),
    }
