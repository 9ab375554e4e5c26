"""Tokens pass between kernels of one user and go to nobody else; whatever is odd, a kernel renews its own."""

import errno
import gc
import json
import os
import secrets
import signal
import socket
import stat
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import psutil
import pytest

from nbauth.core.device import RememberedDevice
from nbauth.core.secret import Secret
from nbauth.ports import NoSiblings
from nbauth.stores import StoreKey, _siblings, siblings_of
from nbauth.stores._folder import PrivateFolder
from nbauth.stores._siblings import LoopbackSiblings
from nbauth.stores.file import FileStore
from nbauth.stores.keyring import open_store as open_keyring
from nbauth.stores.memory import MemoryStore
from nbauth.testing import tokens

IN_TIME = 20  # seconds; what a test waits for comes at once or never
THREAD = "nbauth-siblings"
SPENT, NEWEST = Secret("the-token-before"), Secret("refresh-hunter2")

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="this is POSIX")

KERNEL = """
import os, signal, sys
from pathlib import Path
from nbauth.stores import StoreKey, siblings_of
from nbauth.stores.file import FileStore
from nbauth.testing import tokens

siblings = siblings_of(FileStore(Path(sys.argv[1]), StoreKey("us-east-1_AbC", "client", "default")))
mine = tokens(refresh_token="refresh-hunter2")
siblings.answer_with(mine)
"""
"""Another kernel, which answers; what it does then is for the test to add."""

ENDS = "print('answering', flush=True); sys.stdin.read()"
FORKS = """
if os.fork() == 0:
    siblings.answer_with(None)
    print("child", flush=True)
    sys.stdin.read()
    sys.exit()
os.wait()
print("parent", flush=True)
sys.stdin.close(); signal.pause()
"""
CHILD_ANSWERS = """
if os.fork() == 0:
    siblings.answer_with(mine)
    print("child", flush=True)
    sys.stdin.read()
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""
CHILD_LIVES_ON = """
if os.fork() == 0:
    print("child", flush=True)
    sys.stdin.read()
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""


class Others:
    threads = frozenset()


@pytest.fixture(autouse=True)
def others(monkeypatch):
    """The threads of sessions that other tests have left behind."""
    monkeypatch.setattr(Others, "threads", set(threading.enumerate()))


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """All the time there is, for a machine that is busy."""
    monkeypatch.setattr(_siblings, "_ASKING_TAKES", IN_TIME)
    monkeypatch.setattr(_siblings, "_ANSWERING_TAKES", IN_TIME)


@pytest.fixture
def no_patience(monkeypatch):
    monkeypatch.setattr(_siblings, "_ASKING_TAKES", 0.2)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def pointer(folder, key):
    return folder / f"{key.digest()}.sibling"


@pytest.fixture
def kernel(folder, key):
    """Makes kernels that share an account; none of them leaves a thread behind."""
    made = []

    def make():
        made.append(siblings_of(FileStore(folder, key)))
        return made[-1]

    yield make
    for one in made:
        one.answer_with(None)
    for thread in serving():
        thread.join(IN_TIME)
        assert not thread.is_alive()


@pytest.fixture
def here(kernel):
    return kernel()


@pytest.fixture
def there(kernel):
    return kernel()


@pytest.fixture
def fresh(clock):
    """What a renewal has just brought."""
    issued = tokens(issued_at=clock.now(), refresh_token=NEWEST.reveal())
    return replace(issued, issued_at=clock.now() + timedelta(microseconds=7))


@pytest.fixture
def answering(here, fresh):
    """A kernel that answers."""
    here.answer_with(fresh)
    return here


def serving():
    return [thread for thread in threading.enumerate() if thread.name == THREAD and thread not in Others.threads]


def port_of(pointer):
    return json.loads(pointer.read_text())["port"]


