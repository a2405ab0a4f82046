"""Karakida, Akaho, Amari 2019: mean-field theory of the Fisher information matrix, and its misprinted formulas.

Not here: sampled networks (`networks`), training over (M, eta) (`training.grid`).
"""
