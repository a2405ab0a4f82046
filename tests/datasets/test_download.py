"""One file over HTTP from a server that fails."""

from __future__ import annotations

import gzip
import io
import socket
import time

import numpy as np
import pytest
from failing_server import drop, drop_chunked, endless, failing_server, serve, serve_parts, stall, status

from fisher_spectra.datasets.download import DownloadError, RetryPolicy, download

SIZE = 300_000
CONTENT = np.random.default_rng(0).bytes(SIZE)
EAGER = RetryPolicy(attempts=3, first_pause=0.0)
IMPATIENT = RetryPolicy(attempts=3, first_pause=0.0, read_timeout=0.4)  # only where the server falls silent


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module")
def server():
    with failing_server() as running:
        yield running


def fetch(server, tmp_path, *behaviours, largest=SIZE, policy=EAGER):
    """Content that arrives, number of requests, and what was reported."""
    path = f"/{tmp_path.name}"
    server.plan[path] = list(behaviours)
    server.asked.pop(path, None)
    report = io.StringIO()
    target = tmp_path / "file"
    try:
        download(server.address + path, target, largest=largest, label="file", policy=policy, stream=report)
    except DownloadError as error:
        return str(error), len(server.asked[path]), report.getvalue()
    return target.read_bytes(), len(server.asked[path]), report.getvalue()


def test_file_arrives_byte_for_byte_in_one_request(server, tmp_path):
    assert fetch(server, tmp_path, serve(CONTENT)) == (CONTENT, 1, "")


@pytest.mark.parametrize(
    "failure",
    [
        status(500),
        status(503),
        status(429),
        drop(CONTENT, 100_000),
        drop(CONTENT, 0),
        drop_chunked(CONTENT, 70_000),
    ],
    ids=["500", "503", "429", "short", "nothing", "broken chunks"],
)
def test_failure_that_passes_is_retried_and_reported(server, tmp_path, failure):
    content, requests, report = fetch(server, tmp_path, failure, failure, serve(CONTENT))
    assert content == CONTENT
    assert requests == 3
    lines = report.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("file: ")
    assert lines[0].endswith("attempt 2 of 3 in 0 s")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (status(500), "HTTP 500 Internal Server Error, 3 attempts"),
        (drop(CONTENT, 100_000), "the connection ended before the whole file had arrived, 3 attempts"),
    ],
)
def test_failure_that_does_not_pass_is_given_up_after_the_attempts_allowed(server, tmp_path, failure, reason):
    assert fetch(server, tmp_path, failure)[:2] == (reason, 3)


@pytest.mark.parametrize("after", [0, 100_000])
def test_server_that_falls_silent_is_given_up_after_the_time_out_and_asked_again(server, tmp_path, after):
    content, requests, report = fetch(server, tmp_path, stall(CONTENT, after), serve(CONTENT), policy=IMPATIENT)
    assert (content, requests) == (CONTENT, 2)
    assert report == "file: nothing arrived within 0.4 s; attempt 2 of 3 in 0 s\n"


def test_server_that_stays_silent_is_given_up(server, tmp_path):
    answer = fetch(server, tmp_path, stall(CONTENT, 100_000), policy=IMPATIENT)
    assert answer[:2] == ("nothing arrived within 0.4 s, 3 attempts", 3)


def test_slow_server_that_keeps_sending_is_waited_for(server, tmp_path):
    def slow(handler):
        handler.start(200, 8)
        for k in range(8):
            handler.wfile.write(CONTENT[k : k + 1])
            handler.wfile.flush()
            time.sleep(0.1)

    content, requests, _ = fetch(server, tmp_path, slow, policy=IMPATIENT)  # 0.8 s in all, silences of 0.1 s
    assert (content, requests) == (CONTENT[:8], 1)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(404, "HTTP 404 Not Found"), (403, "HTTP 403 Forbidden"), (410, "HTTP 410 Gone"), (204, "HTTP 204 No Content")],
)
def test_file_that_is_not_there_is_asked_for_once(server, tmp_path, code, reason):
    assert fetch(server, tmp_path, status(code)) == (reason, 1, "")


def test_redirect_is_followed(server, tmp_path):
    server.plan["/elsewhere"] = [serve(CONTENT)]
    assert fetch(server, tmp_path, status(302, Location="/elsewhere"))[0] == CONTENT


def test_redirect_in_a_circle_is_given_up_at_once(server, tmp_path):
    reason, _, report = fetch(server, tmp_path, status(302, Location=f"/{tmp_path.name}"))
    assert "redirects" in str(reason)
    assert report == ""


def test_file_announced_as_too_large_is_refused_without_reading_it(server, tmp_path):
    reason, requests, _ = fetch(server, tmp_path, serve(CONTENT), largest=1000)
    assert reason == "the server offers 300000 bytes, more than the 1000 of such a file"
    assert requests == 1


