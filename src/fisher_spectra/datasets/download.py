"""One file over HTTP: bounded in size, retried when the failure may pass, resumed where the server allows it."""

from __future__ import annotations

import errno
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

import requests
import urllib3.exceptions

from fisher_spectra.common.progress import Progress

CHUNK = 1 << 17  # bytes between two steps of the progress display
PASSING_STATUS = frozenset({408, 425, 429})  # RFC 9110, 8470 and 6585: besides 5xx, worth another attempt


@dataclass(frozen=True)
class RetryPolicy:
    """How patient a download is.

    Attributes
    ----------
    attempts
        Number of attempts for each address, at least 1.
    first_pause, longest_pause
        Seconds before the second attempt; doubled from attempt to attempt up to the longest.
    connect_timeout, read_timeout
        Seconds without a connection, and without a single byte, after which an attempt is given up.
    """

    attempts: int = 4
    first_pause: float = 1.0
    longest_pause: float = 30.0
    connect_timeout: float = 15.0
    read_timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts = {self.attempts}: must be at least 1")

    def pause(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt number `attempt` (1, 2, ...)."""
        return float(min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1)))


class DownloadError(Exception):
    """A download that failed for good; the message says why, in a few words."""


class _PassingFailure(Exception):
    """A failure that another attempt may not meet."""


def download(
    address: str,
    target: Path,
    *,
    largest: int,
    label: str,
    policy: RetryPolicy | None = None,
    stream: TextIO | None = None,
) -> None:
    """Download one file.

    Connection errors, time-outs, broken or short answers and the server errors 5xx, 408, 425 and 429 are tried
    again with exponentially growing pauses; a file that is not there (404), an untrusted certificate or an answer
    that is too large are not. A broken transfer goes on from where it stopped if the server offers that and vouches,
    by its entity tag, that the file is still the same.

    Parameters
    ----------
    address
        The URL.
    target
        File to write; overwritten. On failure it is left in an unknown state: give a temporary name.
    largest
        Most bytes to accept.
    label
        Name of the work in the progress lines.
    policy
        Patience.
    stream
        Where progress and retries are reported; standard error if not given.

    Raises
    ------
    DownloadError
        If the file could not be had.
    OSError
        If `target` cannot be written.
    """
    patience = policy or RetryPolicy()
    # An explicit identity encoding: the bytes are to be those of the published file, whose checksum is known.
    with target.open("wb") as file, requests.Session() as session:
        session.headers["Accept-Encoding"] = "identity"
        transfer = _Transfer(session, address, file, largest, label, patience, stream)
        for attempt in range(1, patience.attempts + 1):
            try:
                transfer.attempt()
                return
            except _PassingFailure as failure:
                reason = str(failure)
            if attempt < patience.attempts:
                pause = patience.pause(attempt)
                print(
                    f"{label}: {reason}; attempt {attempt + 1} of {patience.attempts} in {pause:g} s",
                    file=stream or sys.stderr,
                    flush=True,
                )
                time.sleep(pause)
    raise DownloadError(f"{reason}, {patience.attempts} attempt{'s' if patience.attempts > 1 else ''}")


class _Transfer:
    """The state of a download that outlives an attempt: what has arrived, and of which version of the file."""

    def __init__(
        self,
        session: requests.Session,
        address: str,
        file: BinaryIO,
        largest: int,
        label: str,
        policy: RetryPolicy,
        stream: TextIO | None,
    ) -> None:
        self._session = session
        self._address = address
        self._file = file
        self._largest = largest
        self._label = label
        self._policy = policy
        self._stream = stream
        self._entity_tag: str | None = None

    def attempt(self) -> None:
        """One request, to the end of the file."""
        arrived = self._file.tell()
        headers = {}
        if arrived and self._entity_tag:
            headers = {"Range": f"bytes={arrived}-", "If-Range": self._entity_tag}
        timeout = (self._policy.connect_timeout, self._policy.read_timeout)
        try:
            response = self._session.get(self._address, headers=headers, stream=True, timeout=timeout)
        except requests.RequestException as error:
            raise _failure(error, self._policy) from error
        with response:
            self._check_status(response)
            if response.status_code == 206 and not _continues(response, arrived):
                self._entity_tag = None  # so that the next attempt asks for the whole file
                raise _PassingFailure("the server sent another part of the file than was asked for")
            if response.status_code == 200:
                arrived = 0
                self._file.seek(0)
                self._file.truncate()
            tag = response.headers.get("ETag", "")
            self._entity_tag = tag if tag.startswith('"') else None  # a weak tag does not promise equal bytes
            self._receive(response, arrived)

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status == 416:  # the part that was asked for does not exist: the file has changed, start anew
            self._file.seek(0)
            self._file.truncate()
            raise _PassingFailure("the file changed between two attempts")
        if status in PASSING_STATUS or status >= 500:
            raise _PassingFailure(f"HTTP {status} {response.reason}".strip())
        if status not in (200, 206):
            raise DownloadError(f"HTTP {status} {response.reason}".strip())

    def _receive(self, response: requests.Response, arrived: int) -> None:
        announced = response.headers.get("Content-Length", "")
        length = arrived + int(announced) if announced.isdecimal() else None
        if length is not None and length > self._largest:
            raise DownloadError(f"the server offers {length} bytes, more than the {self._largest} of such a file")
        with Progress(length or self._largest, self._label, self._stream) as progress:
            progress.advance(arrived)
            for chunk in self._chunks(response):
                arrived += len(chunk)
                if arrived > self._largest:
                    raise DownloadError(f"the server sends more than {self._largest} bytes")
                self._file.write(chunk)
                progress.advance(len(chunk), f"{arrived / 1e6:.1f} MB")
        if length is not None and arrived < length:
            raise _PassingFailure(f"the connection ended after {arrived} of {length} bytes")

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        chunks = response.raw.stream(CHUNK, decode_content=False)
        while True:
            try:
                chunk = next(chunks, b"")
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise _failure(error, self._policy) from error
            if not chunk:
                return
            yield chunk


def _continues(response: requests.Response, arrived: int) -> bool:
    return arrived > 0 and response.headers.get("Content-Range", "").startswith(f"bytes {arrived}-")


def _failure(error: Exception, policy: RetryPolicy) -> _PassingFailure | DownloadError:
    """What went wrong, in a few words, and whether it may pass."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return DownloadError("the server's certificate is not trusted")
    if any(isinstance(cause, socket.gaierror | urllib3.exceptions.NameResolutionError) for cause in causes):
        return _PassingFailure("the host name cannot be resolved (no network?)")
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return _PassingFailure("connection refused")
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return _PassingFailure("the network cannot be reached")
        if isinstance(cause, urllib3.exceptions.ConnectTimeoutError | requests.ConnectTimeout):
            return _PassingFailure(f"no connection within {policy.connect_timeout:g} s")
        if isinstance(cause, TimeoutError | urllib3.exceptions.ReadTimeoutError | requests.ReadTimeout):
            return _PassingFailure(f"nothing arrived within {policy.read_timeout:g} s")
        if isinstance(cause, urllib3.exceptions.IncompleteRead):
            return _PassingFailure("the connection ended before the whole file had arrived")
    if isinstance(error, ValueError | requests.TooManyRedirects):  # requests' errors about the address are both
        return DownloadError(_line(error))
    return _PassingFailure(f"the connection broke ({_line(causes[-1])})")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, outermost first; urllib3 keeps causes in `reason` and in the arguments."""
    waiting, seen = [error], set[int]()
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        waiting.extend(entry for entry in inner if isinstance(entry, BaseException))


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
