"""Arguments of public functions: taken where the meaning is plain, else refused in one line of a documented kind."""

from __future__ import annotations

import inspect
import re
import warnings

import numpy as np
import pytest
import torch

import fisher_spectra as fs

TANH = fs.get_activation("tanh")
FIELD = fs.mean_field(TANH, 3.0, 0.64, 3)
ENSEMBLE = fs.Ensemble.of(TANH, 3.0, 0.64, 3)
LAYERED = fs.layered_ensemble((3, 3, 3, 2), TANH, 2.0, 0.1)
STACK = fs.LayerStack(3, (fs.Dense(4), fs.LayerNorm(4, "tanh"), fs.Dense(2, "tanh")))
SAMPLED_STACK = fs.sample_stack(np.random.default_rng(0), STACK)
LAYER = {"width": 4, "activation": TANH, "sigma_w2": 1.0, "sigma_b2": 0.1, "biases": True}
PROPAGATION = fs.constant_propagation(3, 0.9, 1.0)
NETWORK = fs.sample_network(np.random.default_rng(0), (3, 3, 3), TANH, 1.0, 0.1)
FISHER = fs.population_fisher(*fs.sample_weights(np.random.default_rng(0), 3), fs.get_activation("erf"))
CONSTANTS = fs.nonlinearity_constants(fs.get_activation("normalised_erf"))
INPUTS = np.random.default_rng(1).standard_normal((4, 3))
OVERLAPS = [[1.0, 0.2], [0.2, 1.0]]


def rng():
    return np.random.default_rng(0)


