"""Activation functions: value, derivative, kinks and Gaussian moments in closed form, from one catalogue.

Not here: integrals that have no closed form (`gaussian`), networks that use them (`networks`).
"""
