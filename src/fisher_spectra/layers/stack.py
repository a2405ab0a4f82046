"""Networks put together from layers of any kinds: sampled with their dual Fisher matrix, and at infinite width."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fisher_spectra.common.arguments import check_integer, check_type, finite_array, shown
from fisher_spectra.common.memory import require_memory
from fisher_spectra.finite_size.inputs import checked_moments
from fisher_spectra.layers.kinds.dense import Dense
from fisher_spectra.layers.protocol import Array, Kernels, LayerKind, Parameters, Passed

_LARGEST = 1e150  # of a moment: products of two of them are formed


@dataclass(frozen=True)
class LayerStack:
    """Layers from the inputs to the outputs.

    Parameters
    ----------
    inputs
        M_0 >= 1.
    layers
        At least two; the last one gives the C outputs.

    Raises
    ------
    TypeError, ValueError
        If a value is none of these.

    Examples
    --------
    >>> network = fs.LayerStack(20, (fs.Dense(30), fs.Residual(30, "relu"), fs.Dense(1, "relu", sigma_w2=2.0)))
    >>> network.widths, network.outputs
    ((20, 30, 30, 1), 1)
    """

    inputs: int
    layers: tuple[LayerKind, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", check_integer("inputs", self.inputs, 1))
        check_type("layers", self.layers, (list, tuple), "a sequence of layers")
        for layer in self.layers:
            check_type("layers", layer, LayerKind, "layers such as Dense or Residual")
        object.__setattr__(self, "layers", tuple(self.layers))
        if len(self.layers) < 2:
            raise ValueError(f"layers = {shown(self.layers)}: must be at least two (L >= 2)")

    @property
    def widths(self) -> tuple[int, ...]:
        """M_0 .. M_L = C."""
        return (self.inputs, *(layer.width for layer in self.layers))

    @property
    def outputs(self) -> int:
        """C."""
        return self.widths[-1]

    @property
    def depth(self) -> int:
        """L."""
        return len(self.layers)


@dataclass(frozen=True)
class SampledStack:
    """Parameters of one network.

    Attributes
    ----------
    stack
        Its layers.
    parameters
        Of each layer.
    """

    stack: LayerStack
    parameters: tuple[Parameters, ...]


def sample_stack(rng: np.random.Generator, stack: LayerStack) -> SampledStack:
    """A random network.

    Parameters
    ----------
    rng
        Source of all randomness; drawn layer by layer.
    stack
        Its layers.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of these, or a layer does not fit the one below.

    Examples
    --------
    >>> stack = fs.LayerStack(3, (fs.Dense(5), fs.LayerNorm(5, "relu"), fs.Dense(2, "relu")))
    >>> [one.weight.shape for one in fs.sample_stack(np.random.default_rng(0), stack).parameters]
    [(5, 3), (5, 5), (2, 5)]
    """
    check_type("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_type("stack", stack, LayerStack, "a LayerStack")
    pairs = zip(stack.layers, stack.widths, strict=False)
    return SampledStack(stack, tuple(layer.sample(rng, inputs) for layer, inputs in pairs))


def passes(network: SampledStack, inputs: npt.ArrayLike) -> tuple[Passed, ...]:
    """What the samples `inputs` (T, M_0) leave behind in each layer; the last one's values are the outputs (T, C).

    Raises
    ------
    TypeError, ValueError
        If the inputs do not fit the network.
    """
    check_type("network", network, SampledStack, "what sample_stack returns")
    u, width = finite_array("inputs", inputs, np.float64), network.stack.inputs
    if u.ndim != 2 or len(u) < 1 or u.shape[1] != width:
        raise ValueError(f"inputs of shape {u.shape}: must be (T, M_0) with T >= 1 and M_0 = {width}")
    found = []
    for layer, parameters in zip(network.stack.layers, network.parameters, strict=True):
        found.append(layer.forward(parameters, u))
        u = found[-1].values
    return tuple(found)


def dual_fisher_of_stack(network: SampledStack, inputs: npt.ArrayLike) -> Array:
    """Dual Fisher matrix F* = J J^T / T of all outputs on all samples, (C T, C T), ordered by output, then by sample.

    Parameters
    ----------
    network
        Of :func:`sample_stack`.
    inputs
        x(t), shape (T, M_0). A network with batch normalisation takes them as one batch.

    Raises
    ------
    TypeError, ValueError
        If the inputs do not fit the network.
    UserError
        If the matrix does not fit into memory; cotangents of T x T pairs of samples where a layer mixes them.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> stack = fs.LayerStack(3, (fs.Dense(5), fs.BatchNorm(5, "relu"), fs.Dense(2, "relu")))
    >>> fs.dual_fisher_of_stack(fs.sample_stack(rng, stack), rng.standard_normal((4, 3))).shape
    (8, 8)
    """
    passed = passes(network, inputs)
    samples, outputs, layers = len(passed[-1].values), network.stack.outputs, list(network.stack.layers)
    order, top = outputs * samples, layers[-1]
    held = samples if any(layer.mixes_samples for layer in layers) else 1
    numbers = 3 * order**2 + 4 * order * held * max(network.stack.widths[1:])
    require_memory(8 * numbers, f"the dual Fisher matrix of order {order}", "use fewer samples or outputs")
    cotangents: Array = np.asarray(np.broadcast_to(np.eye(outputs)[:, None, None, :], (outputs, samples, 1, outputs)))
    outward = None
    if top.mixes_samples and isinstance(top, Dense):
        # J = G J_raw: far cheaper than to carry derivatives by all samples down through the network.
        outward = top.cotangents_of_raw(passed[-1], cotangents).transpose(0, 1, 3, 2).reshape(order, order)
        layers[-1] = top.plain()
    dual: Array = np.zeros((order, order))
    for layer, parameters, one in reversed(list(zip(layers, network.parameters, passed, strict=True))):
        share, cotangents = layer.backward(parameters, one, cotangents)
        dual += share
    if outward is not None:
        dual = outward @ dual @ outward.T
    dual /= samples
    return np.asarray(0.5 * (dual + dual.T))


def stack_kernels(
    stack: LayerStack, samples: int, input_moment: float = 1.0, input_overlap: float = 0.0
) -> tuple[Kernels, ...]:
    """Kernels of the inputs and of each layer at infinite width, L + 1 of them.

    The last one's theta is T F* of one output: alpha kappa_1 M on the diagonal and alpha kappa_2 M off it, with the
    biases' share where they are parameters.

    Parameters
    ----------
    stack
        The layers.
    samples
        T >= 2.
    input_moment, input_overlap
        Mean of x(s).x(s) / M_0, > 0, and of x(s).x(t) / M_0.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range, or a layer does not fit the one below.

    Examples
    --------
    >>> stack = fs.LayerStack(100, (fs.Dense(100), fs.Dense(1, "linear", biases=False)))
    >>> [round(fs.stack_kernels(stack, samples=5)[-1].theta)]  # M_1 q_hat^1 + q_tilde^1 (M_0 + 1)
    [201]
    """
    check_type("stack", stack, LayerStack, "a LayerStack")
    samples = check_integer("samples", samples, 2)
    moment, overlap = checked_moments(input_moment, input_overlap)
    found = [Kernels(moment, overlap, 0.0, 0.0)]
    for layer, inputs in zip(stack.layers, stack.widths, strict=False):
        found.append(layer.kernel(found[-1], inputs, samples))
        if not max(abs(found[-1].q), abs(found[-1].theta)) < _LARGEST:
            raise ValueError(
                f"input_moment = {moment:g}: the moments of layer {len(found) - 1} grow beyond floating point"
            )
    return tuple(found)