# A call of each public function of theory and sampling with every argument that it has.
CALLS = {
    "atom_scaling": lambda: {"spectrum": fs.LimitingSpectrum(CONSTANTS), "location": 0.1, "epsilons": [1e-3, 1e-2]},
    "atoms": lambda: {"propagation": PROPAGATION, "gaussian_weights": False},
    "bulk_density": lambda: {
        "ensemble": LAYERED,
        "samples": 2,
        "points": [0.5, 1.0],
        "overlaps": OVERLAPS,
        "input_moment": 1.0,
        "input_overlap": 0.0,
    },
    "conditional_fisher": lambda: {"network": NETWORK, "x": INPUTS[0]},
    "constant_propagation": lambda: {"depth": 3, "alpha": 0.9, "gamma": 1.0, "q": 1.0, "sigma2": 1.0},
    "corollary_2_bound": lambda: {"mf": FIELD, "width": 10, "threshold": 1.0, "outputs": 1},
    "critical_learning_rate": lambda: {"mf": FIELD, "width": 10, "samples": 5, "momentum": 0.0},
    "critical_learning_rate_of_data": lambda: {
        "overlaps": OVERLAPS,
        "ensemble": ENSEMBLE,
        "width": 10,
        "momentum": 0.0,
        "samples": 5,
    },
    "dense_eigenvalues": lambda: {"fisher": FISHER, "device": "cpu"},
    "depth_of_vanishing_atom": lambda: {"propagation": PROPAGATION},
    "derivative_kernel": lambda: {"activation": TANH, "q_s": 1.0, "q_t": 1.0, "q_st": 0.5},
    "derivative_law": lambda: {"activation": TANH, "variance": 1.0},
    "derivative_second_moment": lambda: {"activation": TANH, "q": 1.0},
    "dual_activation": lambda: {"activation": TANH, "covariance": OVERLAPS},
    "dual_fisher": lambda: {"network": NETWORK, "inputs": INPUTS, "biases": True},
    "dual_fisher_of_stack": lambda: {"network": SAMPLED_STACK, "inputs": INPUTS},
    "dual_fisher_operator": lambda: {"network": NETWORK, "inputs": INPUTS, "biases": True},
    "eigenvalue_maximum": lambda: {"mf": FIELD, "width": 10, "samples": 5},
    "eigenvalue_mean": lambda: {"mf": FIELD, "width": 10, "outputs": 1},
    "eigenvalue_second_moment": lambda: {"mf": FIELD, "samples": 5, "outputs": 1},
    "extreme_bounds": lambda: {"activation": fs.get_activation("normalised_erf")},
    "finite_size_prediction": lambda: {
        "ensemble": LAYERED,
        "samples": 5,
        "overlaps": None,
        "input_moment": 1.0,
        "input_overlap": 0.0,
        "draws": 5,
        "seed": 0,
    },
    "fisher_rao_norm": lambda: {"mf": FIELD, "outputs": 1},
    "fisher_rao_norm_printed": lambda: {"mf": FIELD, "outputs": 1},
    "fisher_statistics": lambda: {"network": NETWORK, "inputs": INPUTS, "biases": True, "method": "matrix_free"},
    "free_multiplicative_moments": lambda: {"first": [1.0, 2.0], "second": [1.0, 1.5]},
    "gaussian_inputs": lambda: {"rng": rng(), "samples": 3, "width": 2, "dtype": np.float64},
    "gaussian_mean": lambda: {"function": np.cos, "kinks": (0.0,), "variance": 1.0},
    "get_activation": lambda: {"spec": "tanh"},
    "haar_orthogonal": lambda: {"rng": rng(), "size": 4, "columns": 2},
    "infinite_width_dual_fisher": lambda: {"overlaps": OVERLAPS, "ensemble": ENSEMBLE, "width": 1.0, "biases": False},
    "inverse_h_transform": lambda: {"law": fs.two_point_law(0.9, 1.0), "w": np.array([1.0 + 1j]), "start": None},
    "isometry_rates": lambda: {"propagation": PROPAGATION},
    "kernel": lambda: {"activation": TANH, "q_s": 1.0, "q_t": 1.0, "q_st": 0.5},
    "kernel_polynomial_method": lambda: {
        "matvec": lambda v: 0.5 * v,
        "size": 5,
        "moments": 4,
        "probes": 2,
        "rng": rng(),
        "bounds": (-1.0, 1.0),
        "convert": None,
    },
    "kolmogorov_distance": lambda: {
        "eigenvalues": [0.2, 0.4],
        "cdf": lambda x: np.clip(x, 0, 1),
        "atoms": [(0.5, 0.1)],
        "half_widths": [0.1],
    },
    "lanczos_spectrum": lambda: {"fisher": FISHER, "steps": 3, "probes": 2, "rng": rng(), "device": "cpu"},
    "largest_atom_weight": lambda: {"propagation": PROPAGATION},
    "largest_eigenvalue": lambda: {"matrix": OVERLAPS, "tolerance": 1e-6, "vectors": 3},
    "largest_fisher_eigenvalue": lambda: {
        "network": NETWORK,
        "inputs": INPUTS,
        "biases": True,
        "tolerance": 1e-6,
        "method": "matrix_free",
    },
    "largest_eigenvalue_of_data": lambda: {"overlaps": OVERLAPS, "ensemble": ENSEMBLE, "width": 10, "samples": 5},
    "largest_eigenvalue_recursion": lambda: {"propagation": PROPAGATION},
    "layered_ensemble": lambda: {
        "widths": (2, 3, 1),
        "activation": TANH,
        "sigma_w2": 1.0,
        "sigma_b2": 0.1,
        "biases": True,
    },
    "layer_stack": lambda: {
        "widths": (2, 3, 1),
        "names": ("dense", "batch_norm"),
        "activations": ("tanh",),
        "sigma_w2": (1.0, 1.0),
        "sigma_b2": (0.1, 0.1),
        "biases": True,
    },
    "limiting_loss_reduction": lambda: {"constants": CONSTANTS, "width": 4, "perturbation": 0.1},
    "limiting_maximum": lambda: {"q": 1.0, "epsilon_2": 0.1},
    "limiting_mean": lambda: {"q": 1.0, "epsilon_1": 0.1, "epsilon_2": 0.1},
    "many_outputs_bounds": lambda: {"mf": FIELD, "width": 10, "samples": 5, "outputs": 2, "printed": False},
    "mean_eigenvalue_recursion": lambda: {"propagation": PROPAGATION},
    "mean_field": lambda: {
        "activation": TANH,
        "sigma_w2": 1.0,
        "sigma_b2": 0.1,
        "depth": 2,
        "alphas": [1.0, 1.0],
        "input_moment": 1.0,
        "input_overlap": 0.1,
    },
    "mean_fields": lambda: {
        "activation": TANH,
        "sigma_w2": [1.0, 2.0],
        "sigma_b2": 0.1,
        "depth": 2,
        "alphas": [1.0, 1.0],
        "input_moment": 1.0,
        "input_overlap": 0.1,
    },
    "moment_recursion": lambda: {"propagation": PROPAGATION, "order": 3, "gaussian_weights": False},
    "nonlinearity_constants": lambda: {"activation": TANH, "centre_and_normalise": True},
    "one_step_descent": lambda: {
        "activations": [fs.get_activation("erf")],
        "width": 8,
        "samples": 40,
        "perturbation": 1e-3,
        "rng": rng(),
    },
    "optimal_hermite_activation": lambda: {"degree": 2, "rng": rng(), "starts": 1},
    "population_fisher": lambda: {
        "first_weights": [[1.0, 0.2], [0.1, 1.0]],
        "second_weights": [[1.0, 0.0]],
        "activation": TANH,
        "dtype": np.float64,
    },
    "s_transform": lambda: {"law": fs.two_point_law(0.9, 1.0), "w": np.array([1.0 + 1j])},
    "sample_conditional_eigenvalues": lambda: {
        "rng": rng(),
        "width": 5,
        "depth": 2,
        "activation": fs.get_activation("relu"),
        "sigma2": 2.0,
        "input_moment": 1.0,
    },
    "sample_network": lambda: {
        "rng": rng(),
        "widths": (2, 3, 1),
        "activation": TANH,
        "sigma_w2": 1.0,
        "sigma_b2": 0.1,
        "dtype": np.float64,
    },
    "sample_orthogonal_network": lambda: {
        "rng": rng(),
        "width": 3,
        "depth": 2,
        "activation": TANH,
        "sigma2": [1.0, 1.0],
    },
    "sample_stack": lambda: {"rng": rng(), "stack": STACK},
    "sample_weights": lambda: {"rng": rng(), "width": 3},
    "sampled_fisher_rao_norm": lambda: {"network": NETWORK, "inputs": INPUTS},
    "scaled_theta": lambda: {"network": NETWORK, "inputs": INPUTS},
    "second_moment": lambda: {"activation": TANH, "q": 1.0},
    "signal_propagation": lambda: {"activation": TANH, "depth": 2, "sigma2": [1.0, 1.0], "input_moment": 1.0},
    "softmax_dual_fisher": lambda: {"dual": np.eye(6), "logits": np.zeros((3, 2))},
    "softmax_prediction": lambda: {
        "stack": STACK,
        "samples": 5,
        "input_moment": 1.0,
        "input_overlap": 0.1,
        "draws": 3,
        "seed": 0,
    },
    "sphere_inputs": lambda: {"rng": rng(), "samples": 2, "width": 3, "moment": 1.0},
    "stack_kernels": lambda: {"stack": STACK, "samples": 5, "input_moment": 1.0, "input_overlap": 0.1},
    "stack_prediction": lambda: {
        "stack": STACK,
        "samples": 5,
        "input_moment": 1.0,
        "input_overlap": 0.1,
        "seed": 0,
    },
    "standardised": lambda: {"activation": TANH},
    "stationary_hard_tanh": lambda: {"depth": 5, "epsilon_1": 0.1, "q": 1.0},
    "stochastic_lanczos_quadrature": lambda: {
        "matvec": lambda v: 0.5 * v,
        "size": 5,
        "steps": 3,
        "probes": 2,
        "rng": rng(),
        "convert": None,
        "itemsize": 8,
    },
    "theorem_3_2": lambda: {"propagation": PROPAGATION},
    "theta_maximum": lambda: {"network": NETWORK, "inputs": INPUTS},
    "two_point_law": lambda: {"alpha": 0.9, "gamma": 1.0},
    "wasserstein_distance": lambda: {
        "nodes": [0.2, 0.4],
        "weights": [0.5, 0.5],
        "quantile": lambda p: p,
        "levels": 10,
    },
    "BatchCentring": lambda: LAYER,
    "BatchNorm": lambda: LAYER | {"epsilon": 1e-5},
    "Dense": lambda: LAYER,
    "LayerNorm": lambda: LAYER | {"epsilon": 1e-5},
    "LayerStack": lambda: {"inputs": 3, "layers": STACK.layers},
    "Residual": lambda: LAYER,
    "Ensemble": lambda: {
        "activation": TANH,
        "sigma_w2": 1.0,
        "sigma_b2": 0.0,
        "architecture": ENSEMBLE.architecture,
    },
    "LayeredEnsemble": lambda: {
        "widths": (2, 3, 1),
        "activations": (TANH,),
        "sigma_w2": (1.0, 1.0),
        "sigma_b2": (0.0, 0.0),
        "biases": True,
    },
    "LimitingSpectrum": lambda: {"constants": CONSTANTS},
    "MeanFields": lambda: {
        "activation": TANH,
        "sigma_w2": np.ones(2),
        "sigma_b2": np.ones(2),
        "depth": np.full(2, 3),
        "alpha": np.full(2, 2.0),
        "kappa_1": np.ones(2),
        "kappa_2": np.ones(2),
    },
    "JacobianLaw": lambda: {"propagation": PROPAGATION},
    "NonlinearityConstants": lambda: {"eta": 1.0, "eta_prime": 1.2, "zeta": 0.9},
    "RandomNetwork": lambda: {"weights": NETWORK.weights, "biases": NETWORK.biases, "activation": TANH},
    "SpectralLaw": lambda: {"propagation": PROPAGATION, "gaussian_weights": False},
}
# Rooms of which the functions are not numbers in, numbers out, or take settings of the workflow; those of the first are
# tried in `tests/analysis`.
ELSEWHERE = ("fisher_spectra.analysis", "fisher_spectra.common", "fisher_spectra.datasets", "fisher_spectra.training")
WITHOUT_ARGUMENTS = {"activation_specs", "best_monotone_saturating_activation", "layer_kinds"}
# Flags are truth values of anything, as everywhere in Python; a conversion and a start are not looked at if not needed.
NOT_CHECKED = {"biases", "gaussian_weights", "centre_and_normalise", "printed", "convert", "start"}
# What a message calls an argument, where it is not by its name: the paper's letter, or what follows from it in a layer.
ALSO_NAMED = {
    "activation": ("activations",),
    "activations": ("activation",),
    "eta_prime": ("eta'",),
    "first_weights": ("covariance",),
    "input_moment": ("variance",),
    "sigma2": ("variance",),
    "spec": ("activation",),
}
# Every class can be called: as a function it is refused by what it raises itself.
FUNCTIONS = {"cdf", "function", "matvec", "quantile"}
WRONG = {
    "text": "many words",
    "none": None,
    "nan": float("nan"),
    "inf": float("inf"),
    "negative": -1.0,
    "zero": 0,
    "half": 0.5,
    "huge": 1e308,
    "complex": 1j,
    "empty": [],
    "empty_array": np.zeros((0, 0)),
    "matrix": np.ones((2, 5)),
    "cube": np.ones((2, 2, 2)),
    "nan_array": np.full((2, 2), np.nan),
    "inf_array": np.full((2, 2), np.inf),
    "integers": np.ones((2, 2), dtype=int),
    "half_precision": np.ones((2, 2), dtype=np.float16),
    "texts": np.array(["a", "b"]),
    "objects": [object(), object()],
    "ragged": [[1.0], [1.0, 2.0]],
    "tensor": torch.ones(2, 2, requires_grad=True),
    "object": object(),
    "type": fs.RandomNetwork,
    "dictionary": {"a": 1},
}