def lead_to(pointer, port, key=None):
    """Write a pointer to `port`, with the key of the one there is unless another is given."""
    values = json.loads(pointer.read_text()) if pointer.exists() else {}
    pointer.parent.mkdir(mode=0o700, exist_ok=True)
    pointer.touch(mode=0o600)
    pointer.write_text(json.dumps(values | {"port": port} | ({"key": key} if key else {})))


class Stranger:
    """Somebody who listens at a port, and does with whoever comes what the test says."""

    def __init__(self, meet):
        self._meet = meet
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = b""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        with suppress(OSError), self._listener:
            connection, _ = self._listener.accept()
            with connection:
                self._meet(self, connection)

    def hear(self, connection):
        while content := connection.recv(1 << 16):
            self.heard += content

    def wait(self, seconds):
        return self._over.wait(seconds)

    def leave(self):
        self._over.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), IN_TIME).close()
        self._thread.join(IN_TIME)


@pytest.fixture
def stranger():
    met = []

    def meet(doing):
        met.append(Stranger(doing))
        return met[-1]

    yield meet
    for one in met:
        one.leave()


@pytest.fixture
def elsewhere(folder):
    """Runs a kernel in a process of its own."""
    running = []

    def run(then):
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", KERNEL + then, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        with process:
            process.kill()


# Between kernels of one user.


def test_tokens_pass_from_one_kernel_to_another_as_they_are(answering, there, fresh):
    passed = there.ask(NEWEST)
    assert passed == fresh
    assert (passed.id_token.reveal(), passed.access_token.reveal()) == (
        fresh.id_token.reveal(),
        fresh.access_token.reveal(),
    )
    assert isinstance(passed.claims, MappingProxyType)


def test_the_device_stays_with_the_record(here, there, fresh):
    here.answer_with(replace(fresh, device=RememberedDevice("ada", "key", "group", Secret("hunter2"))))
    assert there.ask(NEWEST) == fresh


def test_tokens_of_another_sign_in_are_not_passed_on(answering, there):
    assert there.ask(SPENT) is None


def test_the_last_tokens_are_the_ones_passed_on(answering, there, fresh):
    newer = replace(fresh, access_token=Secret("newer"))
    answering.answer_with(newer)
    assert there.ask(NEWEST) == newer


def test_any_number_of_kernels_may_ask_any_number_of_times(answering, kernel, fresh):
    assert [kernel().ask(NEWEST) for _ in range(5)] == [fresh] * 5
    assert len(serving()) == 1


def test_a_kernel_does_not_ask_itself(answering):
    assert answering.ask(NEWEST) is None


def test_where_nobody_answers_there_is_no_thread_and_no_file(here, folder):
    assert here.ask(NEWEST) is None
    here.answer_with(None)
    assert serving() == []
    assert not folder.exists()


def test_tokens_that_nothing_renews_are_not_passed_on(here, fresh, folder):
    here.answer_with(replace(fresh, refresh_token=None))
    assert serving() == []
    assert not folder.exists()


def test_who_answers_no_more_leaves_nothing(answering, there, pointer):
    port, (thread,) = port_of(pointer), serving()
    answering.answer_with(None)
    assert there.ask(NEWEST) is None
    assert not pointer.exists()
    thread.join(IN_TIME)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), IN_TIME)


def test_a_kernel_may_begin_to_answer_again(answering, there, fresh):
    answering.answer_with(None)
    answering.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


def test_the_newest_answer_counts_and_an_older_kernel_does_not_take_it_away(answering, there, kernel, fresh):
    newer = replace(fresh, access_token=Secret("newer"))
    there.answer_with(newer)
    assert kernel().ask(NEWEST) == newer
    answering.answer_with(None)
    assert kernel().ask(NEWEST) == newer
    there.answer_with(None)
    assert kernel().ask(NEWEST) is None


def test_an_older_kernel_with_new_tokens_is_the_newest_again(answering, there, kernel, fresh):
    there.answer_with(replace(fresh, access_token=Secret("older")))
    answering.answer_with(fresh)
    assert kernel().ask(NEWEST) == fresh


