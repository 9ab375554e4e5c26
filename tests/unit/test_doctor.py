"""The doctor finds what is wrong, says it in a line, and never makes it worse."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from traitlets.config import Config

from nbauth import kernel
from nbauth.core.config import AuthConfig
from nbauth.demo.processes import LOOPBACK
from nbauth.doctor import Diagnosis, Finding, Verdict, diagnose
from nbauth.errors import ConfigError
from nbauth.traits import NbAuth

POOL = "eu-west-1_Example01"


@pytest.fixture
def service() -> Iterator[Callable[..., str]]:
    """Starts an HTTP service that answers everything in the same way, and returns its URL."""
    servers = []

    def start(status: int = 200, date: datetime | str | None = None) -> str:
        stamp = format_datetime(date or datetime.now(UTC)) if not isinstance(date, str) else date

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(status)
                self.send_header("Date", stamp)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                pass

        server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return f"http://{LOOPBACK}:{server.server_address[1]}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


def config(endpoint_url: str, **changes: object) -> AuthConfig:
    settings = {
        "user_pool_id": POOL,
        "client_id": "abc",
        "identity_pool_id": "eu-west-1:1",
        "endpoint_url": endpoint_url,
    }
    return AuthConfig(**settings | changes)


def examined(settings: AuthConfig | ConfigError) -> Diagnosis:
    return diagnose(settings, store="memory", account="default")


def test_what_a_platform_has_made_its_own_is_told_and_what_is_wrong_there(service, monkeypatch):
    monkeypatch.setenv("NBAUTH_TITLE", "Ours")
    monkeypatch.setenv("NBAUTH_HELP_URL", "javascript:alert(1)")
    companies = {"google": {"label": "Google", "token": "sentinel:function"}}
    traits = NbAuth(config=Config(NbAuth=Config(company_sign_in=companies)))
    diagnosis = diagnose(config(service()), traits=traits)
    assert diagnosis.healthy
    assert "title = Ours (from NBAUTH_TITLE)" in found(diagnosis, Verdict.GOOD)
    google = "company_sign_in = Google (accounts.google.com) (from c.NbAuth.company_sign_in)"
    assert google in found(diagnosis, Verdict.GOOD)
    assert any(note.startswith("help_url from NBAUTH_HELP_URL is left") for note in found(diagnosis, Verdict.NOTE))
    bad = found(diagnose(config(service(), identity_pool_id=None), traits=traits), Verdict.BAD)
    assert bad == ["company_sign_in is set, and identity_pool_id is not: it is the identity pool that lets them in"]


def found(diagnosis: Diagnosis, verdict: Verdict) -> list[str]:
    return [finding.text for finding in diagnosis.findings if finding.verdict is verdict]


def test_where_nothing_is_wrong_the_diagnosis_is_healthy(service):
    url = service()
    diagnosis = examined(config(url))
    assert diagnosis.healthy
    good = found(diagnosis, Verdict.GOOD)
    assert f"the user pool answers at {url}/{POOL}/.well-known/jwks.json" in good
    assert f"the identity pool's service answers at {url}" in good
    assert "this machine's clock agrees with the service's" in good


def test_each_setting_is_named_with_where_it_comes_from_and_no_secret(service):
    shown = repr(examined(config(service(), client_secret="sentinel")))
    assert f"user_pool_id = {POOL} (from the defaults)" in shown
    assert "region = eu-west-1 (from user_pool_id)" in shown
    assert "client_secret = •••" in shown
    assert "sentinel" not in shown
    assert "the sign-in is kept as account 'default' in the store 'memory'" in shown


def test_a_store_that_is_not_encrypted_is_named_as_that(service):
    shown = repr(diagnose(config(service()), store="file"))
    assert "the sign-in is kept as account 'default' in the store 'file', which is not encrypted" in shown


def test_a_pool_that_is_not_there_is_found(service):
    url = service(status=404)
    (bad,) = found(examined(config(url)), Verdict.BAD)
    assert bad == f"there is no user pool {POOL} at {url}/{POOL}/.well-known/jwks.json (HTTP 404)"


def test_a_service_in_trouble_is_not_taken_for_a_missing_pool(service):
    url = service(status=503)
    (bad,) = found(examined(config(url)), Verdict.BAD)
    assert bad.startswith("the user pool's service is in trouble")
    assert bad.endswith("(HTTP 503): try again later")


def test_an_endpoint_that_is_down_is_found_for_both_services(nobody):
    bad = found(examined(config(f"http://{nobody}")), Verdict.BAD)
    assert [line.partition(" cannot be reached")[0] for line in bad] == ["the user pool", "the identity pool's service"]
    assert all("EndpointConnectionError" in line for line in bad)


@pytest.mark.parametrize("minutes", [-7, 7, 600])
def test_a_clock_that_is_off_is_found(service, minutes):
    url = service(date=datetime.now(UTC) - timedelta(minutes=minutes))
    (bad,) = found(examined(config(url)), Verdict.BAD)
    assert bad.startswith("this machine's clock is off by")
    assert bad.endswith("AWS refuses its requests; set the clock")


@pytest.mark.parametrize("seconds", [-120, 120])
def test_a_clock_that_is_a_little_off_stands_in_nobodys_way(service, seconds):
    diagnosis = examined(config(service(date=datetime.now(UTC) - timedelta(seconds=seconds))))
    assert diagnosis.healthy
    (note,) = [line for line in found(diagnosis, Verdict.NOTE) if "clock" in line]
    assert note.endswith("nbauth allows for it, and AWS still takes its requests")


@pytest.mark.parametrize("date", ["yesterday", "Mon, 04 May 2026 12:00:00 -0000", "x" * 1000])
def test_a_date_that_makes_no_sense_is_no_finding(service, date):
    diagnosis = examined(config(service(date=date)))
    assert diagnosis.healthy
    assert "clock" not in repr(diagnosis)


def test_a_configuration_that_cannot_be_read_is_a_finding():
    diagnosis = examined(ConfigError("the file is not JSON"))
    assert found(diagnosis, Verdict.BAD) == ["the file is not JSON"]
    assert not diagnosis.healthy


def test_no_configuration_is_a_finding():
    (bad,) = found(examined(AuthConfig()), Verdict.BAD)
    assert "There is nothing to sign in to" in bad


def test_a_region_where_no_client_can_be_made_is_a_finding(service, monkeypatch):
    import nbauth.cognito.client

    def refuse(*args):
        raise ConfigError("No connection to Cognito can be set up: odd region")

    monkeypatch.setattr(nbauth.cognito.client, "_make", refuse)
    assert found(examined(config(service())), Verdict.BAD) == ["No connection to Cognito can be set up: odd region"]


def test_what_is_not_configured_is_noted_and_not_looked_for(service):
    url = service()
    users_only = examined(config(url, identity_pool_id=None))
    assert any("no AWS credentials" in line for line in found(users_only, Verdict.NOTE))
    guests_only = examined(AuthConfig(identity_pool_id="eu-west-1:1", endpoint_url=url))
    assert any("only guests" in line for line in found(guests_only, Verdict.NOTE))
    assert "jwks" not in repr(guests_only)
    assert guests_only.healthy


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("nbauth.doctor._PACKAGES", ("nbauth", "no-such-package-as-this"))
    versions = examined(AuthConfig()).findings[0]
    assert versions.text.startswith("nbauth ")
    assert versions.text.endswith("no no-such-package-as-this")


@pytest.mark.parametrize(
    ("running", "somebody", "waits", "says"),
    [
        (None, False, False, "no kernel here"),
        (object(), False, False, "nobody can be asked here"),
        (object(), True, True, "can show the sign-in and wait for it"),
        (object(), True, False, "asks over the cell's input instead"),
    ],
)
def test_the_front_end_is_described(monkeypatch, running, somebody, waits, says):
    monkeypatch.setattr(kernel, "current_kernel", lambda: running)
    monkeypatch.setattr(kernel, "somebody_there", lambda: somebody)
    monkeypatch.setattr(kernel, "can_wait", lambda: waits)
    assert says in examined(AuthConfig()).findings[1].text


def test_a_diagnosis_shows_as_text_a_line_each():
    findings = (Finding(Verdict.GOOD, "a"), Finding(Verdict.NOTE, "b"), Finding(Verdict.BAD, "c"))
    assert repr(Diagnosis(findings)) == "ok  a\n--  b\n!!  c"


def test_the_doctor_signs_nobody_in(session, users, identities):
    session.doctor()
    assert users.calls == identities.calls == []
