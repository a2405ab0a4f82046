"""Answers that take a while and follow from values alone, kept from one start of the workflow to the next.

An answer is kept under a digest of the values, of the code that gives it and of the pinned environment: one that would
come out otherwise has another digest. What ends in an error is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fisher_spectra.common.atomic_files import write_text
from fisher_spectra.jobs.import_closure import closure_of_module
from fisher_spectra.jobs.parsed_sources import CACHE as PARSED
from fisher_spectra.jobs.parsed_sources import ParsedSources
from fisher_spectra.jobs.source_code import ROOT, environment_hash, fingerprints

CACHE = Path(".snakemake", "kept_answers.json")
_MOST = 100  # the latest: some for each scale and each value that a reader varies

Answer = TypeVar("Answer")


def kept_answer(function: Callable[..., Answer], *arguments: Any, depends_on: Any) -> Answer:
    """``function(*arguments)``, or what it gave before where nothing has changed that it depends on.

    Parameters
    ----------
    function
        One of a module of this library; its answer is plain data, as JSON has them.
    arguments
        What it is given.
    depends_on
        All that its answer depends on besides its code, as plain data: the arguments, or the digests of the files that
        they name.
    """
    if not CACHE.parent.is_dir():
        return function(*arguments)
    kept, digest = _kept(), _digest(function, depends_on)
    if digest not in kept:
        kept[digest] = function(*arguments)
        with contextlib.suppress(OSError):  # it saves time and no more
            write_text(CACHE, json.dumps(dict(list(kept.items())[-_MOST:])))
    answer: Answer = kept[digest]
    return answer


def _digest(function: Callable[..., Any], depends_on: Any) -> str:
    sources = ParsedSources(PARSED, still=True)
    code = fingerprints(closure_of_module(function.__module__, (ROOT / "src",), sources), ROOT, sources)
    content = [function.__module__, function.__qualname__, code, environment_hash(), depends_on]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _kept() -> dict[str, Any]:
    try:
        found = json.loads(CACHE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
