"""Training of many networks at a time, and where it begins to fail. Needs PyTorch.

`grid` has gradient descent over (M, eta) (Karakida et al.), `online` one sample a step over (L, eta) (Hayase et al.).
Not here: data sets (`datasets`), theory of the borders (rooms named after the papers).
"""
