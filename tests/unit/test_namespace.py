import threading
from types import SimpleNamespace

import boto3
import pytest

from nbauth.namespace import CellSession, LateSession, Names


class Shell:
    """What `Names` and `CellSession` know of an IPython shell."""

    def __init__(self, **names):
        self.user_ns = names
        self.user_ns_hidden = {}

    def push(self, names, interactive):
        assert not interactive
        self.user_ns |= names
        self.user_ns_hidden |= names


@pytest.fixture(autouse=True)
def no_default_session(monkeypatch):
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_a_name_is_put_and_taken_back():
    shell = Shell()
    names = Names(shell)

    names.put("auth", "ours")
    assert shell.user_ns == {"auth": "ours"}

    names.remove()
    assert (shell.user_ns, shell.user_ns_hidden) == ({}, {})


def test_a_name_of_the_users_stays_and_that_is_said(capsys):
    shell = Shell(auth="theirs")
    names = Names(shell)

    names.put("auth", "ours")
    names.remove()

    assert shell.user_ns == {"auth": "theirs"}
    assert "'auth' is a name of yours and stays as it is" in capsys.readouterr().err


def test_a_name_that_the_user_has_bound_since_is_the_users():
    shell = Shell()
    names = Names(shell)
    names.put("auth", "ours")

    shell.user_ns["auth"] = "theirs"
    names.remove()

    assert shell.user_ns == {"auth": "theirs"}


def test_a_name_follows_while_it_is_ours():
    shell = Shell()
    names = Names(shell)
    names.put("auth", "ours")

    names.follow("auth", "of another account")
    assert shell.user_ns == {"auth": "of another account"}

    names.remove()
    assert shell.user_ns == {}


@pytest.mark.parametrize("kept", [{"auth": "theirs"}, {}], ids=["rebound", "deleted"])
def test_a_name_that_is_no_longer_ours_does_not_follow(kept):
    shell = Shell()
    names = Names(shell)
    names.put("auth", "ours")
    shell.user_ns.clear()
    shell.user_ns |= kept

    names.follow("auth", "of another account")

    assert shell.user_ns == kept


def test_a_name_that_the_user_has_deleted_is_no_error():
    shell = Shell()
    names = Names(shell)
    names.put("auth", "ours")

    del shell.user_ns["auth"]
    names.remove()

    assert shell.user_ns == {}


def test_a_cell_has_a_session_and_gives_it_back():
    shell = Shell()
    session = SimpleNamespace()
    cell = CellSession(shell, "aws", session)

    cell.enter()
    assert (shell.user_ns["aws"], boto3.DEFAULT_SESSION) == (session, session)

    cell.leave()
    assert (shell.user_ns, boto3.DEFAULT_SESSION) == ({}, None)


def test_a_cell_puts_back_what_was_there_before():
    shell = Shell(aws="before")
    boto3.DEFAULT_SESSION = before = boto3.Session()
    cell = CellSession(shell, "aws", SimpleNamespace())

    cell.enter()
    cell.leave()

    assert shell.user_ns == {"aws": "before"}
    assert boto3.DEFAULT_SESSION is before


@pytest.mark.parametrize("kept", [{"aws": "mine"}, {}], ids=["rebound", "deleted"])
def test_a_cell_that_does_away_with_the_name_has_its_way(kept):
    shell = Shell(aws="before")
    cell = CellSession(shell, "aws", SimpleNamespace())

    cell.enter()
    del shell.user_ns["aws"]
    shell.user_ns |= kept
    cell.leave()

    assert shell.user_ns == kept


def test_a_default_session_that_the_cell_has_set_stays():
    cell = CellSession(Shell(), "aws", SimpleNamespace())
    cell.enter()

    boto3.DEFAULT_SESSION = mine = boto3.Session()
    cell.leave()

    assert boto3.DEFAULT_SESSION is mine


@pytest.fixture
def made():
    return []


@pytest.fixture
def late(made):
    def make():
        made.append(boto3.Session(region_name="eu-west-1"))
        return made[-1]

    return LateSession(make)


def test_a_late_session_is_a_boto3_session_from_the_first_look(late):
    assert isinstance(late, boto3.Session)
    assert isinstance(late, boto3.Session)


@pytest.mark.parametrize(
    "touch",
    [lambda late: late.region_name, repr, dir, lambda late: setattr(late, "mine", 1), lambda late: hasattr(late, "x")],
    ids=["attribute", "repr", "dir", "assignment", "a missing attribute"],
)
def test_a_late_session_is_made_at_the_first_touch_and_once(late, made, touch):
    assert not made

    touch(late)
    touch(late)

    assert len(made) == 1
    assert type(late) is boto3.Session
    assert late.region_name == "eu-west-1"


def test_a_late_session_is_made_once_for_all_threads(late, made):
    everybody = threading.Barrier(8)
    regions = []

    def look():
        everybody.wait()
        regions.append(late.region_name)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert regions == ["eu-west-1"] * 8
    assert len(made) == 1


def test_a_late_session_that_cannot_be_made_is_tried_again():
    attempts = []

    def make():
        attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("not yet")
        return boto3.Session(region_name="eu-west-1")

    late = LateSession(make)
    with pytest.raises(RuntimeError, match="not yet"):
        late.region_name  # noqa: B018 - looking is what makes it

    assert late.region_name == "eu-west-1"
