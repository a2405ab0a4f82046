"""The bulk of the Fisher matrix of several outputs: that of one output, spread by the overlaps of the outputs.

With C outputs the share of layer l is about E_l x A_l, A_l that of one output and E_l the C x C matrix of backward
overlaps, a chain of Wishart matrices (`finite_size.output_chain`). Taken as free of each other and with one mean shape,
the eigenvalues of F* are lambda e, lambda from the bulk of one output and e from

    sum_l W_l E_l / sum_l W_l,  W_l = M_{l-1} (q_tilde^l q_hat^{l-1} - q_tilde_st^l q_hat_st^{l-1}),

the shares of the layers in the mean of the bulk. Exact for one output; for ten of 784-512-512-256-10 it is off by a
third at the sides of the bulk, where the bulk of one output has nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import finite_array
from fisher_spectra.finite_size.bulk import bulk_density
from fisher_spectra.finite_size.data_kernels import checked_overlaps, mean_overlaps
from fisher_spectra.finite_size.ensemble import LayeredEnsemble
from fisher_spectra.finite_size.output_chain import neuron_gains, sampled_chains
from fisher_spectra.finite_size.variables import OrderParameters, order_parameters

Array = npt.NDArray[np.float64]

# Draws of the chain of outputs; classes of equal weight that its eigenvalues are put in; points of the density of one
# output, equally spaced in ln(lambda).
_DRAWS, _CLASSES, _POINTS = 200, 60, 400


def output_factors(ensemble: LayeredEnsemble, fields: OrderParameters, samples: int, seed: int = 0) -> Array:
    """The factors e, as `_CLASSES` means of equally many draws, ascending; ones if there is one output.

    Parameters
    ----------
    ensemble, fields, samples
        The networks, their moments, and T.
    seed
        Of the draws.
    """
    if ensemble.outputs == 1:
        return np.ones(1)
    shares = np.array(
        [
            below * (fields.q_tilde[k] * fields.q_hat[k - 1] - fields.q_tilde_st[k] * fields.q_hat_st[k - 1])
            for k, below in enumerate(ensemble.widths[:-1], start=1)
        ]
    )
    gains = neuron_gains(ensemble, fields, samples)
    chain = sampled_chains(np.random.default_rng(seed), gains, ensemble.widths, _DRAWS)
    mixed = sum(share * matrices for share, matrices in zip(shares / shares.sum(), chain, strict=True))
    values = np.sort(np.linalg.eigvalsh(mixed).ravel())
    return np.array([part.mean() for part in np.array_split(values, min(_CLASSES, values.size))])


def bulk_of_outputs(
    ensemble: LayeredEnsemble,
    points: npt.ArrayLike,
    samples: int | None = None,
    *,
    overlaps: npt.ArrayLike | None = None,
    input_overlap: float = 0.0,
) -> Array:
    """Density of the C (T - 1) eigenvalues of F* beside the outliers, shape of `points`; it integrates to 1.

    Parameters
    ----------
    ensemble
        The networks.
    points
        x > 0.
    samples, overlaps, input_overlap
        As in :func:`fisher_spectra.finite_size.bulk.bulk_density`.

    Raises
    ------
    ValueError
        If a value is out of range, or neither samples nor overlaps are given.

    Examples
    --------
    >>> from fisher_spectra.finite_size.ensemble import layered_ensemble
    >>> from fisher_spectra.own_networks.bulk_of_outputs import bulk_of_outputs
    >>> x = np.geomspace(0.05, 100.0, 400)
    >>> density = bulk_of_outputs(layered_ensemble((100, 100, 5), "tanh", 1.0), x, samples=30)
    >>> round(float(np.trapezoid(density, x)), 2)
    1.0
    """
    x = finite_array("points", points)
    if not x.size or x.min() <= 0.0:
        raise ValueError("points: must be numbers > 0, at least one")
    moments = (1.0, input_overlap) if overlaps is None else mean_overlaps(checked_overlaps(overlaps))
    number = samples if overlaps is None else len(np.asarray(overlaps))
    if number is None:
        raise ValueError("samples = None: give the number of samples T, or the overlaps of the data")
    fields = order_parameters(ensemble, *moments)
    factors = output_factors(ensemble, fields, number)
    given: dict[str, Any] = (
        {"overlaps": overlaps} if overlaps is not None else {"samples": samples, "input_overlap": input_overlap}
    )
    if len(factors) == 1:
        return bulk_density(ensemble, points=x, **given)[1].reshape(x.shape)
    beyond = float(bulk_density(ensemble, points=2, **given)[0][-1])  # a little above the upper edge
    grid = np.geomspace(min(x.min() / factors[-1], 0.1 * beyond), beyond, _POINTS)
    _, single = bulk_density(ensemble, points=grid, **given)
    at = np.log(x[..., None] / factors)
    spread = np.interp(at, np.log(grid), single, left=0.0, right=0.0) / factors
    return np.asarray(spread.mean(axis=-1))
