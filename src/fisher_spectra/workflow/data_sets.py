"""The data sets of a configuration, and what is asked of them, against what they hold: before the first job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fisher_spectra.common.errors import UserError, shown
from fisher_spectra.datasets.loading import load_dataset
from fisher_spectra.datasets.npz import npz_sizes
from fisher_spectra.datasets.registry import DATASETS, is_own_file
from fisher_spectra.datasets.user_data import number_held_out
from fisher_spectra.own_networks.inputs import GAUSSIAN
from fisher_spectra.workflow.places import mappings, refusal

# Arrays up to this are read as jobs will read them, in a tenth of a second; of larger ones the shapes alone.
READ_BYTES = 64 << 20

Section = Mapping[str, Any]


class Holds(NamedTuple):
    """What a data set holds; classes and values of one sample are not known of a large file."""

    training: int
    test: int
    classes: int | None
    values: int | None


def check_data_sets(configuration: Section) -> None:
    """Refuse data sets that there are not, files that no job could use, and more samples than there are.

    Raises
    ------
    UserError
        For the first fault, in the order of the keys.
    """
    known: dict[str, tuple[str, Path]] = {}
    for place, settings in mappings(configuration):
        dataset = settings.get("dataset")
        if isinstance(dataset, str) and not (dataset == GAUSSIAN and place.startswith("own.")):
            _check_dataset(f"{place}.dataset", dataset)
            if is_own_file(dataset):
                _check_name(f"{place}.dataset", dataset, known)
    for place, settings, online in _uses(configuration):
        _check_sizes(place, settings, online)


def _check_dataset(place: str, dataset: str) -> None:
    """Refuse what is neither a name of the registry nor a file of the user's."""
    said = f"configuration: {place} = {shown(dataset)}"
    if is_own_file(dataset):
        if {"{", "}"} & set(dataset):
            raise UserError(f"{said}: holds braces, in which Snakemake fills something in; give the file another name")
        if not Path(dataset).is_file():
            raise UserError(f"{said}: no such file, seen from {Path.cwd()}")
    elif dataset not in DATASETS:
        names = ", ".join(DATASETS)
        raise UserError(f"{said}: must be one of {names}, or the path of an .npz file with arrays x and y")


def _check_name(place: str, dataset: str, known: dict[str, tuple[str, Path]]) -> None:
    """Refuse two files of the reader's own with one name in two folders: tables could not tell them apart."""
    first, file = known.setdefault(Path(dataset).stem, (place, Path(dataset).resolve()))
    if file != Path(dataset).resolve():
        raise UserError(
            f"configuration: {place} = {dataset!r}: has the name of another file, that of {first}, and tables could "
            "not tell them apart; rename one"
        )


def _uses(configuration: Section) -> Iterator[tuple[str, Section, Section | None]]:
    """Experiments on data, with what online training shares where it is that."""
    for paper in ("karakida", "hayase_karakida"):
        section = configuration.get(paper, {})
        for name, settings in section.items():
            if "dataset" in settings:
                online = section["training"] if paper == "hayase_karakida" else None
                yield f"{paper}.{name}", settings, online


def _check_sizes(place: str, settings: Section, online: Section | None) -> None:
    dataset = settings["dataset"]
    holds = contents_of(place, dataset)
    title = dataset if is_own_file(dataset) else DATASETS[dataset].title
    where = f"{place}.samples" if online is None else "hayase_karakida.training.samples"
    samples = settings["samples"] if online is None else online["samples"]
    if samples > holds.training:
        raise refusal(where, samples, f"at most {holds.training}, the training samples of {title} ({place}.dataset)")
    if "inputs" in settings and settings["inputs"] > holds.test:
        raise refusal(f"{place}.inputs", settings["inputs"], f"at most {holds.test}, the test samples of {title}")
    if online is not None and holds.classes is not None and holds.values is not None and holds.classes > holds.values:
        must = f"a data set of at most as many classes as values of a sample: it has {holds.classes} and {holds.values}"
        raise refusal(f"{place}.dataset", dataset, must)


def contents_of(place: str, dataset: str) -> Holds:
    """What a data set holds, from the registry or from its file.

    Raises
    ------
    UserError
        If no job could use the file.
    """
    if not is_own_file(dataset):
        named = DATASETS[dataset]
        return Holds(named.training_samples, named.test_samples, named.classes, named.pixels)
    file = Path(dataset)
    try:
        sizes = npz_sizes(file)
        if sum(size for _, size in sizes.values()) <= READ_BYTES:
            data = load_dataset(file)
            return Holds(len(data.x_train), len(data.x_test), data.n_classes, data.n_features)
    except UserError as error:
        raise UserError(f"configuration: {place}.dataset: {error}") from error
    number = {name: shape[0] for name, (shape, _) in sizes.items() if shape}
    if "x_train" in number:
        return Holds(number["x_train"], number.get("x_test", 0), None, None)
    test = number_held_out(number.get("x", 0))
    return Holds(number.get("x", 0) - test, test, None, None)
