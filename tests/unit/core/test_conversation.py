"""The words that the panel, the bar and the terminal share."""

import pytest

from nbauth.core.conversation import (
    password_is_optional,
    signed_in_as,
    status,
    username_label,
    waits_for_network,
)
from nbauth.core.user_state import UserState


@pytest.mark.parametrize("state", UserState)
@pytest.mark.parametrize("username", [None, "ada"])
def test_every_state_is_one_sentence_or_two(state, username):
    line = status(state, "refused", username)
    assert line[0].isupper()
    assert line.endswith((".", "…"))
    assert "None" not in line


def test_somebody_without_a_name_is_signed_in_all_the_same():
    assert signed_in_as(None) == "Signed in."


def test_an_attribute_nobody_foresaw_is_still_a_label():
    assert username_label(("employee_number",)) == "Employee number"


@pytest.mark.parametrize(
    ("reason", "waits"), [("offline", True), ("unavailable", True), ("refused", False), (None, False)]
)
def test_only_a_network_comes_back_by_itself(reason, waits):
    assert waits_for_network(reason) is waits


@pytest.mark.parametrize(("flow", "optional"), [("USER_SRP_AUTH", False), ("USER_AUTH", True), ("CUSTOM_AUTH", True)])
def test_only_some_flows_begin_without_a_password(flow, optional):
    assert password_is_optional(flow) is optional
