"""The companies whose people sign in with their account there: what a setting means, and what runs when."""

import sys

import pytest

from nbauth.companies import Company, named, read, shown
from nbauth.errors import ConfigError

OIDC, GOOGLE = "login.example.com", "accounts.google.com"


def token():
    return "a token"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes a module that can be imported."""

    def write(text):
        (tmp_path / "corp_sign_in.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "corp_sign_in", raising=False)

    yield write
    sys.modules.pop("corp_sign_in", None)


def test_companies_come_in_the_order_of_the_setting_by_their_full_names():
    companies, problems = read(
        {OIDC: {"label": "Example Corp", "token": token}, "Google": {"label": "G", "token": token}}
    )
    assert problems == ()
    assert [(company.provider, company.label) for company in companies] == [(OIDC, "Example Corp"), (GOOGLE, "G")]
    assert named(companies, GOOGLE) is companies[1]
    assert named(companies, "nobody") is named(companies, None) is None
    assert list(shown(companies[:1])) == [
        ("company_sign_in", "Example Corp (login.example.com)", "c.NbAuth.company_sign_in")
    ]


def test_a_function_is_asked_each_time():
    tokens = iter(["first", "second"])
    company = Company(OIDC, "Example Corp", lambda: next(tokens))
    assert [company.token(), company.token()] == ["first", "second"]


def test_a_path_is_imported_when_a_token_is_wanted_and_not_before(package):
    package("class sso:\n    token = staticmethod(lambda: 'theirs')\n")
    (company,), _ = read({OIDC: {"label": "Example Corp", "token": "corp_sign_in:sso.token"}})
    assert "corp_sign_in" not in sys.modules
    assert company.token() == "theirs"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("raise RuntimeError('sentinel')", r"cannot be imported \(RuntimeError\)"),
        ("import no_such_package_anywhere", r"cannot be imported \(ModuleNotFoundError\)"),
        ("", r"cannot be imported \(AttributeError\)"),
        ("token = 'sentinel'", "is no function"),
    ],
)
def test_a_path_that_leads_to_no_function_is_said_without_what_the_module_said(package, text, why):
    package(text)
    with pytest.raises(ConfigError, match=why) as raised:
        Company(OIDC, "Example Corp", "corp_sign_in:token").token()
    assert "'corp_sign_in:token'" in str(raised.value)
    assert "sentinel" not in str(raised.value)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("name", "entry", "why"),
    [
        (OIDC, "Example Corp", "it has something else than a label and a token"),
        (OIDC, {"label": "x", "token": token, "icon": "y"}, "it has something else than a label and a token"),
        (OIDC, {"label": "x"}, "its token is no function"),
        (OIDC, {"label": "x", "token": "eyJ.sentinel.token"}, "its token is no function"),
        (OIDC, {"label": "x", "token": "os.system('sentinel'):x"}, "its token is no function"),
        (OIDC, {"token": token}, "its label is no text"),
        (OIDC, {"label": 10_000 * "x", "token": token}, "its label has 10000 characters"),
        (OIDC, {"label": "\u202egro.elpmaxe", "token": token}, "its label holds characters that cannot be seen"),
        ("\u202e", {"label": "x", "token": token}, "its provider has no name"),
        (" ", {"label": "x", "token": token}, "its provider has no name"),
    ],
)
def test_an_entry_that_does_not_fit_is_left_out_and_said_without_what_may_be_a_token(name, entry, why):
    companies, problems = read({name: entry, GOOGLE: {"label": "Google", "token": token}})
    assert [company.label for company in companies] == ["Google"]
    assert f"] from c.NbAuth.company_sign_in is left out, because {why}: an entry looks like" in str(problems[0])
    assert "sentinel" not in str(problems[0])
