"""The stand-in's way to the network: HTTP on the loopback interface, and every fault that HTTP can have.

What is answered is decided elsewhere; here it is only sent, or not.
"""

import json
import socket
import struct
import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from nbauth.testing.stand_in.faults import Fault, Faults, Trouble
from nbauth.testing.stand_in.requests import Answer, Refused

LOOPBACK = "127.0.0.1"

_JSON = "application/x-amz-json-1.1"
_SIGNED = "AWS4-HMAC-SHA256 "  # Signature Version 4; whose, nobody looks at
_PAGE = b"<html><head><title>Welcome</title></head><body><h1>Please wait</h1></body></html>"
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time: closing resets
_SKEW = {Fault.DATE_AHEAD: timedelta(minutes=20), Fault.DATE_BEHIND: timedelta(minutes=-20)}
_SKEW_OF_HOTELS = timedelta(days=-365)


@dataclass(frozen=True, slots=True)
class Service:
    """What a server needs of the service behind it.

    Attributes:
        receive: Takes note of a request, by its target and body, and returns what goes wrong with it.
        perform: Does what a request asks, given whether it is signed as AWS credentials sign.
        page: Returns what lies at a path; None for nothing.
        now: Tells the service's time.
        faults: What goes wrong.
    """

    receive: Callable[[str, bytes], Trouble]
    perform: Callable[[str, bytes, bool], Answer]
    page: Callable[[str], Answer | None]
    now: Callable[[], datetime]
    faults: Faults


class Server(ThreadingHTTPServer):
    """A server that runs from `start` to `stop`; stopping also ends the connections that clients keep open.

    Args:
        service: Decides what is answered.
        port: Where to listen; any free port where it is 0.
    """

    daemon_threads = True
    request_queue_size = 128  # connections that wait to be taken; the usual 5 turn a crowd away

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((LOOPBACK, port), _Handler)

    def start(self) -> None:
        """Begin to serve."""
        threading.Thread(target=self.serve_forever, args=(0.05,), name="stand-in", daemon=True).start()

    def stop(self) -> None:
        """Serve no more, from now on."""
        self.shutdown()
        self.server_close()
        self.service.faults.release()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, on a thread of its own."""
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection: at once, for the usual farewell would come before a reset."""
        with self._lock:
            self._connections.discard(request)
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what failed; that a client has gone is no failure."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "stand-in"
    sys_version = ""
    disable_nagle_algorithm = True  # or an answer would wait 40 ms for the client to acknowledge its headers

    def do_POST(self) -> None:
        service, target = self.server.service, self.headers.get("X-Amz-Target", "")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = service.receive(target, body)
        trouble.wait()
        failure = trouble.failure
        if isinstance(failure, Refused):
            self._send_refusal(failure)
        elif failure is None or not self._fails_before(failure):
            self._perform(target, body, failure)

    def do_GET(self) -> None:
        page = self.server.service.page(self.path)
        self._send(
            404 if page is None else 200, json.dumps(page or {"message": "Not found"}).encode(), "application/json"
        )

    def log_message(self, *_: object) -> None:
        """Say nothing: the calls are in the stand-in's own log."""

    def _fails_before(self, fault: Fault) -> bool:
        """Fail, if this fault comes before anything is done, and return whether it did."""
        match fault:
            case Fault.INTERNAL_ERROR:
                self._send_refusal(Refused("InternalErrorException", "Something went wrong", 500))
            case Fault.THROTTLED:
                self._send_refusal(Refused("TooManyRequestsException", "Rate exceeded"))
            case Fault.UNAVAILABLE:
                self._send(503, _PAGE, "text/html")
            case Fault.PORTAL:
                self._send(200, _PAGE, "text/html", skew=_SKEW_OF_HOTELS)
            case Fault.EMPTY:
                self._send(200, b"", "text/html", skew=_SKEW_OF_HOTELS)
            case Fault.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self._hang_up()
            case Fault.HANG:
                self._hang_up()
            case _:
                return False
        return True

    def _perform(self, target: str, body: bytes, fault: Fault | None) -> None:
        signed = self.headers.get("Authorization", "").startswith(_SIGNED)
        try:
            content = json.dumps(self.server.service.perform(target, body, signed)).encode()
        except Refused as refusal:
            self._send_refusal(refusal)
            return
        half = content[: len(content) // 2]
        match fault:
            case Fault.DROPPED:
                self._hang_up()
            case Fault.TRUNCATED:
                self._send(200, half, _JSON)
            case Fault.CUT_OFF:
                self._send(200, half, _JSON, length=len(content))
                self._hang_up()
            case _:
                self._send(200, content, _JSON, skew=_SKEW.get(fault, timedelta()) if fault else timedelta())

    def _hang_up(self) -> None:
        self.close_connection = True

    def _send_refusal(self, refusal: Refused) -> None:
        body = {"__type": refusal.code, "message": str(refusal)}
        self._send(refusal.status, json.dumps(body).encode(), _JSON, error=refusal)

    def _send(
        self,
        status: int,
        content: bytes,
        kind: str,
        *,
        length: int | None = None,
        skew: timedelta = timedelta(),
        error: Refused | None = None,
    ) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(self.server.service.now() + skew, usegmt=True))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        if kind == _JSON:
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if error:
            self.send_header("x-amzn-ErrorType", f"{error.code}:")
            # What a refusal quotes may be in any script, or hold a line break; a header takes neither.
            self.send_header("x-amzn-ErrorMessage", json.dumps(str(error))[1:-1])
        self.end_headers()
        self.wfile.write(content)