def test_a_session_that_is_dropped_answers_no_more(folder, key, there, fresh, pointer):
    dropped = siblings_of(FileStore(folder, key))
    dropped.answer_with(fresh)
    (thread,) = serving()
    del dropped
    gc.collect()
    thread.join(IN_TIME)
    assert not thread.is_alive()
    assert not pointer.exists()


def test_accounts_have_pointers_of_their_own(answering, folder):
    work = siblings_of(FileStore(folder, StoreKey("us-east-1_AbC", "client", "work")))
    assert work.ask(NEWEST) is None


def test_the_keyrings_kernels_know_each_other_too(machine, use_keyring, key, fresh):
    use_keyring("keyring.backends.SecretService")
    one, another = siblings_of(open_keyring(key)), siblings_of(open_keyring(key))
    one.answer_with(fresh)
    assert another.ask(NEWEST) == fresh
    one.answer_with(None)


def test_other_stores_have_no_siblings():
    alone = siblings_of(MemoryStore())
    assert isinstance(alone, NoSiblings)
    alone.answer_with(None)
    assert alone.ask(NEWEST) is None


# Between processes.


def test_a_kernel_in_another_process_answers_and_takes_its_pointer_along(elsewhere, here, pointer):
    process = elsewhere(ENDS)
    assert process.stdout.readline() == "answering\n"
    assert here.ask(NEWEST).refresh_token == NEWEST
    process.communicate(timeout=IN_TIME)
    assert process.returncode == 0
    assert not pointer.exists()


def test_a_kernel_that_was_killed_is_asked_in_vain(elsewhere, here, there, pointer, fresh):
    process = elsewhere(ENDS)
    assert process.stdout.readline() == "answering\n"
    process.kill()
    process.wait()
    assert pointer.exists()
    assert here.ask(NEWEST) is None
    here.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


@posix
def test_a_child_does_not_speak_for_its_parent(elsewhere, here, pointer):
    process = elsewhere(FORKS)
    assert process.stdout.readline() == "child\n"
    before = pointer.read_bytes()
    assert here.ask(NEWEST)
    process.stdin.close()
    assert process.stdout.readline() == "parent\n"
    assert pointer.read_bytes() == before
    assert here.ask(NEWEST)


@posix
def test_a_child_does_not_hold_its_parents_port(elsewhere, pointer):
    process = elsewhere(CHILD_LIVES_ON)
    assert process.stdout.readline() == "child\n"
    assert process.wait(IN_TIME) == -signal.SIGKILL
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(pointer)), IN_TIME)
    process.stdin.close()


@posix
def test_a_child_may_answer_for_itself(elsewhere, here):
    process = elsewhere(CHILD_ANSWERS)
    assert process.stdout.readline() == "child\n"
    assert process.wait(IN_TIME) == -signal.SIGKILL
    assert here.ask(NEWEST).refresh_token == NEWEST
    process.stdin.close()


# With strangers.


