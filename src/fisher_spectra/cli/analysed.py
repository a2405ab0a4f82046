"""From the options of a command to the analysis of the reader's module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fisher_spectra.cli.user_data import data_of
from fisher_spectra.cli.user_module import module_of, require_torch

if TYPE_CHECKING:
    from fisher_spectra.analysis.analyse import Analysis


def analysed(command: str, options: dict[str, Any], method: str = "auto") -> Analysis:
    """`analyse` of what `options.model_options` name.

    Parameters
    ----------
    command
        Its name, for the message where PyTorch is missing.
    options
        Values by the names of the options; other ones are left alone.
    method
        That of `analyse`.
    """
    require_torch(command)
    from fisher_spectra.analysis.analyse import analyse

    module = module_of(options["model"], options["state_dict"], options["device"])
    if options["train"] is not None:
        module.train(options["train"])
    return analyse(
        module,
        data_of(options["data"], options["samples"], options["normalisation"], options["seed"]),
        loss=options["loss"],
        momentum=options["momentum"],
        method=method,
        memory_mb=options["memory_mb"],
        seed=options["seed"],
    )
