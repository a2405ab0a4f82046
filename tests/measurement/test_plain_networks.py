"""Which modules are recognised as plain networks, and what is said of the others."""

from __future__ import annotations

import pytest
import torch
from reader_modules import OwnDerivative, reader_inputs, reader_module
from torch import nn

from fisher_spectra.activations.catalogue import get_activation
from fisher_spectra.measurement.measure import measure
from fisher_spectra.measurement.plain_networks import plain_layers


def layers_of(module):
    return plain_layers(module, dict(module.named_parameters()))


class Written(nn.Module):
    """Calls functions as readers do."""

    def __init__(self, activation):
        super().__init__()
        self.activation, self.first, self.second = activation, nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.second(self.activation(self.first(x.flatten(1))))


ACTIVATIONS = {
    "tanh": (nn.Tanh(), torch.tanh, lambda x: x.tanh()),
    "relu": (
        nn.ReLU(),
        torch.relu,
        nn.functional.relu,
        lambda x: x.relu(),
        lambda x: nn.functional.relu(x, inplace=True),
    ),
    "gelu": (nn.GELU(), nn.functional.gelu),
    "silu": (nn.SiLU(), nn.functional.silu),
    "softplus": (nn.Softplus(), nn.functional.softplus),
    "erf": (torch.erf,),
    "sine": (torch.sin, lambda x: x.sin()),
    "leaky_relu(slope=0.2)": (nn.LeakyReLU(0.2), lambda x: nn.functional.leaky_relu(x, negative_slope=0.2)),
    "hard_tanh(s=0.5,g=1)": (nn.Hardtanh(-2.0, 2.0), lambda x: nn.functional.hardtanh(x, -2.0, 2.0)),
}
WRITINGS = [(spec, position) for spec, writings in ACTIVATIONS.items() for position in range(len(writings))]


@pytest.mark.parametrize(("spec", "position"), WRITINGS)
def test_an_activation_is_that_of_the_catalogue_however_it_is_written(spec, position):
    written = ACTIVATIONS[spec][position]
    first, second = layers_of(Written(written))
    assert (first.spec, second.spec) == (spec, "linear")
    x = torch.linspace(-4.0, 4.0, 41, dtype=torch.float64)
    torch.testing.assert_close(get_activation(spec)(x.clone()), first.activation(x.clone()))


@pytest.mark.parametrize(
    "activation", [nn.GELU(approximate="tanh"), nn.Softplus(beta=2.0), nn.ELU(), nn.Hardtanh(-1.0, 2.0), nn.ReLU6()]
)
def test_activations_that_the_catalogue_lacks_are_plain_without_a_text(activation):
    assert layers_of(Written(activation))[0].spec is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("residual", "it uses tanh 2 times"),
        ("layer_norm", "it has a LayerNorm"),
        ("batch_norm", "it has a BatchNorm1d"),
        ("convolution", "it has a Unflatten"),
        ("tied", "layers share parameters"),
        ("softmax", "it has a Softmax"),
        ("attention", "its forward cannot be traced"),
    ],
)
def test_other_modules_are_refused_with_the_reason(name, reason):
    found = measure(reader_module(name), reader_inputs(), "mse", "auto", None)
    assert (found.layers, found.not_plain[: len(reason)]) == ((), reason)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.scale = nn.Linear(6, 3), nn.Parameter(torch.ones(3))

    def forward(self, x):
        return self.first(x)


class StraightThrough(torch.autograd.Function):
    """tanh forward, the identity backward."""

    @staticmethod
    def forward(ctx, x):
        return torch.tanh(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


@pytest.mark.parametrize(
    ("module", "inputs", "reason"),
    [
        (Written(lambda x: torch.tanh(x) * 2.0), (5, 6), "it has the operation mul"),
        (Written(lambda x: torch.tanh(torch.relu(x))), (5, 6), "it applies ReLU and Tanh one after the other"),
        (Scaled(), (5, 6), "it has parameters besides those of linear layers (scale)"),
        (nn.Sequential(nn.Tanh(), nn.Linear(6, 2)), (5, 6), "it applies Tanh to the inputs"),
        (nn.Sequential(nn.Linear(6, 2), nn.Tanh()), (5, 3, 6), "its linear layers act on an axis of the samples"),
        (Written(StraightThrough.apply), (5, 6), "its gradients are not those of its linear layers"),
        (nn.Sequential(nn.PReLU()), (5, 6), "it has a PReLU"),
    ],
)
def test_what_is_plain_but_for_one_thing_is_not_plain(module, inputs, reason):
    found = measure(module, torch.randn(inputs), "mse", "auto", None)
    assert (found.layers, found.not_plain[: len(reason)]) == ((), reason)


def test_a_backward_pass_of_the_readers_own_that_is_right_is_plain():
    assert measure(Written(OwnDerivative.apply), torch.randn(5, 6), "mse", "auto", None).layers[0].spec == "tanh"


def test_a_module_whose_forward_depends_on_the_values_is_not_traced():
    class Branches(Written):
        def forward(self, x):
            return self.first(x) if x.sum() > 0 else self.second(self.first(x))

    assert measure(Branches(None), torch.ones(5, 6), "mse", "auto", None).not_plain.startswith("its forward cannot be")
