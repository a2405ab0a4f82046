"""The loss from which training does not come back within its steps."""

from __future__ import annotations

# Four decades above the bound of local analysis in `hopeless_loss`: a ReLU network whose units all die returns in one
# step to what its biases give. Of 1100 networks of widths 8 to 48 that ended below 1000 after 100 steps with mu = 0.9,
# the highest had passed 4e9, against a bound of 4e7. Tanh networks came up to the bound itself, and not above.
_MARGIN_OF_HOPELESSNESS = 1e4


def hopeless_loss(divergence_loss: float, momentum: float, steps: int) -> float:
    """Loss from which `steps` steps do not lead below `divergence_loss`: 10^4 `divergence_loss` / mu^steps.

    On a quadratic loss the two roots of gradient descent with momentum have the product mu in each direction, so the
    slower one shrinks the loss by mu a step at best. A saturated network returns from a large loss in this way: its
    hidden units stand still, and its output layer is a linear model. For the factor 10^4 see
    `_MARGIN_OF_HOPELESSNESS`. Without momentum one step may lead back from anywhere, and the bound is infinite.
    """
    shrinkage = momentum**steps
    return _MARGIN_OF_HOPELESSNESS * divergence_loss / shrinkage if shrinkage > 0 else float("inf")
