"""What other packages answer about one network: each row of docs/how_it_compares.md, tried.

    python benchmarks/other_tools.py

For each question and each package: the answer and how far it is from the explicit Jacobian, or the error that came
instead. Packages that are not installed are named as such. The network is 64-100-10 (ReLU, PyTorch's own start) on the
first 50 digits; where a convolution with batch normalisation is asked about, such a one. Float64.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from module_spectrum import make

PACKAGES = {
    "fisher-spectra": "fisher-spectra",
    "curvlinops": "curvlinops-for-pytorch",
    "nngeometry": "nngeometry",
    "PyHessian": "PyHessian",
    "neural-tangents": "neural-tangents",
}
OUTPUTS = 10
SAMPLES = 50
Answer = tuple[float, float]  # what came, and what the explicit Jacobian gives


def plain() -> Any:
    """The network that is asked about."""
    import torch

    torch.manual_seed(0)
    layers = (torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, OUTPUTS))
    return torch.nn.Sequential(*layers).double()


def normalised() -> Any:
    """A network with batch normalisation, in training mode."""
    import torch

    torch.manual_seed(0)
    layers = (torch.nn.Linear(64, 40), torch.nn.BatchNorm1d(40), torch.nn.ReLU(), torch.nn.Linear(40, OUTPUTS))
    return torch.nn.Sequential(*layers).double().train()


def inputs() -> Any:
    """Fifty digits, each normalised."""
    import torch

    import fisher_spectra as fs

    return torch.as_tensor(fs.normalise(fs.load_named_dataset("digits").x_train[:SAMPLES], "sample"))


def exact(module: Any, loss: str) -> list[float]:
    """All eigenvalues of the Gauss-Newton matrix, ascending, by the explicit Jacobian of all samples as one batch."""
    import torch
    from torch.func import functional_call, jacrev

    x, names = inputs(), dict(module.named_parameters())
    buffers = dict(module.named_buffers())

    def outputs(values: dict[str, Any]) -> Any:
        return functional_call(module, (values, {name: one.clone() for name, one in buffers.items()}), (x,))

    rows = jacrev(outputs)({name: one.detach() for name, one in names.items()})
    jacobian = torch.cat([part.reshape(SAMPLES, OUTPUTS, -1) for part in rows.values()], dim=2)
    if loss == "cross_entropy":
        root = torch.softmax(outputs(names).detach(), dim=1).sqrt()
        along = (root.square()[:, :, None] * jacobian).sum(1, keepdim=True)
        factor = root[:, :, None] * (jacobian - along) / math.sqrt(SAMPLES)
    else:
        factor = jacobian * math.sqrt(2.0 / (OUTPUTS * SAMPLES))
    factor = factor.reshape(SAMPLES * OUTPUTS, -1)
    return [float(value) for value in torch.linalg.eigvalsh(factor @ factor.T)]


# ---------------------------------------------------------------------------------------------------------------------
# Largest eigenvalue and trace


def ours(module: Any, loss: str) -> Any:
    import fisher_spectra as fs

    return fs.analyse(module, inputs(), loss=loss)


def curvlinops_operator(module: Any, loss: str) -> Any:
    import torch
    from curvlinops import GGNLinearOperator

    x = inputs()
    square = loss == "mse"
    target = torch.zeros(SAMPLES, OUTPUTS, dtype=x.dtype) if square else torch.zeros(SAMPLES).long()
    function = torch.nn.MSELoss() if square else torch.nn.CrossEntropyLoss()
    return GGNLinearOperator(module, function, list(module.parameters()), [(x, target)])


def curvlinops_largest(module: Any, loss: str) -> float:
    import scipy.sparse.linalg

    operator = curvlinops_operator(module, loss).to_scipy()
    return float(scipy.sparse.linalg.eigsh(operator, k=1, which="LA", tol=1e-10, return_eigenvectors=False)[0])


def nngeometry_matrix(module: Any, loss: str, kind: str) -> Any:
    """Its Fisher matrix of a kind, up to the factor of the loss."""
    import torch
    from nngeometry import object as kinds
    from nngeometry.metrics import FIM

    data = torch.utils.data.TensorDataset(inputs())
    loader = torch.utils.data.DataLoader(data, batch_size=SAMPLES)
    variant = "classif_logits" if loss == "cross_entropy" else "regression"
    torch.set_default_dtype(torch.float64)  # in which it makes some of its tensors
    try:
        return FIM(module, loader, getattr(kinds, kind), variant=variant)
    finally:
        torch.set_default_dtype(torch.float32)


def nngeometry_largest(module: Any, loss: str) -> float:
    import torch

    values = torch.linalg.eigvalsh(nngeometry_matrix(module, loss, "PMatDense").to_torch())
    return float(values[-1]) * (2.0 / OUTPUTS if loss == "mse" else 1.0)


def pyhessian(module: Any, loss: str) -> Any:
    """Its Hessian at a minimum, where it is the Gauss-Newton matrix: the targets are the network's own outputs."""
    import torch
    from pyhessian import hessian

    torch.manual_seed(0)
    x = inputs()
    outputs = module(x).detach()
    if loss == "mse":
        return hessian(module, torch.nn.MSELoss(), data=(x, outputs), cuda=False)
    return hessian(module, torch.nn.CrossEntropyLoss(), data=(x, torch.softmax(outputs, dim=1)), cuda=False)


