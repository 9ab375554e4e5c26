import re
from inspect import getmembers, isclass

import pytest

from nbauth import errors
from nbauth.errors import AuthError, Rejected, ServiceUnavailable, SignInInterrupted, StoreBusy

CLASSES = [found for _, found in getmembers(errors, isclass) if found.__module__ == errors.__name__]
AUTH_ERRORS = [found for found in CLASSES if issubclass(found, AuthError)]


def drawn():
    """The tree of the module's docstring, as pairs of a name and its parent's."""
    parents, pairs = {}, set()
    for line in errors.__doc__.splitlines():
        found = re.match(r"    ([│ ]*)(├── |└── )?(\w+)(  |$)", line)
        if found:
            depth = (len(found[1]) + len(found[2] or "")) // 4
            parents[depth] = found[3]
            pairs.add((found[3], parents.get(depth - 1)))
    return pairs


def test_the_tree_is_as_it_is_drawn():
    real = {(found.__name__, found.__base__.__name__ if found is not AuthError else None) for found in CLASSES}
    assert drawn() == real | {("KeyboardInterrupt", None)}


@pytest.mark.parametrize("error", AUTH_ERRORS)
def test_an_error_is_one_line_in_a_notebook(error):
    assert error("the reason")._render_traceback_() == [f"{error.__name__}: the reason"]


@pytest.mark.parametrize("error", AUTH_ERRORS)
def test_an_error_holds_its_message_cognitos_code_and_its_case_and_nothing_else(error):
    made = error("the reason", code="SomethingException", case="this_one", about={"host": "here"})
    assert (str(made), made.args, made.code) == ("the reason", ("the reason",), "SomethingException")
    assert (made.case, made.about) == ("this_one", {"host": "here"})
    assert set(vars(made)) <= {"code", "reason", "case", "about"}
    assert (error("the reason").code, error("the reason").about) == (None, {})


def test_only_what_may_pass_by_itself_can_be_tried_again_unchanged():
    assert [error for error in AUTH_ERRORS if error.retryable] == [ServiceUnavailable, StoreBusy]


def test_a_service_is_unavailable_or_cannot_be_reached():
    assert ServiceUnavailable("busy").reason == "unavailable"
    assert ServiceUnavailable("no network", reason="offline").reason == "offline"


@pytest.mark.parametrize("error", [error for error in AUTH_ERRORS if issubclass(error, Rejected)])
def test_each_refusal_says_in_a_sentence_what_it_means(error):
    assert error.__doc__.strip().endswith(".")


def test_stop_is_an_interrupt_and_shows_as_one_line():
    assert issubclass(SignInInterrupted, KeyboardInterrupt)
    assert SignInInterrupted("stopped")._render_traceback_() == ["KeyboardInterrupt: stopped"]