def test_every_public_function_of_theory_and_sampling_is_called_with_all_of_its_arguments():
    public = {name for name in fs.__all__ if not getattr(fs, name).__module__.startswith(ELSEWHERE)}
    assert set(CALLS) | WITHOUT_ARGUMENTS == public
    for name, arguments in CALLS.items():
        assert list(inspect.signature(getattr(fs, name)).parameters) == list(arguments()), name


@pytest.mark.parametrize("name", sorted(CALLS))
def test_the_right_arguments_are_taken(name):
    getattr(fs, name)(**CALLS[name]())


@pytest.mark.parametrize(
    ("name", "argument"),
    [(name, argument) for name in sorted(CALLS) for argument in CALLS[name]() if argument not in NOT_CHECKED],
)
def test_wrong_arguments_end_in_one_line_of_a_documented_kind(name, argument):
    for kind, value in WRONG.items():
        if kind == "type" and argument in FUNCTIONS:
            continue
        arguments = CALLS[name]() | {argument: value}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                getattr(fs, name)(**arguments)
            except (ValueError, TypeError, fs.UserError) as error:
                text = str(error)
                assert text, kind
                assert "\n" not in text, (kind, text)
                # The library's own message, not what fails inside numpy or Python.
                assert ":" in text, (kind, text)
                named = (argument, *ALSO_NAMED.get(argument, ()))
                assert any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in named), (kind, text)
                assert len(text) < 400, (kind, text)
            except Exception as error:
                pytest.fail(f"{name}({argument} = {kind}): {type(error).__name__}: {error}")


