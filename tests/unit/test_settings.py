"""Which source of a setting wins, what a file found on the way may say, and what wrong settings are told."""

import json
import os
import subprocess
import sys

import pytest
from traitlets.config import Config

from nbauth.appearance import SETTINGS as APPEARANCE
from nbauth.core.config import SETTINGS, AuthConfig
from nbauth.errors import ConfigError
from nbauth.settings import (
    DISCOVERED,
    ENVIRONMENT,
    find_file,
    resolve,
    resolve_appearance,
    resolve_companies,
    resolve_session,
)
from nbauth.stores import names
from nbauth.traits import NbAuth

POOL = "us-east-1_Ours"
OTHER_POOL = "eu-west-1_Theirs"
AS_FILE = '{"user_pool_id": "%s", "client_id": "fromfile", "identity_pool_id": "us-east-1:1", "guest_access": false}'
ENVIRON = {"NBAUTH_USER_POOL_ID": POOL, "NBAUTH_CLIENT_ID": "fromenviron"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture
def work(home):
    folder = home / "project" / "notebooks"
    folder.mkdir(parents=True)
    return folder


def traits(**values):
    return NbAuth(config=Config(NbAuth=Config(values)))


def write(path, pool=POOL):
    path.write_text(AS_FILE % pool)
    return path


def test_a_finished_configuration_is_used_as_it_is(work):
    write(work / DISCOVERED[0])
    config = AuthConfig(user_pool_id=POOL, client_id="abc")
    assert resolve(config, environ=ENVIRON, directory=work) is config


def test_nothing_anywhere_is_an_empty_configuration(work):
    assert resolve(environ={}, directory=work).is_empty


def test_every_variable_sets_its_setting(work):
    environ = {
        "NBAUTH_REGION": "ap-south-1",
        "NBAUTH_USER_POOL_ID": POOL,
        "NBAUTH_CLIENT_ID": "abc",
        "NBAUTH_CLIENT_SECRET": "hunter2",
        "NBAUTH_IDENTITY_POOL_ID": "us-east-1:1",
        "NBAUTH_CUSTOM_ROLE_ARN": "arn:aws:iam::123456789012:role/Analyst",
        "NBAUTH_ENDPOINT_URL": "http://127.0.0.1:4566",
        "NBAUTH_ISSUER": "http://127.0.0.1:4566/pool",
        "NBAUTH_AUTH_FLOW": "USER_AUTH",
        "NBAUTH_GUEST_ACCESS": "off",
        "NBAUTH_USERNAME_ATTRIBUTES": "email, Phone_Number",
        "NBAUTH_SELF_SIGN_UP": "No",
        "NBAUTH_SIGN_UP_ATTRIBUTES": "email,custom:team,",
        "NBAUTH_PASSKEY_DOMAIN": "example.com",
        "NBAUTH_STORE": "memory",
        "NBAUTH_SIGN_IN_WAIT": "1.5",
        "NBAUTH_ACCOUNT": "work",
        "NBAUTH_LANGUAGE": "de",
        "NBAUTH_TITLE": "Ours",
        "NBAUTH_LOGO": "data:,<svg>",
        "NBAUTH_LOGO_DARK": "data:,<svg >",
        "NBAUTH_ACCENT_COLOR": "#17a",
        "NBAUTH_HELP_URL": "https://example.com/help",
        "NBAUTH_HELP_LABEL": "Get help",
        "NBAUTH_TERMS_URL": "https://example.com/terms",
        "NBAUTH_PRIVACY_URL": "https://example.com/privacy",
        "NBAUTH_CONFIG": "",
    }
    assert environ.keys() == ENVIRONMENT.keys()
    assert resolve(environ=environ, directory=work) == AuthConfig(
        region="ap-south-1",
        user_pool_id=POOL,
        client_id="abc",
        client_secret="hunter2",
        identity_pool_id="us-east-1:1",
        custom_role_arn="arn:aws:iam::123456789012:role/Analyst",
        endpoint_url="http://127.0.0.1:4566",
        issuer="http://127.0.0.1:4566/pool",
        auth_flow="USER_AUTH",
        guest_access=False,
        username_attributes=["email", "phone_number"],
        self_sign_up=False,
        sign_up_attributes=["email", "custom:team"],
        passkey_domain="example.com",
    )
    session = resolve_session(environ=environ)
    assert (session.store, session.sign_in_wait, session.account) == ("memory", 1.5, "work")
    assert session.language == "de"
    appearance, problems = resolve_appearance(environ=environ)
    assert problems == ()
    assert appearance.sources == {name: f"NBAUTH_{name.upper()}" for name in APPEARANCE}
    assert (appearance.title, appearance.accent_color) == ("Ours", "#1177aa")
    assert appearance.logo != appearance.logo_dark


@pytest.mark.parametrize(("text", "value"), [("eager", "eager"), (" Eager ", "eager"), ("on", True), ("No", False)])
def test_whether_there_are_guests_can_be_said_in_words(text, value, work):
    config = resolve(environ={"NBAUTH_GUEST_ACCESS": text}, directory=work)
    assert config.guest_access == resolve(traits=traits(guest_access=value), environ={}, directory=work).guest_access
    assert config.guest_access == value


def test_traits_come_before_the_environment_in_looks_and_one_that_is_wrong_harms_nobody():
    looks = traits(title="Ours", accent_color=0x17A, company_sign_in={"google": {"label": "G", "token": print}, "x": 1})
    appearance, problems = resolve_appearance(traits=looks, environ={"NBAUTH_TITLE": "Theirs", "NBAUTH_LOGO": ""})
    assert (appearance.title, appearance.sources) == ("Ours", {"title": "c.NbAuth.title"})
    assert [str(problem) for problem in problems] == [
        "accent_color from c.NbAuth.accent_color is left out, because a colour looks like '#0b7285':"
        " a colour is written as '#0b7285' or '#17a'"
    ]
    companies, problems = resolve_companies(looks)
    assert ([company.label for company in companies], len(problems)) == (["G"], 1)
    assert resolve_companies() == ((), ())


@pytest.mark.parametrize(
    "own", [{"title": "Theirs"}, {"company_sign_in": {"google": {"label": "G", "token": "os:abort"}}}]
)
def test_no_file_says_what_the_panel_looks_like_and_none_names_code(own, work):
    (work / DISCOVERED[0]).write_text(json.dumps({"user_pool_id": POOL, "client_id": "abc", **own}))
    with pytest.raises(ConfigError, match=f"There is no setting '{next(iter(own))}'"):
        resolve(environ={}, directory=work)


def test_what_a_sign_up_asks_for_is_described_in_traits_and_in_files_alike(work):
    described = ["email", {"name": "custom:size", "type": "number", "optional": True, "max": 9}]
    expected = AuthConfig(sign_up_attributes=described).sign_up_attributes
    set_by_trait = resolve(traits=traits(sign_up_attributes=described), environ={}, directory=work)
    assert set_by_trait.sign_up_attributes == expected
    auth = {"user_pool_id": POOL, "user_pool_client_id": "abc", "standard_required_attributes": ["name"]}
    outputs = {"version": "1.4", "auth": auth, "custom": {"nbauth": {"sign_up_attributes": described}}}
    (work / DISCOVERED[0]).write_text(json.dumps(outputs))
    assert resolve(environ={}, directory=work).sign_up_attributes == expected
    del outputs["custom"]
    (work / DISCOVERED[0]).write_text(json.dumps(outputs))
    assert [one.name for one in resolve(environ={}, directory=work).sign_up_attributes] == ["name"]


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_a_trait(name):
    assert NbAuth.class_traits()[name].help


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("NBAUTH_SELF_SIGN_UP", "maybe", "it is true or false"),
        ("NBAUTH_PASSKEY_DOMAIN", "https://example.com", "a domain looks like 'example.com'"),
        ("NBAUTH_SIGN_UP_ATTRIBUTES", "e\x00mail", "a name looks like 'email' or 'custom:team'"),
    ],
)
def test_what_does_not_fit_is_said_with_where_it_came_from(variable, value, hint, work):
    with pytest.raises(ConfigError, match=f"from {variable} (is|has) .*: {hint}"):
        resolve(environ=ENVIRON | {variable: value}, directory=work)