def test_file_without_end_is_cut_off(server, tmp_path):
    reason, requests, _ = fetch(server, tmp_path, endless(bytes(50_000)), largest=200_000)
    assert reason == "the server sends more than 200000 bytes"
    assert requests == 1
    assert (tmp_path / "file").stat().st_size <= 200_000


def test_compressed_file_is_kept_compressed_whatever_the_server_says_about_its_encoding(server, tmp_path):
    packed = gzip.compress(CONTENT)
    content, _, _ = fetch(server, tmp_path, serve(packed, Content_Encoding="gzip"), largest=len(packed))
    assert content == packed


def test_broken_transfer_goes_on_from_where_it_stopped(server, tmp_path):
    content, requests, _ = fetch(server, tmp_path, drop(CONTENT, 200_000, ETag='"v1"'), serve_parts(CONTENT))
    assert content == CONTENT
    assert requests == 2
    second = server.asked[f"/{tmp_path.name}"][1]
    assert second["If-Range"] == '"v1"'
    first_missing = int(second["Range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < first_missing <= 200_000


@pytest.mark.parametrize("tag", ['W/"v1"', None])
def test_broken_transfer_without_a_strong_entity_tag_starts_anew(server, tmp_path, tag):
    headers = {"ETag": tag} if tag else {}
    content, requests, _ = fetch(server, tmp_path, drop(CONTENT, 200_000, **headers), serve(CONTENT))
    assert content == CONTENT
    assert requests == 2
    assert "Range" not in server.asked[f"/{tmp_path.name}"][1]


def test_file_that_changes_between_two_attempts_is_never_mixed(server, tmp_path):
    other = CONTENT[::-1]
    content, _, _ = fetch(server, tmp_path, drop(CONTENT, 200_000, ETag='"v1"'), serve_parts(other, tag='"v2"'))
    assert content == other


def test_shorter_file_in_the_second_attempt_is_not_followed_by_the_rest_of_the_first(server, tmp_path):
    content, _, _ = fetch(server, tmp_path, drop(CONTENT, 200_000), serve(CONTENT[:1000]))
    assert content == CONTENT[:1000]


def test_part_that_was_not_asked_for_is_not_taken(server, tmp_path):
    def wrong_part(handler):
        handler.start(206, 10, ETag='"v1"', Content_Range=f"bytes 5-14/{len(CONTENT)}")
        handler.wfile.write(CONTENT[5:15])

    content, requests, report = fetch(server, tmp_path, drop(CONTENT, 200_000, ETag='"v1"'), wrong_part, serve(CONTENT))
    assert content == CONTENT
    assert requests == 3
    assert "another part of the file" in report


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_refused_connection_is_named(tmp_path):
    address = f"http://127.0.0.1:{free_port()}/file"
    with pytest.raises(DownloadError) as error:
        download(address, tmp_path / "file", largest=10, label="file", policy=EAGER, stream=io.StringIO())
    assert str(error.value) == "connection refused, 3 attempts"


def test_missing_network_is_named(tmp_path, monkeypatch):
    def no_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_name)
    with pytest.raises(DownloadError) as error:
        download(
            "http://data.example/file", tmp_path / "file", largest=10, label="f", policy=EAGER, stream=io.StringIO()
        )
    assert str(error.value) == "the host name cannot be resolved (no network?), 3 attempts"


@pytest.mark.parametrize("address", ["nonsense", "http://", "ftp://127.0.0.1/file", "http://[bad/file"])
def test_address_that_makes_no_sense_is_not_retried(tmp_path, address):
    report = io.StringIO()
    with pytest.raises(DownloadError) as error:
        download(address, tmp_path / "file", largest=10, label="file", policy=EAGER, stream=report)
    assert "\n" not in str(error.value)
    assert report.getvalue() == ""


def test_target_that_cannot_be_written_is_an_error_of_the_system(server, tmp_path):
    with pytest.raises(OSError, match="No such file or directory"):
        download(server.address, tmp_path / "missing" / "file", largest=10, label="file", policy=EAGER)


def test_pauses_double_up_to_the_longest():
    policy = RetryPolicy(attempts=6, first_pause=1.0, longest_pause=5.0)
    assert [policy.pause(k) for k in range(1, 6)] == [1, 2, 4, 5, 5]


def test_pause_is_taken_between_two_attempts_and_not_after_the_last(server, tmp_path):
    policy = RetryPolicy(attempts=3, first_pause=0.1, longest_pause=0.1)
    start = time.monotonic()
    fetch(server, tmp_path, status(500), policy=policy)
    assert time.monotonic() - start >= 0.2


def test_no_attempt_at_all_is_refused():
    with pytest.raises(ValueError, match="attempts = 0: must be at least 1"):
        RetryPolicy(attempts=0)
