"""The `NbAuth` traits: settings in ``ipython_config.py``, on `jupyter` command lines and by ``%config NbAuth``.

Rule: `%config` and an application's `config` show what was written: the client secret is masked in both.
"""

from collections.abc import Mapping
from keyword import iskeyword
from typing import Any

import traitlets
from traitlets import Bool, CaselessStrEnum, Dict, Float, List, Unicode, Union
from traitlets.config import Config, Configurable

from nbauth.core.config import AUTH_FLOWS
from nbauth.core.secret import Secret
from nbauth.errors import ConfigError


def _of_the_look(help_text: str) -> Any:
    """Return a setting that takes anything: `nbauth.appearance` leaves out what does not fit, and nothing fails."""
    return traitlets.Any(None, help=help_text).tag(config=True)


class NbAuth(Configurable):
    """Settings of nbauth, for ``ipython_config.py``, ``jupyter`` command lines and ``%config NbAuth``.

    None means not set: then the environment, a configuration file or the default decides.
    """

    region = Unicode(None, allow_none=True, help="The AWS region, such as 'eu-west-1'.").tag(config=True)
    user_pool_id = Unicode(None, allow_none=True, help="The Cognito user pool.").tag(config=True)
    client_id = Unicode(None, allow_none=True, help="The app client of the user pool.").tag(config=True)
    client_secret = traitlets.Any(
        None, help="The app client's secret, if it has one; a file that is shared is no place for it."
    ).tag(config=True)
    identity_pool_id = Unicode(None, allow_none=True, help="The Cognito identity pool.").tag(config=True)
    custom_role_arn = Unicode(
        None, allow_none=True, help="The IAM role to ask the identity pool for, of those that it offers the user."
    ).tag(config=True)
    endpoint_url = Unicode(
        None, allow_none=True, help="Where both Cognito services are, if not at AWS: 'http://127.0.0.1:4566'."
    ).tag(config=True)
    issuer = Unicode(None, allow_none=True, help="The issuer of the pool's tokens, if AWS is not.").tag(config=True)
    auth_flow = Unicode(
        None, allow_none=True, help=f"How a sign-in begins: {', '.join(AUTH_FLOWS)}. Default: {AUTH_FLOWS[0]}."
    ).tag(config=True)
    guest_access = Union(
        [Bool(None, allow_none=True), CaselessStrEnum(["eager"])],
        help=(
            "Whether guests get AWS credentials: 'eager' for at once, True for when AWS is used while nobody is signed"
            " in. Default: those who ask to be guests."
        ),
    ).tag(config=True)
    username_attributes = List(
        Unicode(),
        None,
        allow_none=True,
        help="What people type as their user name: 'email', 'phone_number' or both. Default: a user name.",
    ).tag(config=True)
    self_sign_up = Bool(
        None, allow_none=True, help="Whether people are offered to make an account. Default: they are."
    ).tag(config=True)
    sign_up_attributes = List(
        Union([Unicode(), Dict(key_trait=Unicode())]),
        None,
        allow_none=True,
        help=(
            "What the pool must know of somebody who makes an account, such as ['email', 'custom:team']. A mapping says"
            " more: {'name': 'custom:team', 'label': 'Team', 'type': 'text', 'optional': True, 'min': 2, 'max': 20},"
            " where type is text (min and max count characters), number or date."
        ),
    ).tag(config=True)
    password_policy = Dict(
        default_value=None,
        allow_none=True,
        help=(
            "What the pool asks of passwords: {'min_length': 12, 'require_numbers': True}, with require_lowercase,"
            " require_uppercase and require_symbols."
        ),
    ).tag(config=True)
    passkey_domain = Unicode(
        None, allow_none=True, help="The domain that the pool takes passkeys for, such as 'example.com'."
    ).tag(config=True)
    store = Unicode(
        None,
        allow_none=True,
        help="Where the sign-in is kept: 'auto' (the default), 'keyring', 'file', 'memory' or 'package.module.Class'.",
    ).tag(config=True)
    sign_in_wait = Float(
        None, allow_none=True, help="How long a call waits for a sign-in, in seconds; 0 for not at all. Default: 300."
    ).tag(config=True)
    account = Unicode(None, allow_none=True, help="The name under which the sign-in is kept. Default: 'default'.").tag(
        config=True
    )
    language = Unicode(
        None,
        allow_none=True,
        help="The language of the panel and the status bar, such as 'de' or 'pt-BR'. Default: the browser's.",
    ).tag(config=True)
    title = _of_the_look("What the sign-in form is called. Default: 'Sign in to AWS', in the language of the panel.")
    logo = _of_the_look("The logo on the panel: the path of a PNG, SVG, JPEG or WebP of up to 64 KB, or a data: URI.")
    logo_dark = _of_the_look("The logo for dark themes. Default: the same.")
    accent_color = _of_the_look("The colour of what is to be pressed, such as '#0b7285'. Default: the front end's.")
    help_url = _of_the_look("Where there is help: an https, http or mailto address.")
    help_label = _of_the_look("What the link to the help says. Default: 'Help', in the language of the panel.")
    terms_url = _of_the_look("Where the terms of use are: an https, http or mailto address.")
    privacy_url = _of_the_look("Where it says what becomes of people's data: an https, http or mailto address.")
    company_sign_in = Dict(
        key_trait=Unicode(),
        help=(
            "Companies whose people sign in with their account there, by the provider's name in the identity pool:"
            " {'sso.example.com': {'label': 'Example Corp', 'token': 'package.module:function'}}. The function"
            " returns a token of the provider, and is asked again when it has ended."
        ),
    ).tag(config=True)
    accounts = Dict(
        key_trait=Unicode(),
        help="Accounts with a pool of their own: {'work': {'user_pool_id': '...', 'client_id': '...'}}.",
    ).tag(config=True)
    session_name = Unicode("auth", help="The name that the auth session gets in the notebook.").tag(config=True)
    boto3_name = Unicode("aws", help="The name that the boto3 session gets in the notebook.").tag(config=True)
    show_panel = Bool(True, help="Whether loading nbauth shows the sign-in panel or the status bar.").tag(config=True)

    @traitlets.validate("client_secret")
    def _masked(self, proposal: Mapping[str, Any]) -> Any:
        value = proposal["value"]
        return Secret(value) if isinstance(value, str) else value

    @traitlets.validate("accounts")
    def _masked_accounts(self, proposal: Mapping[str, Any]) -> Any:
        return _masked_in_each(proposal["value"])

    def _load_config(self, cfg: Config, section_names: Any = None, traits: Any = None) -> None:
        section = cfg.get("NbAuth", {})
        if isinstance(section.get("client_secret"), str):
            section["client_secret"] = Secret(section["client_secret"])
        if isinstance(section.get("accounts"), Mapping):
            section["accounts"] = _masked_in_each(section["accounts"])
        super()._load_config(cfg, section_names, traits)