def test_an_empty_variable_sets_nothing(work):
    assert resolve(environ={"NBAUTH_REGION": ""}, directory=work).region is None


def test_argument_over_traits_over_environment_over_named_file_over_found_file(work):
    write(work / DISCOVERED[0])
    named = work / "named.json"
    named.write_text('{"issuer": "https://named", "region": "named-1"}')
    config = resolve(
        {"user_pool_id": POOL, "client_id": "argument"},
        traits=traits(client_id="trait", auth_flow="CUSTOM_AUTH"),
        environ={"NBAUTH_AUTH_FLOW": "USER_AUTH", "NBAUTH_REGION": "environ-1", "NBAUTH_CONFIG": str(named)},
        directory=work,
    )
    assert config == AuthConfig(
        user_pool_id=POOL,
        client_id="argument",
        auth_flow="CUSTOM_AUTH",
        region="environ-1",
        issuer="https://named",
        identity_pool_id="us-east-1:1",
        guest_access=False,
    )
    assert config.sources == {
        "user_pool_id": "the configuration given",
        "client_id": "the configuration given",
        "auth_flow": "c.NbAuth.auth_flow",
        "region": "NBAUTH_REGION",
        "issuer": str(named),
        "identity_pool_id": str(work / DISCOVERED[0]),
        "guest_access": str(work / DISCOVERED[0]),
    }


