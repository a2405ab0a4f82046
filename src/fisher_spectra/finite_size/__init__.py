"""Largest eigenvalue of the Fisher matrix at the sizes people use: finite widths, samples and outputs.

Karakida, Akaho, Amari 2019 let M go to infinity with one output, or a few, and T samples. Here T / M_l and C / M_l are
kept: the bulk of the spectrum with its upper edge, the chains of Wishart matrices that several outputs bring in, and
the two branches, outlier and bulk, of the largest eigenvalue. Each layer may have its own activation and variances.
Of residual and layer-normalised networks, which have no other room, the infinite-width value alone.
Derivation, tables and limits: ``docs/finite_size.md``.

Not here: the infinite-width theory of the paper (`karakida`), sampled networks (`networks`), training.
"""
