"""A store, a challenge and a screen are added in one place, and the tests there are pick each up."""

import pytest

from nbauth.core.challenges import CHALLENGES, Challenge
from nbauth.core.secret import Secret
from nbauth.widgets.screens import Asked, module_for

STORE = '''
"""A store that keeps what it is given in a file, and says so."""

from nbauth.stores.file import open_store as open_store
'''

FORGETFUL_STORE = '''
"""A store that never forgets."""

from nbauth.stores.memory import MemoryStore


class Elephant(MemoryStore):
    def forget(self):
        pass


def open_store(key):
    return Elephant()
'''

SCREEN = '''
"""A screen of its own for codes by text message."""


def screen(asked):
    return {"title": f"Look at your phone, {asked.username}"}
'''

DRAW = """
from nbauth.core.challenges import Challenge
from nbauth.widgets.screens import Asked, module_for
asked = Asked(challenge=Challenge("SMS_MFA", "ada", None), username="ada")
print(module_for(asked.challenge, "sign_in").screen(asked)["title"])
"""

PARAMETERS = {
    "NEW_PASSWORD_REQUIRED": {"requiredAttributes": '["userAttributes.family_name"]'},
    "SELECT_MFA_TYPE": {"MFAS_CAN_CHOOSE": '["SMS_MFA", "SOFTWARE_TOKEN_MFA"]'},
}


@pytest.fixture
def contract_suite(root, run_in):
    """Runs the contract suite of token stores over the stores of a copy, for the one store `name`."""

    def run(folder, name):
        suite = root / "tests/contract/test_token_store.py"
        settings = (
            "-p",
            "no:cacheprovider",
            "--import-mode=importlib",
            "--override-ini=addopts=",
            f"--rootdir={folder}",
        )
        return run_in(folder, "-m", "pytest", "--noconftest", "-q", *settings, str(suite), "-k", f"[{name}")

    return run


def test_a_store_is_one_file_and_the_contract_suite_picks_it_up(copy, contract_suite):
    (copy / "nbauth/stores/attic.py").write_text(STORE, encoding="utf-8")
    done = contract_suite(copy, "attic")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_bad_store_fails_the_contract_suite(copy, contract_suite):
    (copy / "nbauth/stores/elephant.py").write_text(FORGETFUL_STORE, encoding="utf-8")
    done = contract_suite(copy, "elephant")
    assert done.returncode == 1
    assert "test_what_is_forgotten_is_gone[elephant]" in done.stdout


def test_a_screen_is_one_file(copy, run_in):
    assert "Look at your phone" not in run_in(copy, "-c", DRAW).stdout
    (copy / "nbauth/widgets/screens/sms_mfa.py").write_text(SCREEN, encoding="utf-8")
    assert run_in(copy, "-c", DRAW).stdout.strip() == "Look at your phone, ada"


@pytest.mark.parametrize("name", [*CHALLENGES, "A_CHALLENGE_OF_TOMORROW"])
def test_a_challenge_is_one_entry_and_the_panel_draws_it(name):
    challenge = Challenge(name, "ada", Secret("challenge-session"), PARAMETERS.get(name, {}))
    screen = module_for(challenge, "sign_in").screen(Asked(challenge=challenge, username="ada"))
    assert screen["title"] == challenge.title
    assert [field["name"] for field in screen["fields"]] == [field.name for field in challenge.fields]
    assert challenge.fields
    answers = {field.name: field.choices[0][0] if field.choices else "x" for field in challenge.fields}
    assert len(challenge.responses(answers)) == len(challenge.fields)