def test_a_layer_about_another_user_pool_contributes_nothing(work):
    write(work / DISCOVERED[0], OTHER_POOL)
    assert resolve(environ=ENVIRON, directory=work) == AuthConfig(user_pool_id=POOL, client_id="fromenviron")


def test_a_layer_about_another_identity_pool_contributes_nothing_to_guests(work):
    write(work / DISCOVERED[0])
    config = resolve({"identity_pool_id": "eu-west-1:2"}, environ={}, directory=work)
    assert config == AuthConfig(identity_pool_id="eu-west-1:2")


def test_a_secret_does_not_go_to_another_app_client(work):
    (work / DISCOVERED[0]).write_text(
        '{"user_pool_id": "us-east-1_Ours", "client_id": "web", "client_secret": "s", "issuer": "https://issuer"}'
    )
    config = resolve(environ=ENVIRON, directory=work)
    assert config.client_secret is None
    assert config.issuer == "https://issuer"


def test_a_path_is_the_top_layer(work):
    path = write(work / "mine.json", OTHER_POOL)
    assert resolve(path, environ=ENVIRON, directory=work).client_id == "fromfile"
    assert resolve(str(path), environ=ENVIRON, directory=work).client_id == "fromfile"
    assert resolve("~/project/notebooks/mine.json", environ={}, directory=work).client_id == "fromfile"


def test_a_mapping_may_be_in_any_format(work):
    outputs = {"version": "1", "auth": {"user_pool_id": POOL, "user_pool_client_id": "abc", "aws_region": "us-east-1"}}
    assert resolve(outputs, environ={}, directory=work) == AuthConfig(user_pool_id=POOL, client_id="abc")


@pytest.mark.parametrize("name", DISCOVERED)
def test_the_nearest_file_is_found(work, name):
    (work.parent / name).write_text("{}")
    assert find_file(work) == work.parent / name


def test_the_search_ends_at_the_first_folder_with_a_file(work):
    (work.parent / DISCOVERED[0]).write_text("{}")
    (work / DISCOVERED[-1]).write_text("{}")
    assert find_file(work) == work / DISCOVERED[-1]