# ---------------------------------------------------------------------------------------------------------------------
# Values of which the meaning is plain


@pytest.mark.parametrize(
    "call",
    [
        lambda phi: fs.kernel(phi, 1.0, 1.0, 0.5),
        lambda phi: fs.derivative_kernel(phi, 1.0, 1.0, 0.5),
        lambda phi: fs.second_moment(phi, 1.0),
        lambda phi: fs.derivative_second_moment(phi, 1.0),
        lambda phi: fs.dual_activation(phi, OVERLAPS).value,
        lambda phi: fs.mean_field(phi, 1.0, 0.1, 3).kappa_2,
        lambda phi: fs.Ensemble(phi, 1.0, 0.1, ENSEMBLE.architecture).activation,
        lambda phi: fs.Ensemble.of(phi, 1.0, 0.1, 3).activation,
        lambda phi: fs.derivative_law(phi, 1.0).values,
        lambda phi: fs.signal_propagation(phi, 3).moments,
        lambda phi: fs.sample_orthogonal_network(rng(), 3, 2, phi).activation,
        lambda phi: fs.sample_network(rng(), (2, 3, 1), phi, 1.0, 0.1).activation,
        lambda phi: fs.RandomNetwork(NETWORK.weights, NETWORK.biases, phi).activation,
        lambda phi: fs.population_fisher(*np.ones((2, 1, 1)), phi).trace(),
        lambda phi: fs.nonlinearity_constants(phi, centre_and_normalise=True).zeta,
        lambda phi: fs.standardised(phi).deviation,
        lambda phi: fs.extreme_bounds(phi).largest_at_least,
        lambda phi: fs.LimitingSpectrum.of(phi).constants.zeta,
        lambda phi: fs.one_step_descent([phi], 8, 40, 1e-3, rng())[0].loss_reduction,
    ],
)
def test_the_text_of_an_activation_is_the_activation(call):
    np.testing.assert_array_equal(call("tanh"), call(TANH))


