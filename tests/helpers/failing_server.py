"""A web server on the loopback interface that serves files, and fails in every way the tests ask for."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers the k-th request for a path with the k-th behaviour planned for it; the last one repeats."""

    protocol_version = "HTTP/1.1"
    server: FailingServer

    def do_GET(self) -> None:
        self.close_connection = True
        asked = self.server.asked[self.path]
        asked.append(dict(self.headers.items()))
        planned = self.server.plan.get(self.path, [status(404)])
        planned[min(len(asked), len(planned)) - 1](self)

    def start(self, code: int, length: int | None, **headers: str) -> None:
        self.send_response(code)
        self.send_header("Connection", "close")
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class FailingServer(ThreadingHTTPServer):
    """Server with a plan for each path and a record of the headers of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.plan: dict[str, list[Behaviour]] = {}
        self.asked: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        self.released = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests want: no trace on the terminal."""


@contextmanager
def failing_server() -> Iterator[FailingServer]:
    """A running server."""
    server = FailingServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def serve(content: bytes, **headers: str) -> Behaviour:
    """The whole content."""

    def behave(handler: Handler) -> None:
        handler.start(200, len(content), **headers)
        handler.wfile.write(content)

    return behave


def serve_parts(content: bytes, tag: str = '"v1"') -> Behaviour:
    """The whole content, or the part from where the client stopped if it names the right version."""

    def behave(handler: Handler) -> None:
        first = 0
        if handler.headers.get("If-Range") == tag:
            first = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if first:
            place = f"bytes {first}-{len(content) - 1}/{len(content)}"
            handler.start(206, len(content) - first, ETag=tag, Content_Range=place)
        else:
            handler.start(200, len(content), ETag=tag)
        handler.wfile.write(content[first:])

    return behave


def drop(content: bytes, after: int, **headers: str) -> Behaviour:
    """Announces the whole content and hangs up in the middle."""

    def behave(handler: Handler) -> None:
        handler.start(200, len(content), **headers)
        handler.wfile.write(content[:after])

    return behave


def drop_chunked(content: bytes, after: int) -> Behaviour:
    """Sends in chunks, without a length, and hangs up before the last chunk."""

    def behave(handler: Handler) -> None:
        handler.start(200, None, Transfer_Encoding="chunked")
        handler.wfile.write(f"{after:x}\r\n".encode() + content[:after] + b"\r\n")

    return behave


def stall(content: bytes, after: int) -> Behaviour:
    """Falls silent in the middle, with the connection open."""

    def behave(handler: Handler) -> None:
        handler.start(200, len(content))
        handler.wfile.write(content[:after])
        handler.wfile.flush()
        assert isinstance(handler.server, FailingServer)
        handler.server.released.wait(10)

    return behave


def status(code: int, **headers: str) -> Behaviour:
    """An answer without a file."""

    def behave(handler: Handler) -> None:
        handler.start(code, 0, **headers)

    return behave


def endless(block: bytes) -> Behaviour:
    """Sends without a length for as long as the client listens."""

    def behave(handler: Handler) -> None:
        handler.start(200, None)
        try:
            for _ in range(10_000):
                handler.wfile.write(block)
        except OSError:
            pass

    return behave