def test_the_search_looks_at_home_and_goes_no_further(work, home, monkeypatch):
    (home / DISCOVERED[0]).write_text("{}")
    assert find_file(work) == home / DISCOVERED[0]
    monkeypatch.setenv("HOME", str(work.parent))
    monkeypatch.setenv("USERPROFILE", str(work.parent))
    assert find_file(work) is None


def test_a_folder_or_a_pipe_of_that_name_is_not_a_file(work):
    (work / DISCOVERED[0]).mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(work / DISCOVERED[1])
    assert find_file(work) is None


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no user ids here")
def test_a_strangers_file_counts_only_where_strangers_cannot_write(work, monkeypatch):
    (work / DISCOVERED[0]).write_text("{}")
    os.chown(work / DISCOVERED[0], 12345, -1) if os.getuid() == 0 else monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert find_file(work) == work / DISCOVERED[0]
    work.chmod(0o1777)
    assert find_file(work) is None


def test_a_working_directory_that_is_gone_is_no_obstacle(work, monkeypatch):
    gone = work / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert resolve(environ=ENVIRON).user_pool_id == POOL


def refusal(call, *args, **values):
    with pytest.raises(ConfigError) as caught:
        call(*args, **values)
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("NBAUTH_USER_POOL_ID", "pool"),
        ("NBAUTH_GUEST_ACCESS", "maybe"),
        ("NBAUTH_ENDPOINT_URL", "127.0.0.1:4566"),
        ("NBAUTH_AUTH_FLOW", "SRP"),
    ],
)
def test_a_wrong_variable_is_named(work, variable, value):
    message = refusal(resolve, environ={variable: value}, directory=work)
    assert message.startswith(f"{ENVIRONMENT[variable]} from {variable} is {value!r}: ")


def test_a_wrong_trait_is_named(work):
    message = refusal(resolve, traits=traits(region="not a region"), environ={}, directory=work)
    assert message.startswith("region from c.NbAuth.region is 'not a region': ")


def test_a_wrong_value_in_a_file_is_named_with_the_file(work):
    (work / DISCOVERED[0]).write_text('{"region": "not a region"}')
    message = refusal(resolve, environ={}, directory=work)
    assert message.startswith(f"region from {work / DISCOVERED[0]} is 'not a region': ")


def test_a_file_that_is_not_json_is_named_with_the_line(work):
    (work / "aws-exports.js").write_text("const awsmobile = {\n  nope\n};\n")
    message = refusal(resolve, environ={}, directory=work)
    assert message.startswith(f"{work / 'aws-exports.js'}, line 2: it is not JSON")


@pytest.mark.parametrize("name", ["missing.json", ".", "nul\0"])
def test_a_named_file_that_is_not_there_is_refused(work, name):
    message = refusal(resolve, environ={"NBAUTH_CONFIG": os.path.join(work, name)}, directory=work)
    assert "from NBAUTH_CONFIG cannot be read: there is no file of that name" in message


@pytest.mark.parametrize(("content", "problem"), [(b"\xff\xfe{", "not UTF-8"), (b" " * (1 << 20) + b"{}", "too large")])
def test_a_named_file_that_is_no_text_is_refused(work, content, problem):
    (work / "x.json").write_bytes(content)
    assert problem in refusal(resolve, work / "x.json", environ={}, directory=work)


def test_something_else_as_configuration_is_refused(work):
    assert "is a int: it is a mapping, a path or nothing" in refusal(resolve, 5, environ={}, directory=work)


def test_session_settings_have_defaults():
    session = resolve_session(environ={})
    assert (session.store, session.sign_in_wait, session.account) == ("auto", 300.0, "default")
    assert session.language is None
    assert session.sources == {}


