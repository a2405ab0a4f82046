"""Kinds of layers, one module each: :func:`fisher_spectra.layers.names.layer_kinds` finds a new one by itself."""
