"""The image that jobs run in with `--software-deployment-method apptainer`; refused where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from fisher_spectra.common.errors import UserError

RECIPE = "envs/apptainer.def"
IMAGE = "envs/fisher-spectra.sif"
VARIABLE = "FISHER_SPECTRA_IMAGE"
PROGRAMS = ("apptainer", "singularity")
METHOD = "--software-deployment-method apptainer"


def image_for(
    root: Path, environment: Mapping[str, str], which: Callable[[str], str | None] = shutil.which, conda: bool = False
) -> str:
    """The image of a run: the one that is named in the environment, or the one built from the recipe.

    Parameters
    ----------
    root
        Folder of the repository.
    environment
        Its ``FISHER_SPECTRA_IMAGE`` may name a file or an address such as ``docker://registry/fisher-spectra:0.1.0``.
    which
        Finds a program.
    conda
        Whether environments of conda are asked for as well.

    Raises
    ------
    UserError
        Without Apptainer, without an image, or with conda, which the image lacks.
    """
    if conda:
        raise UserError(f"{METHOD}: not together with conda: the image has every package")
    if not any(map(which, PROGRAMS)):
        raise UserError(f"{METHOD}: neither {' nor '.join(PROGRAMS)} is installed here")
    named = environment.get(VARIABLE)
    if named and "://" in named:
        return named
    file = Path(named) if named else root / IMAGE
    if not file.is_file():
        remedy = f"name another with {VARIABLE}" if named else f"apptainer build {root / IMAGE} {root / RECIPE}"
        raise UserError(f"{METHOD}: no image {file}; {remedy}")
    return str(file.absolute())
