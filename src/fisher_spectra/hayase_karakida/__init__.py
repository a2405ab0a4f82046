"""Hayase, Karakida 2020 and 2021: spectra under dynamical isometry, by free probability and of sampled networks.

Not here: online training over (L, eta) (`training.online`).
"""