def largest_eigenvalue(module: Callable[[], Any], loss: str) -> dict[str, Callable[[], Answer]]:
    """The largest eigenvalue by each package."""

    def against(value: Callable[[], float]) -> Callable[[], Answer]:
        return lambda: (value(), exact(module(), loss)[-1])

    return {
        "fisher-spectra": against(lambda: ours(module(), loss).largest_eigenvalue),
        "curvlinops": against(lambda: curvlinops_largest(module(), loss)),
        "nngeometry": against(lambda: nngeometry_largest(module(), loss)),
        "PyHessian": against(lambda: float(pyhessian(module(), loss).eigenvalues(maxIter=1000, tol=1e-6)[0][0])),
    }


def trace() -> dict[str, Callable[[], Answer]]:
    """The trace by each package; by random probes where it has no other way."""

    def curvlinops() -> float:
        from curvlinops import hutchpp_trace

        return float(hutchpp_trace(curvlinops_operator(plain(), "mse"), num_matvecs=300))

    def hessian_trace() -> float:
        found = pyhessian(plain(), "mse").trace(maxIter=300, tol=1e-6)
        return sum(float(one) for one in found) / len(found)

    values: dict[str, Callable[[], float]] = {
        "fisher-spectra": lambda: ours(plain(), "mse").spectrum.trace[0],
        "curvlinops": curvlinops,
        "nngeometry": lambda: 2.0 / OUTPUTS * float(nngeometry_matrix(plain(), "mse", "PMatDiag").trace()),
        "PyHessian": hessian_trace,
    }
    return {name: (lambda value=value: (value(), sum(exact(plain(), "mse")))) for name, value in values.items()}


def density() -> dict[str, Callable[[], Answer]]:
    """The mean eigenvalue times their number of the density that each package gives: it should be the trace."""

    def curvlinops() -> float:
        import numpy as np
        from curvlinops.papyan2020traces.spectrum import lanczos_approximate_spectrum

        operator = curvlinops_operator(plain(), "mse")
        x, height = lanczos_approximate_spectrum(operator, 100, num_repeats=10, num_points=4096)
        return float(np.trapezoid(x * height, x)) * operator.shape[0]

    def hessian_density() -> float:
        values, weights = pyhessian(plain(), "mse").density(iter=100, n_v=10)
        parameters = sum(one.numel() for one in plain().parameters())
        means = [sum(v * w for v, w in zip(*pair, strict=True)) for pair in zip(values, weights, strict=True)]
        return parameters * sum(means) / len(means)

    values: dict[str, Callable[[], float]] = {
        "fisher-spectra": lambda: ours(plain(), "mse").spectrum.trace[0],
        "curvlinops": curvlinops,
        "PyHessian": hessian_density,
    }
    return {name: (lambda value=value: (value(), sum(exact(plain(), "mse")))) for name, value in values.items()}


