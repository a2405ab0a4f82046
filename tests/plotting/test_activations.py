"""Activations are told apart by colour and mark, and are named as the field names them."""

from __future__ import annotations

from fisher_spectra.plotting.activations import colour_of, mark_of, name_of


def test_activations_of_the_papers_keep_their_colour_whatever_their_position():
    assert len({colour_of(name, 0) for name in ("tanh", "relu", "linear")}) == 3
    assert all(colour_of(name, 0) == colour_of(name, 5) for name in ("tanh", "relu", "linear"))
    assert all(mark_of(name, 0) == mark_of(name, 5) for name in ("tanh", "relu", "linear"))


def test_other_activations_take_neighbouring_colours_and_marks_that_differ():
    others = [(colour_of("swish", position), mark_of("swish", position)) for position in range(5)]
    assert len({colour for colour, _ in others}) == len({mark for _, mark in others}) == 5
    assert not {colour for colour, _ in others} & {colour_of("tanh")}


def test_names_are_printed_as_the_field_writes_them():
    assert [name_of(name) for name in ("relu", "tanh", "swish")] == ["ReLU", "tanh", "swish"]
