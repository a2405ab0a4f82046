"""Gaussian expectations of activations: one and two correlated variables, and all pairs of hidden units at once.

Not here: closed forms (`activations.closed_forms`), recursions over layers (`karakida`, `hayase_karakida`).
"""
