"""Online gradient descent, one sample a step, over learning rates and depths: Hayase, Karakida 2021, Section 5.2."""
