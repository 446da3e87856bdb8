"""A provider on this machine: answers as scripted, and remembers what it was asked, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; parameters of a form beside those of the address."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]
    at: float


@dataclass
class Reply:
    """What is sent back; `cut` sends only so many bytes of a longer promised body."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip_s: float = 0.0
    delay_s: float = 0.0
    chunked: bool = False

    @property
    def data(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


Answer = Callable[[Asked], Reply]


class Server:
    """A running server: `url`, and everything `asked` of it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = server.note(self)
                reply = server.answer(asked)
                time.sleep(reply.delay_s)
                try:
                    self._send(reply)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_POST = do_GET  # noqa: N815

            def _send(self, reply: Reply) -> None:
                self.close_connection = True
                self.send_response(reply.status)
                length = {"Content-Length": str(len(reply.data))}
                sized = {"Transfer-Encoding": "chunked"} if reply.chunked else length
                for name, value in {"Connection": "close", **sized, **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                data = reply.data if reply.cut is None else reply.data[: reply.cut]
                step = 1 if reply.drip_s else max(1, len(data))
                for start in range(0, len(data), step):
                    piece = data[start : start + step]
                    self.wfile.write(
                        b"%x\r\n%s\r\n" % (len(piece), piece) if reply.chunked else piece
                    )
                    self.wfile.flush()
                    time.sleep(reply.drip_s)
                if reply.chunked and reply.cut is None:
                    self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_: object) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def note(self, handler: BaseHTTPRequestHandler) -> Asked:
        split = urlsplit(handler.path)
        form = handler.rfile.read(int(handler.headers.get("Content-Length", 0))).decode()
        params = dict(parse_qsl(f"{split.query}&{form}", keep_blank_values=True))
        asked = Asked(split.path, params, dict(handler.headers), time.monotonic())
        with self._lock:
            self.asked.append(asked)
        return asked


@contextmanager
def serving(answer: Answer):
    """Serve until the block ends."""
    server = Server(answer)
    thread = threading.Thread(target=server._http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server._http.shutdown()
        server._http.server_close()
        thread.join()
