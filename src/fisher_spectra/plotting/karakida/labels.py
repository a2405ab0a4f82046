"""Names of the statistics of the eigenvalues and of the width as they stand at the axes."""

STATISTICS = {
    "mean": r"mean $m_\lambda$",
    "second_moment": r"second moment $s_\lambda$",
    "maximum": r"maximum $\lambda_{\max}$",
}
WIDTH = r"width $M$"
