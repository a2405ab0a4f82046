"""Matrices that are built on each other, drawn explicitly: what the fixed point is about, slow and obvious."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fisher_spectra.finite_size.fixed_point import FixedPointMap, Pencil, least_solution

Array = npt.NDArray[np.float64]


def sampled_eigenvalues(rng: np.random.Generator, pencil: Pencil, dimension: int) -> Array:
    """Eigenvalues of one draw of A = a_I I + sum_j a_j X_j, ascending, shape (dimension,)."""
    total = pencil.identity * np.eye(dimension)
    drawn: list[Array] = []
    for index, node in enumerate(pencil.nodes):
        if index == 0 and pencil.first_spectrum is not None:
            x = np.diag(pencil.first_spectrum)
        else:
            neurons = round(dimension / node.gamma)
            classes = rng.choice(len(node.probabilities), size=neurons, p=node.probabilities)
            x = np.zeros((dimension, dimension))
            for k in range(len(node.probabilities)):
                covariance = node.own[k] * np.eye(dimension)
                for share, parent in zip(node.inherited[k], node.parents, strict=True):
                    covariance = covariance + share * drawn[parent]
                values, vectors = np.linalg.eigh(covariance)
                root = vectors * np.sqrt(np.maximum(values, 0.0))
                columns = root @ rng.standard_normal((dimension, int(np.count_nonzero(classes == k))))
                x += columns @ columns.T / neurons
        drawn.append(x)
        total += node.coefficient * x
    return np.asarray(np.linalg.eigvalsh(total), dtype=np.float64)


def wishart_chain(rng: np.random.Generator, outputs: int, gains: list[Array], widths: list[int]) -> list[Array]:
    """E_1 .. E_L as products of weight matrices: E_l = B_l B_l^T, B_l = B_{l+1} Y_l^T with rows sqrt(v) N(0, I) / M_l.

    `gains` holds v of the classes of the layers 1 .. L-1, `widths` M_1 .. M_{L-1}.
    """
    backward = np.eye(outputs)
    chain = [backward]
    for v, width in zip(reversed(gains), reversed(widths), strict=True):
        weights = rng.standard_normal((backward.shape[1], width)) / np.sqrt(width)
        backward = backward @ weights * np.sqrt(rng.choice(v, size=width))
        chain.append(backward @ backward.T)
    return chain[::-1]


def fixed_point_map(pencil: Pencil, x: complex, y: np.ndarray) -> np.ndarray:
    """Phi(y) of `fixed_point`, class by class as its equations are written."""
    count = len(pencil.nodes)
    r, tau = y[0], y[1:]
    z = [-node.coefficient for node in pencil.nodes]
    rest, image = x - pencil.identity, np.zeros(1 + count, dtype=np.result_type(x, y))
    for j in range(count - 1, -1 if pencil.first_spectrum is None else 0, -1):
        node, zj = pencil.nodes[j], z[j]
        for p, b, c in zip(node.probabilities, node.own, node.inherited, strict=True):
            g = node.gamma * (b * r + sum(cm * tau[m] for cm, m in zip(c, node.parents, strict=True)))
            d = 1.0 + zj * g
            image[1 + j] += p * g / node.gamma / d
            rest = rest + zj * p * b / d
            for cm, m in zip(c, node.parents, strict=True):
                z[m] = z[m] + zj * p * cm / d
    if pencil.first_spectrum is None:
        image[0] = 1.0 / rest
    else:
        image[0] = np.mean([1.0 / (rest + z[0] * value) for value in pencil.first_spectrum])
        image[1] = np.mean([value / (rest + z[0] * value) for value in pencil.first_spectrum])
    return image


def stieltjes_transform(pencil: Pencil, x: float) -> float:
    """r(x) = tr (x - A)^{-1} / dim at a real x above the spectrum, climbing from 0."""
    found = least_solution(FixedPointMap(pencil), x, np.zeros(1 + len(pencil.nodes)))
    assert found is not None, f"{x} lies within the spectrum"
    return float(found[0])
