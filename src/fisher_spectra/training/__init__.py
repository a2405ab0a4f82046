"""Training of many networks at a time: gradient descent with momentum over grids of learning rates and trials."""
