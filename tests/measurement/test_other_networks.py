"""Which residual and layer-normalised networks are recognised, and what is said of the others."""

from __future__ import annotations

import pytest
import torch
from blocked_modules import ResidualNetwork, normalised_network
from reader_modules import reader_inputs, reader_module
from torch import nn

from fisher_spectra.measurement.measure import measure


def found_in(module, inputs=None):
    return measure(module.double(), reader_inputs() if inputs is None else inputs, "mse", "auto", None)


class Written(nn.Module):
    """Whatever a function of (layers, inputs) does with five linear layers and two normalisations."""

    def __init__(self, forward, width=6, used=("a", "b", "c")):
        super().__init__()
        self.written = forward
        for name in used:
            setattr(self, name, nn.LayerNorm(6) if name in ("n", "m") else nn.Linear(6, width if name == "a" else 6))

    def forward(self, x):
        return self.written(self, x)


@pytest.mark.parametrize("bias", [True, False])
def test_residual_networks_are_recognised_with_their_layers_in_order(bias):
    other = found_in(ResidualNetwork((6, 9, 2), 3, torch.tanh, bias=bias)).other
    assert other.kind == "residual"
    assert [layer.weight for layer in other.layers] == [
        "enter.weight",
        "blocks.0.weight",
        "blocks.1.weight",
        "blocks.2.weight",
        "leave.weight",
    ]
    assert [layer.spec for layer in other.layers] == ["tanh"] * 4 + ["linear"]
    assert (other.layers[2].bias is None) == (not bias)


def _inside_out(net, x):
    u = net.a(x.flatten(1))
    return net.c(torch.relu(net.b(torch.tanh(u)) + u))


def _in_place(net, x):
    u = net.a(x)
    u += net.b(u.tanh())
    return net.c(u.relu())


@pytest.mark.parametrize(
    ("forward", "specs"),
    [
        (_inside_out, ["tanh", "relu", "linear"]),
        (_in_place, ["tanh", "relu", "linear"]),
        (lambda net, x: net.c(torch.add(net.a(x), net.b(torch.relu(net.a(x))))), ["relu", "linear", "linear"]),
        (lambda net, x: (lambda u: net.c(u + net.b(u)))(net.a(x)), ["linear", "linear", "linear"]),
    ],
)
def test_a_block_may_be_written_in_several_ways(forward, specs):
    assert [layer.spec for layer in found_in(Written(forward)).other.layers] == specs


@pytest.mark.parametrize("affine", [True, False])
def test_layer_normalised_networks_are_recognised_with_what_they_have(affine):
    module = normalised_network((6, 8, 7, 3), nn.ReLU, (2.0, 0.1), affine=affine)
    module[4].eps = 1e-3
    other = found_in(module).other
    assert other.kind == "layer_normalised"
    assert [layer.spec for layer in other.layers] == ["relu", "relu", "linear"]
    assert [norm.epsilon for norm in other.normalisations] == [1e-5, 1e-3]
    assert [norm.gains for norm in other.normalisations] == (["1.weight", "4.weight"] if affine else [None, None])
    assert [norm.shifts for norm in other.normalisations] == (["1.bias", "4.bias"] if affine else [None, None])


def test_some_hidden_layers_may_go_without_normalisation():
    other = found_in(reader_module("layer_norm")).other
    assert [norm is None for norm in other.normalisations] == [False]
    mixed = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 4), nn.LayerNorm(4), nn.GELU(), nn.Linear(4, 2))
    assert [norm is None for norm in found_in(mixed).other.normalisations] == [True, False]


def test_plain_networks_are_no_other_ones():
    found = found_in(reader_module("plain"))
    assert found.layers
    assert (found.other, found.not_known) == (None, "")


def _shifted(module):
    nn.init.constant_(module[1].bias, 0.5)
    return module


def _scaled(module):
    nn.init.constant_(module[1].weight, 2.0)
    return module