@posix
def test_the_pointer_is_for_this_user_alone_and_holds_no_token(answering, pointer, folder, fresh):
    assert stat.S_IMODE(pointer.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(json.loads(pointer.read_text())) == {"port", "key"}
    kept = b"".join(path.read_bytes() for path in folder.iterdir())
    assert not any(token.reveal().encode() in kept for token in (fresh.id_token, fresh.access_token, NEWEST))


def test_only_this_machine_can_ask(answering, pointer):
    connections = psutil.Process().net_connections("inet")
    assert [one.laddr.ip for one in connections if one.laddr.port == port_of(pointer)] == ["127.0.0.1"]


def test_nothing_shows_in_a_repr(answering, pointer):
    key = json.loads(pointer.read_text())["key"]
    shown = repr(_siblings._pointer(PrivateFolder(pointer.parent), pointer.name)) + repr(vars(answering))
    assert "key" not in shown
    assert str(bytes.fromhex(key)) not in shown


def test_a_stranger_at_the_port_learns_nothing_and_is_not_believed(here, pointer, stranger):
    def lie(self, connection):
        connection.sendall(secrets.token_bytes(4096))
        connection.shutdown(socket.SHUT_WR)
        self.hear(connection)

    somebody = stranger(lie)
    lead_to(pointer, somebody.port, "ab" * 32)
    assert here.ask(NEWEST) is None
    somebody.leave()
    assert len(somebody.heard) <= 32


def test_a_stranger_who_hangs_up_is_no_kernel(here, pointer, stranger):
    lead_to(pointer, stranger(lambda self, connection: None).port, "ab" * 32)
    assert here.ask(NEWEST) is None


def test_a_stranger_who_says_nothing_is_left_alone_soon(here, pointer, stranger, no_patience):
    lead_to(pointer, stranger(lambda self, connection: self.wait(IN_TIME)).port, "ab" * 32)
    assert here.ask(NEWEST) is None


def test_a_stranger_who_dawdles_is_left_alone_as_soon(here, pointer, stranger, no_patience):
    def dawdle(self, connection):
        while not self.wait(0.05):
            connection.sendall(b"x")

    lead_to(pointer, stranger(dawdle).port, "ab" * 32)
    assert here.ask(NEWEST) is None


def test_an_asker_without_the_key_gets_no_tokens(answering, pointer, folder, key, tmp_path):
    other = tmp_path / "guess" / pointer.name
    lead_to(other, port_of(pointer), "ab" * 32)
    assert siblings_of(FileStore(other.parent, key)).ask(NEWEST) is None


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"x" * 96, b"x" * 10_000_000], ids=len
)
def test_whoever_proves_nothing_hears_a_nonce_and_a_proof_at_most(answering, there, fresh, pointer, said):
    with socket.create_connection(("127.0.0.1", port_of(pointer)), IN_TIME) as visitor:
        heard = b""
        with suppress(ConnectionError):
            visitor.sendall(said)
            visitor.shutdown(socket.SHUT_WR)
            while content := visitor.recv(1 << 16):
                heard += content
    assert len(heard) <= 64
    assert there.ask(NEWEST) == fresh


def test_a_visitor_who_says_nothing_does_not_keep_others_waiting(answering, there, fresh, pointer, monkeypatch):
    with monkeypatch.context() as impatient:
        impatient.setattr(_siblings, "_ANSWERING_TAKES", 0.1)
        with socket.create_connection(("127.0.0.1", port_of(pointer)), IN_TIME) as visitor:
            assert visitor.recv(1) == b""
    assert there.ask(NEWEST) == fresh


@pytest.fixture
def overheard(answering, pointer, stranger):
    """Puts somebody in between who hears, and may change, what is said; returns what the asker says."""

    def listen(change=lambda content: content):
        port = port_of(pointer)

        def relay(self, asker):
            with socket.create_connection(("127.0.0.1", port), IN_TIME) as answerer:
                back = threading.Thread(target=pass_on, args=(answerer, asker))
                back.start()
                while content := asker.recv(1 << 16):
                    self.heard += content
                    answerer.sendall(content)
                back.join()

        def pass_on(answerer, asker):
            while content := answerer.recv(1 << 16):
                asker.sendall(change(content))
            asker.shutdown(socket.SHUT_WR)

        between = stranger(relay)
        lead_to(pointer, between.port)
        return between, port

    return listen


def test_what_was_said_once_opens_nothing_again(overheard, there, fresh):
    between, port = overheard()
    assert there.ask(NEWEST) == fresh
    between.leave()
    with socket.create_connection(("127.0.0.1", port), IN_TIME) as visitor:
        visitor.sendall(between.heard)
        visitor.shutdown(socket.SHUT_WR)
        heard = b""
        with suppress(ConnectionError):
            while content := visitor.recv(1 << 16):
                heard += content
    assert len(between.heard) == 96
    assert len(heard) == 64


def test_tokens_that_were_changed_on_the_way_are_not_taken(overheard, there):
    overheard(lambda content: content.replace(b"eyJ", b"eyK"))
    assert there.ask(NEWEST) is None


