"""What the workflow keeps of slow checks: nothing but answers, and none that could come out otherwise now."""

from __future__ import annotations

import pytest

from fisher_spectra.common.errors import UserError
from fisher_spectra.workflow import kept_answers
from fisher_spectra.workflow.kept_answers import CACHE, kept_answer


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """A folder with a place for what is kept, and the numbers that `doubled` was called with."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / CACHE).parent.mkdir()
    return []


def asking(calls):
    def doubled(number):
        calls.append(number)
        if number < 0:
            raise UserError("negative")
        return 2 * number

    doubled.__module__ = "fisher_spectra.common.digests"  # whose code counts
    return doubled


def test_an_answer_is_asked_for_once(calls):
    doubled = asking(calls)
    assert [kept_answer(doubled, 3, depends_on=3) for _ in range(3)] == [6, 6, 6]
    assert kept_answer(doubled, 4, depends_on=4) == 8
    assert calls == [3, 4]


@pytest.mark.parametrize("changed", ["environment_hash", "fingerprints"])
def test_other_code_and_another_environment_are_asked_again(calls, monkeypatch, changed):
    doubled = asking(calls)
    kept_answer(doubled, 3, depends_on=3)
    monkeypatch.setattr(kept_answers, changed, lambda *_: {"another": "one"})
    kept_answer(doubled, 3, depends_on=3)
    assert calls == [3, 3]


def test_what_was_refused_is_refused_again(calls):
    doubled = asking(calls)
    for _ in range(2):
        with pytest.raises(UserError, match="negative"):
            kept_answer(doubled, -1, depends_on=-1)
    assert calls == [-1, -1]


@pytest.mark.parametrize("content", ["", "[1]", '{"a": ', "\0"])
def test_what_cannot_be_read_is_asked_again(calls, content):
    doubled = asking(calls)
    kept_answer(doubled, 3, depends_on=3)
    CACHE.write_text(content)
    assert kept_answer(doubled, 3, depends_on=3) == 6
    assert calls == [3, 3]


def test_without_a_place_nothing_is_kept(calls):
    doubled = asking(calls)
    CACHE.parent.rmdir()
    assert [kept_answer(doubled, 3, depends_on=3) for _ in range(2)] == [6, 6]
    assert calls == [3, 3]
    assert not CACHE.exists()