def _masked_in_each(accounts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        account: {**values, "client_secret": Secret(values["client_secret"])}
        if isinstance(values, Mapping) and isinstance(values.get("client_secret"), str)
        else values
        for account, values in accounts.items()
    }


def settings_of(shell: Any) -> NbAuth:
    """Return the settings that a shell's configuration holds.

    Raises:
        ConfigError: One of them is of the wrong type, or is no name that Python has.
    """
    try:
        settings = NbAuth(parent=shell)
    except traitlets.TraitError:
        settings = None
    if settings is None:
        raise ConfigError(_misfit(shell.config))
    for name in ("session_name", "boto3_name"):
        chosen = getattr(settings, name)
        if not chosen.isidentifier() or iskeyword(chosen):
            raise ConfigError(f"c.NbAuth.{name} is {chosen[:60]!r}: it must be a name that Python code can use")
    if settings.session_name == settings.boto3_name:
        raise ConfigError(f"c.NbAuth.session_name and boto3_name are both {settings.session_name!r}: choose two names")
    return settings


def _misfit(config: Config) -> str:
    """Return what is wrong with a configuration; no value is quoted, since one is a secret."""
    for name, value in config.NbAuth.items():
        try:
            NbAuth(config=Config(NbAuth={name: value}))
        except traitlets.TraitError:
            trait = NbAuth.class_traits()[name]
            return f"c.NbAuth.{name} cannot be of type {type(value).__name__}: it is {trait.info()}"
    return "c.NbAuth holds something that does not fit"