# ---------------------------------------------------------------------------------------------------------------------
# Theory


def infinite_width() -> dict[str, Callable[[], Answer]]:
    """Largest eigenvalue at infinite width on the digits, over M; erf, L = 3, sigma_w2 = 2, no biases."""
    import numpy as np

    import fisher_spectra as fs

    x = fs.normalise(fs.load_named_dataset("digits").x_train[:SAMPLES], "sample")

    def kernel() -> float:
        """F* = M Theta / (sigma_w2 T) with the neural tangent kernel Theta of equal widths."""
        from neural_tangents import stax

        dense, erf = (lambda n: stax.Dense(n, W_std=math.sqrt(2.0), b_std=None)), stax.Erf
        _, _, of = stax.serial(dense(1), erf(), dense(1), erf(), dense(1))
        return float(np.linalg.eigvalsh(np.asarray(of(x, None, "ntk"), dtype=float))[-1]) / (2.0 * SAMPLES)

    def by_theory() -> float:
        ensemble = fs.Ensemble.of("erf", 2.0, 0.0, 3)
        return fs.largest_eigenvalue_of_data(fs.overlap_matrix(x), ensemble, width=1.0)

    ways = {"fisher-spectra": by_theory, "neural-tangents": kernel}
    return {name: (lambda way=way: (way(), by_theory())) for name, way in ways.items()}


def finite_width() -> dict[str, Callable[[], Answer]]:
    """Largest eigenvalue at widths 784-512-512-256-10 without a network: theory, and the mean of four networks."""
    import fisher_spectra as fs

    def predicted() -> Answer:
        found = fs.predict([784, 512, 512, 256, 10], "relu", sigma_w2=2.0, networks=4)
        assert found.sampled is not None
        return found.theory.largest_eigenvalue, found.sampled.mean

    return {"fisher-spectra": predicted}


QUESTIONS: dict[str, Callable[[], dict[str, Callable[[], Answer]]]] = {
    "largest eigenvalue, squared error": lambda: largest_eigenvalue(plain, "mse"),
    "largest eigenvalue, cross-entropy": lambda: largest_eigenvalue(plain, "cross_entropy"),
    "largest eigenvalue, batch normalisation in training mode": lambda: largest_eigenvalue(normalised, "mse"),
    "largest eigenvalue, convolution": lambda: largest_eigenvalue(lambda: make("convolution"), "mse"),
    "largest eigenvalue, attention": lambda: largest_eigenvalue(lambda: make("attention"), "mse"),
    "trace": trace,
    "density (its mean)": density,
    "infinite width, on data": infinite_width,
    "finite width, before there is a network": finite_width,
}


def installed(package: str) -> str | None:
    """The version of a package, if it is there."""
    try:
        return version(PACKAGES[package])
    except PackageNotFoundError:
        return None


def tried(way: Callable[[], Answer]) -> str:
    """The answer and its deviation, or the error that came instead."""
    try:
        value, right = way()
    except Exception as error:  # whatever a package raises is its answer
        lines = str(error).strip().splitlines() or [""]
        return f"{type(error).__name__}: {lines[0][:90]}"
    return f"{value:.6g}, off by {abs(value / right - 1.0):.1e}"


def main() -> int:
    warnings.simplefilter("ignore")
    versions = {package: installed(package) for package in PACKAGES}
    print(*(f"{package} {found or 'is not installed'}" for package, found in versions.items()), sep="\n")
    for question, ways in QUESTIONS.items():
        print(f"\n{question}")
        for package, way in ways().items():
            print(f"  {package:<16}{tried(way) if versions[package] else 'not installed'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
