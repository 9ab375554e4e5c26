"""A Cognito that is 40 ms away over TLS: the stand-in, behind a proxy that makes every round trip take its time.

Whoever connects waits one round trip for TCP and one for TLS 1.3, and one for each request, as over a real distance.
"""

import asyncio
import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nbauth.testing import StandIn

LOOPBACK = "127.0.0.1"
ROUND_TRIP = 0.04  # seconds


@dataclass
class Traffic:
    """What went through.

    Attributes:
        connections: How many were opened.
        requests: How many were sent.
        served: How many seconds the service itself took for them.
    """

    connections: int = 0
    requests: int = 0
    served: float = 0.0

    @property
    def round_trips(self) -> int:
        """How often somebody waited for the distance: two for a connection, one for a request."""
        return 2 * self.connections + self.requests


@dataclass
class FarService:
    """The stand-in, and the way to it.

    Attributes:
        cognito: The stand-in.
        endpoint_url: Where it is, from afar.
        bundle: The file with the certificates to trust.
        traffic: What went through since the last `reset`.
    """

    cognito: StandIn
    endpoint_url: str
    bundle: Path
    traffic: Traffic

    def reset(self) -> None:
        self.traffic.connections = self.traffic.requests = 0
        self.traffic.served = 0.0


@contextmanager
def running_far_service(folder: Path) -> Iterator[FarService]:
    """Run it for the length of a `with` block.

    Args:
        folder: Where the certificates go.
    """
    context, bundle = _certified(folder)
    with StandIn() as cognito:
        proxy = _Proxy(context, urlsplit(cognito.endpoint_url).port or 0)
        proxy.start()
        yield FarService(cognito, f"https://{LOOPBACK}:{proxy.port}", bundle, proxy.traffic)
        proxy.stop()


class _Proxy:
    """Two servers in a row: the outer one delays bytes, the inner one ends TLS and passes on to the service."""

    def __init__(self, context: ssl.SSLContext, service: int) -> None:
        self._context = context
        self._service = service
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.traffic = Traffic()
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self) -> None:
        inner = await asyncio.start_server(self._end_tls, LOOPBACK, 0, ssl=self._context)
        self._inner = inner.sockets[0].getsockname()[1]
        outer = await asyncio.start_server(self._delay, LOOPBACK, 0)
        self.port = outer.sockets[0].getsockname()[1]

    async def _delay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.traffic.connections += 1
        connected = self._loop.time() + ROUND_TRIP
        near, far = await asyncio.open_connection(LOOPBACK, self._inner)
        await asyncio.gather(self._carry(reader, far, connected), self._carry(near, writer, connected))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connected: float) -> None:
        while data := await _received(reader):
            arrives = max(self._loop.time(), connected) + ROUND_TRIP / 2
            self._loop.call_at(arrives, writer.write, data)
        self._loop.call_at(self._loop.time() + ROUND_TRIP, writer.close)

    async def _end_tls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, service = await asyncio.open_connection(LOOPBACK, self._service)
        await asyncio.gather(self._ask(reader, service), self._answer(answers, writer))

    async def _ask(self, reader: asyncio.StreamReader, service: asyncio.StreamWriter) -> None:
        while data := await _received(reader):
            if data.startswith((b"POST ", b"GET ")):
                self.traffic.requests += 1
            self._asked = time.perf_counter()
            service.write(data)
        service.close()

    async def _answer(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await _received(answers):
            self.traffic.served += time.perf_counter() - self._asked
            self._asked = time.perf_counter()
            writer.write(data)
        writer.close()


async def _received(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except OSError:
        return b""


def _certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return how to serve with a certificate that is good for a day, and a bundle of the usual size that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "far away")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    served, bundle = folder / "served.pem", folder / "bundle.pem"
    served.write_bytes(private + public)
    bundle.write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes() + public)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(served)
    return context, bundle
