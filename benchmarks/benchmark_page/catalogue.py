"""All comparisons of the page, in its order; the curves are in `curves`."""

from __future__ import annotations

from collections.abc import Iterator

from benchmark_page.comparison import COPY, PRODUCTS, Comparison
from benchmark_page.curves import CURVES, comparison_of
from benchmark_page.subjects import (
    dual_matrix,
    lanczos,
    looking,
    mean_field_grid,
    normal_numbers,
    online,
    own_training,
    starting,
    training_column,
)

# Largest difference between two candidates over the largest entry: rounding of sums of M^2 products.
_ROUNDING = {"float64": 1e-12, "float32": 1e-4}
# Cells next to the border of divergence may end on either side, where the last bit of a rounding decides.
_DIFFERING_CELLS = 0.05


def training_columns() -> Iterator[Comparison]:
    """Columns of Figure 2, left, of Karakida, Akaho, Amari 2019: L = 4, C = 10, T = 100."""
    for width, trials, steps in ((64, 5, 100), (256, 1, 100), (1024, 1, 25)):
        yield Comparison(
            "training_column",
            f"M = {width}, 20 rates x {trials}, {steps} steps",
            "training_column",
            training_column.NAMES,
            {"M": width, "rates": 20, "trials": trials, "steps": steps},
            _DIFFERING_CELLS,
            by_cells=True,
        )


def own_trainings() -> Iterator[Comparison]:
    """Grids of learning rates of networks such as readers bring."""
    for widths, activation, loss, samples, rates, steps in (
        ((64, 64, 64, 10), "relu", "mse", 100, 16, 200),
        ((784, 256, 256, 10), "gelu", "cross_entropy", 200, 8, 50),
        ((784, 1024, 1024, 512, 10), "gelu", "cross_entropy", 1000, 4, 5),
    ):
        said = {"mse": "squared errors", "cross_entropy": "cross-entropy"}[loss]
        yield Comparison(
            "own_training",
            f"{activation}, {'-'.join(map(str, widths))}, T = {samples}, {said}, {rates} rates, {steps} steps",
            "own_training",
            own_training.NAMES,
            {
                "widths": widths,
                "activation": activation,
                "loss": loss,
                "T": samples,
                "rates": rates,
                "steps": steps,
            },
            1e-3,  # of training losses in single precision
            reference=PRODUCTS["float32"],
        )


def online_trainings() -> Iterator[Comparison]:
    """Depths of Figure 4 of Hayase, Karakida 2021."""
    # The first takes five epochs of ten: in one of them the losses at the end, which all compute by the same products,
    # are a third of the time. The last one is what CIFAR-10 is trained like: 500 samples, seen again and again.
    for width, depth, cells, steps, epochs in ((64, 50, 24, 800, 5), (784, 20, 8, 320, 1), (3072, 2, 4, 1000, 2)):
        yield Comparison(
            "online",
            f"M = {width}, L = {depth}, {cells} rates, {steps} steps",
            "online",
            online.NAMES,
            {"M": width, "L": depth, "cells": cells, "steps": steps, "epochs": epochs},
            1e-4,  # of training losses in single precision
            reference=COPY,
        )


def mean_fields() -> Iterator[Comparison]:
    """Critical learning rates over both variances."""
    for name in ("tanh", "relu", "erf"):
        yield Comparison(
            "mean_field",
            f"{name}, 100 x 100 variances",
            "mean_field_grid",
            mean_field_grid.NAMES,
            {"activation": name, "points": 100},
            1e-6 if name == "tanh" else 1e-12,  # quadratures of two kinds; closed forms
        )


def drawings() -> Iterator[Comparison]:
    """Matrices of normal numbers."""
    for dtype in ("float64", "float32"):
        yield Comparison(
            "normal_numbers",
            f"1000 x 1000, {dtype}",
            "normal_numbers",
            normal_numbers.NAMES,
            {"M": 1000, "dtype": dtype},
            1e-20,  # the bits are the same
        )


def dual_matrices() -> Iterator[Comparison]:
    """The dual Fisher matrix, L = 3 and C = 1."""
    for width, samples in ((100, 1000), (1000, 100), (4000, 100)):
        # the Jacobian of all samples at once has T P numbers: 26 GB at the largest size in double precision
        candidates = dual_matrix.NAMES if width < 4000 else dual_matrix.WITHOUT_JACOBIAN
        for dtype in ("float32", "float64"):
            yield Comparison(
                "dual_fisher",
                f"M = {width}, T = {samples}, {dtype}",
                "dual_matrix",
                candidates,
                {"L": 3, "M": width, "T": samples, "dtype": dtype},
                _ROUNDING[dtype],
                reference=PRODUCTS[dtype],
            )


def largest_eigenvalues() -> Iterator[Comparison]:
    """Of a deep network, and of one with a hidden layer."""
    sizes = {"L": 4, "M": 500, "T": 100, "C": 10}
    said = ", ".join(f"{name} = {value}" for name, value in sizes.items())
    yield Comparison("lanczos", f"deep network, {said}", "lanczos", lanczos.NAMES, sizes, 1e-8)
    yield Comparison(
        "lanczos", "one hidden layer, n = 32, P = 2048", "lanczos", lanczos.POPULATION_NAMES, {"n": 32}, 1e-8
    )


def starts() -> Iterator[Comparison]:
    """What starting costs."""
    yield Comparison("start", "a run with nothing to do", "starting", starting.NO_OP_NAMES)
    yield Comparison("start", "a figure from its table", "starting", starting.JOB_NAMES)
    yield Comparison("start", "whether 1000 results are what they were", "looking", looking.NAMES, {"results": 1000})


def comparisons() -> list[Comparison]:
    """Everything that is measured."""
    return [
        *training_columns(),
        *own_trainings(),
        *online_trainings(),
        *mean_fields(),
        *drawings(),
        *dual_matrices(),
        *largest_eigenvalues(),
        *starts(),
        *(comparison_of(curve, value) for curve in CURVES for value in curve.values),
    ]
