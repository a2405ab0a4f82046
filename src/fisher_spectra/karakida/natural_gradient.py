"""The natural gradient near a minimum: the conclusion of the later version of Karakida, Akaho, Amari 2019.

With the gradient of the loss multiplied by F^{-1}, Lemma 6 reads eta < 2 (1 + mu), whatever the network: all directions
that F knows have one curvature. F itself has no inverse, its rank is at most C T of P; with B of (A.27) and the dual
matrix F* = B^T B / T,

    F^+ grad E = B (F*)^{-1} e / T,    (F + epsilon I)^{-1} grad E = B (F* + epsilon I)^{-1} e / T,

with the errors e = f - y. So it is the gradient of the loss in which (F*)^{-1} e takes the place of e.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from fisher_spectra.common.erratum import Erratum, erratum_of
from fisher_spectra.karakida.errata import Setting
from fisher_spectra.karakida.unequal_widths import MOMENTUM, rate_border
from fisher_spectra.networks.dual_fisher import dual_fisher, eigenvalues
from fisher_spectra.networks.fully_connected import FloatArray, gaussian_inputs

DAMPING = 0.1  # over the largest eigenvalue of F
_RANK = 1e-12  # eigenvalues of F* below this share of the largest are rounding


def natural_gradient_rates(
    rng: np.random.Generator, setting: Setting, samples: int, outputs: int, networks: int
) -> list[Erratum]:
    """Border of convergence over 2 (1 + mu), without damping and with epsilon = 0.1 lambda_max.

    Damped, an eigenvalue lambda counts for lambda / (lambda + epsilon), so that the border is 1 + epsilon / lambda_max
    times as high.
    """
    plain, damped = [], []
    for _ in range(networks):
        teacher = setting.sample(rng, outputs)
        inputs = gaussian_inputs(rng, samples, setting.width)
        dual = dual_fisher(teacher, inputs)
        largest = float(eigenvalues(dual)[-1])
        plain.append(rate_border(rng, teacher, inputs, 2 * (1 + MOMENTUM), natural(dual, 0.0)))
        damped.append(rate_border(rng, teacher, inputs, 2 * (1 + MOMENTUM), natural(dual, DAMPING * largest)))
    about = f"{setting.activation.name}, M = {setting.width}, C = {outputs}, mu = {MOMENTUM:g}"
    place = "Later version, Conclusion"
    return [
        erratum_of("natural_gradient", place, f"border over 2 (1 + mu), {about}", 1.0, 1.0, plain),
        erratum_of(
            "damped_natural_gradient",
            place,
            f"border over 2 (1 + mu), damping {DAMPING:g} lambda_max, {about}",
            1.0 + DAMPING,
            1.0 + DAMPING,
            damped,
        ),
    ]


def natural(dual: FloatArray, damping: float) -> Callable[[FloatArray], FloatArray]:
    """What takes the errors (T, C) to (F* + epsilon I)^{-1} e, shape (T, C).

    Parameters
    ----------
    dual
        F*, shape (C T, C T), rows ordered by output, then by sample. Directions in which it vanishes are left out.
    damping
        epsilon >= 0.
    """
    values, vectors = scipy.linalg.eigh(np.asarray(dual, dtype=np.float64))
    known = values > _RANK * values[-1]
    inverse = (vectors[:, known] / (values[known] + damping)) @ vectors[:, known].T

    def solved(errors: FloatArray) -> FloatArray:
        found: FloatArray = (inverse @ errors.T.ravel()).reshape(errors.T.shape).T
        return found

    return solved
