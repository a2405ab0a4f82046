"""Each sweep changes one thing of the shape in the middle, which belongs to all of them."""

from __future__ import annotations

from fisher_spectra.finite_size.sweeps import Shape, SweepPoint, shapes, sweeps

MIDDLE = Shape((784, 512, 256, 10), 100)


def points(**changes):
    lists = {"hidden_scales": [], "sample_numbers": [], "output_numbers": [], "bias_variances": []}
    return sweeps(inputs=784, hidden=[512, 256], outputs=10, samples=100, **(lists | changes))


def test_hidden_widths_are_scaled_and_rounded_and_inputs_and_outputs_are_not():
    one, half, least = points(hidden_scales=[1, 0.5, 0.003])
    assert one == SweepPoint("hidden_scale", 1.0, MIDDLE)
    assert half.shape.widths == (784, 256, 128, 10)
    assert least.shape.widths == (784, 2, 1, 10)


def test_samples_outputs_and_biases_vary_alone():
    assert [p.shape for p in points(sample_numbers=[3, 100])] == [Shape(MIDDLE.widths, 3), MIDDLE]
    assert [p.shape for p in points(output_numbers=[1])] == [Shape((784, 512, 256, 1), 100)]
    assert [p.shape for p in points(bias_variances=[0, 0.3])] == [MIDDLE, Shape(MIDDLE.widths, 100, 0.3)]


def test_the_shape_in_the_middle_is_there_once_and_names_its_widths():
    every = points(hidden_scales=[1, 2], sample_numbers=[100], output_numbers=[10, 1], bias_variances=[0])
    assert len(every) == 6
    assert shapes(every) == [MIDDLE, every[1].shape, every[4].shape]
    assert MIDDLE.name == "784-512-256-10"