def test_session_settings_have_the_same_order_of_sources():
    environ = {"NBAUTH_STORE": "file", "NBAUTH_SIGN_IN_WAIT": "1", "NBAUTH_ACCOUNT": "environ"}
    session = resolve_session(account="argument", traits=traits(sign_in_wait=2, account="trait"), environ=environ)
    assert (session.store, session.sign_in_wait, session.account) == ("file", 2, "argument")
    assert session.sources == {
        "store": "NBAUTH_STORE",
        "sign_in_wait": "c.NbAuth.sign_in_wait",
        "account": "the argument account",
    }


@pytest.mark.parametrize(
    ("variable", "value", "fits"),
    [
        ("NBAUTH_STORE", "disk", f"one of {', '.join(names())}, or a path like"),
        ("NBAUTH_SIGN_IN_WAIT", "soon", "a number of seconds"),
        ("NBAUTH_SIGN_IN_WAIT", "-1", "a number of seconds"),
        ("NBAUTH_SIGN_IN_WAIT", "inf", "a number of seconds"),
        ("NBAUTH_SIGN_IN_WAIT", "nan", "a number of seconds"),
        ("NBAUTH_ACCOUNT", " ", "a name of up to 128 characters"),
        ("NBAUTH_ACCOUNT", "a\nb", "a name of up to 128 characters"),
        ("NBAUTH_LANGUAGE", "Deutsch", "a language tag, such as 'de' or 'pt-BR'"),
        ("NBAUTH_LANGUAGE", "../de", "a language tag, such as 'de' or 'pt-BR'"),
    ],
)
def test_a_wrong_session_setting_is_named(variable, value, fits):
    message = refusal(resolve_session, environ={variable: value})
    assert message.startswith(f"{ENVIRONMENT[variable]} from {variable} is ")
    assert fits in message


@pytest.mark.parametrize("tag", ["de", "pt-BR", "zh-Hant-TW", "nb_NO", "fil"])
def test_a_language_is_a_tag_of_any_length(tag):
    assert resolve_session(traits=traits(language=tag), environ={"NBAUTH_LANGUAGE": "fr"}).language == tag


def test_a_store_of_somebody_elses_is_a_dotted_path():
    assert resolve_session(store="package.module:Store", environ={}).store == "package.module:Store"


def test_zero_means_not_waiting_and_is_no_missing_value():
    assert resolve_session(sign_in_wait=0, environ={"NBAUTH_SIGN_IN_WAIT": "5"}).sign_in_wait == 0


def test_the_secret_is_not_shown_wherever_it_was_set():
    config = Config(NbAuth=Config(client_secret="hunter2"))
    holder = NbAuth(config=config)
    assert holder.client_secret.reveal() == "hunter2"
    holder.update_config(Config(NbAuth=Config(client_secret="hunter3")))
    assert holder.client_secret.reveal() == "hunter3"
    holder.client_secret = "hunter4"
    assert holder.client_secret.reveal() == "hunter4"
    assert "hunter" not in NbAuth.class_get_help(holder) + repr(holder) + str(holder.trait_values()) + str(config)


def test_a_secret_of_the_wrong_kind_is_refused_unseen(work):
    assert "client_secret from c.NbAuth.client_secret is wrong" in refusal(
        resolve, traits=traits(client_secret=12345), environ={}, directory=work
    )


def test_every_trait_says_what_it_is_and_can_be_configured():
    own = NbAuth.class_own_traits()
    assert {"session_name", "boto3_name", "show_panel", "user_pool_id"} <= own.keys()
    assert all(trait.help.endswith(".") and trait.metadata["config"] for trait in own.values())


def test_importing_settings_loads_nothing_heavy():
    script = (
        "import sys, traitlets.config; old = set(sys.modules); import nbauth.settings; print(*set(sys.modules) - old)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    theirs = {name.partition(".")[0] for name in found} - {"nbauth"}
    assert theirs <= set(sys.stdlib_module_names)
    assert not {"nbauth.appearance", "nbauth.companies", "nbauth.stores", "nbauth.core.config_formats"} & set(found)
