"""Layers beyond the papers: residual, layer-normalised and batch-normalised ones, and the softmax with cross-entropy.

A kind of layer is one class in a module of its own under `kinds`, with sampling, forward and backward pass and kernel;
`stack` puts layers of any kinds together, sampled or at infinite width, and `prediction` gives the largest eigenvalue
of the Fisher matrix, with sentences on where it fails. Derivations, how to add a kind, and how well each does:
``docs/layers.md``.

Not here: plain networks at finite size (`finite_size`), and modules of the reader's own (`measurement`).
"""
