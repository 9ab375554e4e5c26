"""What is kept of an account: what it is made of, what changes it, and that it comes back from JSON as it went."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbauth.core.device import RememberedDevice
from nbauth.core.federation import FederatedLogin
from nbauth.core.record import SCHEMA, Record
from nbauth.core.secret import Secret
from nbauth.testing import tokens

texts = st.text()
records = st.builds(
    Record,
    username=texts,
    sub=texts,
    issuer=texts,
    refresh_token=st.none() | st.builds(Secret, st.text(st.characters(codec="utf-8"), min_size=1)),
    identity_id=st.none() | st.text(min_size=1),
)


@given(records)
def test_a_record_comes_back_from_json_as_it_went(record):
    assert Record.from_dict(json.loads(json.dumps(record.to_dict()))) == record


def test_the_refresh_token_does_not_show():
    assert "sentinel" not in repr(Record(username="ada", refresh_token=Secret("sentinel")))


def test_a_record_keeps_nothing_but_what_is_needed_to_go_on():
    kept = {"schema", "username", "sub", "issuer", "refresh_token", "identity_id", "device", "provider"}
    assert set(Record().to_dict()) == kept


def test_a_guest_is_an_identity_id_and_nothing_else():
    guest = Record.from_dict({"schema": SCHEMA, "identity_id": "eu-west-1:1"})
    assert guest == Record(identity_id="eu-west-1:1")


MADE, OLD = RememberedDevice("ada", "made", "group", Secret("x")), RememberedDevice("ada", "old", "group", Secret("x"))


@pytest.mark.parametrize(
    ("changes", "refresh_token", "device"),
    [
        ({"refresh_token": None}, "kept", OLD),
        ({"refresh_token": Secret("new")}, "new", OLD),
        ({"refresh_token": None, "device": MADE}, "kept", MADE),
        ({"refresh_token": None, "device_gone": True}, "kept", None),
        ({"refresh_token": None, "device": MADE, "device_gone": True}, "kept", MADE),
    ],
)
def test_what_comes_with_new_tokens_counts_from_then_on(changes, refresh_token, device):
    record = Record("ada", "1", "https://issuer", Secret("kept"), "an identity", OLD)
    renewed = record.renewed(replace(tokens("ada"), **changes))
    assert renewed == replace(record, refresh_token=Secret(refresh_token), device=device)


def test_somebody_of_whom_a_provider_tells_no_name_is_the_identity():
    unknown, ada = FederatedLogin("a.example", Secret("x")), FederatedLogin("a.example", Secret("x"), "1", "ada")
    assert Record.federated(unknown, "an identity", OLD).sub == "an identity"
    assert Record.federated(ada, "an identity", None) == Record(
        "ada", "1", identity_id="an identity", provider="a.example"
    )


@pytest.mark.parametrize("schema", [None, 0, SCHEMA + 1, str(SCHEMA)])
def test_a_record_of_another_version_is_refused(schema):
    with pytest.raises(ValueError, match="schema"):
        Record.from_dict({"schema": schema, "username": "ada"})


@pytest.mark.parametrize("device", ["sentinel", ["sentinel"], 1])
def test_a_device_that_is_none_is_refused_and_not_quoted(device):
    with pytest.raises(ValueError, match="its device is not whole") as caught:
        Record.from_dict({"schema": SCHEMA, "device": device})
    assert "sentinel" not in str(caught.value)


@pytest.mark.parametrize("name", ["username", "sub", "issuer", "refresh_token", "identity_id"])
@pytest.mark.parametrize("value", [1, ["sentinel"], {"sentinel": 1}, True])
def test_a_value_of_the_wrong_type_is_refused_by_name_and_not_quoted(name, value):
    with pytest.raises(ValueError, match=name) as caught:
        Record.from_dict({"schema": SCHEMA, name: value})
    assert "sentinel" not in str(caught.value)