def _post(net, x):
    h = torch.tanh(net.a(x))
    return net.c(h + torch.tanh(net.b(h)))


def _long(net, x):
    u = net.a(x)
    return net.d(u + net.c(torch.relu(net.b(torch.relu(u)))))


def _half(net, x):
    u = net.b(torch.relu(net.a(x)))
    return net.d(u + net.c(torch.relu(u)))


def _clobbered(net, x):
    u = net.a(x)
    return net.c(u + net.b(nn.functional.relu(u, inplace=True)))


REFUSED = [
    (lambda: reader_module("residual"), "it adds what Tanh gives"),
    (lambda: Written(_post), "it adds what Tanh gives to a block; known are u [+] linear"),
    (lambda: Written(_long, used=("a", "b", "c", "d")), "it has a residual block of 2 linear layers"),
    (lambda: Written(_half, used=("a", "b", "c", "d")), "it has hidden layers that are not residual"),
    (lambda: Written(_clobbered), "its outputs are not those of its layers"),
    (lambda: Written(lambda n, x: n.b(x + n.a(x)), used=("a", "b")), "it adds the inputs"),
    (lambda: Written(lambda n, x: n.a(x) + n.b(n.a(x)), used=("a", "b")), "it ends in a residual block"),
    (lambda: Written(lambda n, x: n.a(x) + n.b(x), used=("a", "b")), "it has a residual block of 0 linear layers"),
    (lambda: Written(lambda n, x: n.c(n.a(x) * n.b(n.a(x)))), "mul joins several values, and is no addition"),
    (lambda: Written(lambda n, x: n.c(torch.add(n.a(x), n.b(x), alpha=0.5))), "it adds multiples of its layers"),
    (lambda: Written(lambda n, x: n.b(n.n(torch.tanh(n.a(x)))), used=("a", "b", "n")), "it has a LayerNorm that does"),
    (lambda: Written(lambda n, x: n.a(n.n(x)), used=("a", "n")), "it has a LayerNorm that does not follow a hidden"),
    (lambda: Written(lambda n, x: n.n(n.a(x)), used=("a", "n")), "it normalises its outputs"),
    (lambda: nn.Sequential(nn.Linear(6, 4), nn.Unflatten(1, (2, 2)), nn.LayerNorm((2, 2))), "it has a Unflatten"),
    (lambda: _scaled(normalised_network((6, 5, 2), nn.ReLU, (2.0, 0.0))), "it has a LayerNorm with gains that are not"),
    (lambda: _shifted(normalised_network((6, 5, 2), nn.ReLU, (2.0, 0.0))), "it has a LayerNorm with shifts that are"),
    (lambda: reader_module("batch_norm"), "it has a BatchNorm1d"),
    (lambda: reader_module("batch_norm_training"), "its samples interact"),
    (lambda: reader_module("attention"), "its forward cannot be traced"),
    (lambda: reader_module("tied"), "it has neither residual blocks nor layer normalisation"),
]


@pytest.mark.parametrize(("module", "reason"), REFUSED)
def test_other_modules_are_refused_with_the_reason(module, reason):
    found = found_in(module())
    assert found.other is None
    assert found.not_known.startswith(reason.replace("[+]", "+")), found.not_known


def test_a_width_that_is_broadcast_is_no_block():
    class Broadcast(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(6, 5), nn.Linear(5, 1), nn.Linear(5, 2)

        def forward(self, x):
            u = self.a(x)
            return self.c(u + self.b(torch.relu(u)))

    assert found_in(Broadcast()).not_known == "it has a residual block from width 5 to 1; they must be equal"


def test_linear_layers_on_an_axis_of_samples_are_refused():
    module = ResidualNetwork((6, 5, 2), 1, torch.relu)
    found = found_in(module, torch.randn(4, 3, 6, dtype=torch.float64))
    assert found.not_known == "its linear layers act on an axis of the samples, not on whole samples"