def test_ten_megabytes_are_no_tokens(here, there, fresh):
    here.answer_with(replace(fresh, claims={"groups": "x" * 10_000_000}))
    assert there.ask(NEWEST) is None


def test_claims_that_cannot_travel_stay_where_they_are(here, there, fresh, kernel):
    here.answer_with(replace(fresh, claims={"groups": object()}))
    assert there.ask(NEWEST) is None
    here.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


# With a disk that is not as it should be.


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        b"[]",
        b'"port"',
        b"[" * 100_000,
        b"{}",
        json.dumps({"port": 0, "key": "ab" * 32}).encode(),
        json.dumps({"port": 70_000, "key": "ab" * 32}).encode(),
        json.dumps({"port": "here", "key": "ab" * 32}).encode(),
        json.dumps({"port": 1, "key": "ab"}).encode(),
        json.dumps({"port": 1, "key": 5}).encode(),
        b"x" * 1_000_000,
    ],
    ids=lambda content: content[:12].decode().strip("\0") or len(content),
)
def test_what_is_no_pointer_leads_nowhere_and_is_replaced(answering, there, pointer, fresh, content):
    pointer.write_bytes(content)
    assert there.ask(NEWEST) is None
    answering.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602])
def test_a_pointer_that_others_may_touch_is_not_followed(answering, there, pointer, mode):
    pointer.chmod(mode)
    assert there.ask(NEWEST) is None


@posix
def test_a_pointer_in_a_folder_that_others_may_enter_is_not_followed(answering, there, folder, pointer):
    folder.chmod(0o750)
    assert there.ask(NEWEST) is None
    folder.chmod(0o700)


@posix
def test_a_symbolic_link_is_no_pointer(answering, there, pointer, tmp_path):
    pointer.rename(tmp_path / "elsewhere")
    pointer.symlink_to(tmp_path / "elsewhere")
    assert there.ask(NEWEST) is None


@posix
def test_a_pipe_is_no_pointer_and_stops_nobody(answering, there, pointer):
    pointer.unlink()
    os.mkfifo(pointer, 0o600)
    assert there.ask(NEWEST) is None


def test_without_a_disk_nobody_answers_and_nothing_fails(here, there, folder, fresh):
    folder.write_text("in the way")
    here.answer_with(fresh)
    assert there.ask(NEWEST) is None
    folder.unlink()
    here.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


@pytest.mark.parametrize("missing", ["port", "thread"])
def test_without_a_port_or_a_thread_nobody_answers_and_nothing_fails(here, there, fresh, monkeypatch, missing):
    def none_left(*args, **options):
        raise OSError(errno.EMFILE, "") if missing == "port" else RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(*((socket, "create_server") if missing == "port" else (threading.Thread, "start")), none_left)
        here.answer_with(fresh)
    assert there.ask(NEWEST) is None
    here.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


def test_a_listener_that_fails_is_replaced(answering, there, fresh, pointer):
    (thread,), before = serving(), port_of(pointer)
    answering._answerer._listener.shutdown(socket.SHUT_RDWR)
    thread.join(IN_TIME)
    assert there.ask(NEWEST) is None
    answering.answer_with(fresh)
    assert port_of(pointer) != before
    assert there.ask(NEWEST) == fresh


def test_a_visitor_who_is_gone_before_it_is_his_turn_ends_nothing(here, there, fresh, monkeypatch):
    class Hasty(socket.socket):
        visitors = 0

        def accept(self):
            self.visitors += 1
            if self.visitors == 1:
                raise ConnectionAbortedError
            return super().accept()

    create = socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda address: Hasty(fileno=create(address).detach()))
    here.answer_with(fresh)
    assert there.ask(NEWEST) == fresh


def test_nobody_is_told_of_trouble(here, folder, pointer, caplog, capfd):
    lead_to(pointer, 1, "ab" * 32)
    assert here.ask(NEWEST) is None
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_the_implementation_is_the_loopback_one(here):
    assert isinstance(here, LoopbackSiblings)