def test_lists_and_tensors_are_arrays():
    weights = [torch.from_numpy(weight).requires_grad_() for weight in NETWORK.weights]
    lists = fs.RandomNetwork([weight.tolist() for weight in NETWORK.weights], NETWORK.biases, "tanh")
    tensors = fs.RandomNetwork(weights, NETWORK.biases, "tanh")
    expected = fs.dual_fisher(NETWORK, INPUTS)
    for network, inputs in ((lists, INPUTS.tolist()), (tensors, torch.from_numpy(INPUTS)), (NETWORK, INPUTS)):
        np.testing.assert_array_equal(fs.dual_fisher(network, inputs), expected)
    np.testing.assert_array_equal(
        fs.kernel(TANH, torch.ones(2), [1.0, 2.0], 0.5), fs.kernel(TANH, np.ones(2), np.array([1.0, 2.0]), 0.5)
    )
    assert fs.mean_field(TANH, torch.tensor(1.0), np.float32(0.5), 2, np.ones(2)) == fs.mean_field(
        TANH, 1.0, 0.5, 2, (1.0, 1.0)
    )
    assert fs.signal_propagation(TANH, 2, torch.ones(2)) == fs.signal_propagation(TANH, 2, [1.0, 1.0])


def test_biases_that_are_none_are_zero():
    zero = fs.RandomNetwork(NETWORK.weights, tuple(np.zeros(len(weight)) for weight in NETWORK.weights), TANH)
    for biases in (None, (None, None), (None, np.zeros(3))):
        network = fs.RandomNetwork(NETWORK.weights, biases, TANH)
        np.testing.assert_array_equal(fs.dual_fisher(network, INPUTS), fs.dual_fisher(zero, INPUTS))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_network_keeps_its_precision(kind):
    weights = tuple(weight.astype(kind) for weight in NETWORK.weights)
    assert fs.dual_fisher(fs.RandomNetwork(weights, None, TANH), INPUTS).dtype == kind


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        ([np.ones((3, 2)), np.ones((1, 2))], None, r"weights\[1\] of shape \(1, 2\): must have 3 columns"),
        ([np.ones((3, 2))], [np.ones(2)], r"biases\[0\] of shape \(2,\): must be \(3,\), one for each row"),
        ([np.ones((3, 2))], [], "1 weights, 0 biases: must be as many, at least one"),
        ([], None, "0 weights, 0 biases: must be as many, at least one"),
        ([np.ones(3)], None, r"weights\[0\] of shape \(3,\): must have 2 axes"),
    ],
)
def test_layers_that_do_not_fit_each_other_are_refused(weights, biases, message):
    with pytest.raises(ValueError, match=message):
        fs.RandomNetwork(weights, biases, TANH)
