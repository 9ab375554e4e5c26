"""What the demo says to a person in a terminal.

The passwords of the demo's users are the only secrets in it: they open nothing else.
"""

from collections.abc import Iterator

from nbauth.demo.scene import Scene, User


def settings_text(scene: Scene) -> str:
    """Return the settings as lines a shell can read, the users and the data as comments."""
    settings = scene.nbauth_settings() | scene.aws_settings()
    comments = [*_users(scene), "", *(f"s3://{scene.bucket}/{key}" for key in scene.keys)]
    lines = [f"{name}={value}" for name, value in settings.items()]
    return "\n".join(lines + [f"# {comment}".rstrip() for comment in comments])


def welcome_text(scene: Scene, url: str) -> str:
    """Return where to go and what to type there."""
    users = "\n".join(f"  {line}".rstrip() for line in _users(scene))
    return f"""
nbauth demo: an AWS of your own, on this machine.

  {url}

Sign in there as one of these:

{users}

Ctrl-C stops it and removes everything, the notebook too.
"""


def _users(scene: Scene) -> Iterator[str]:
    yield f"{'user':8}{'password':18}then"
    for user in scene.users:
        yield f"{user.username:8}{user.password:18}{_then(user)}"
    for user in scene.users:
        if user.totp_secret:
            yield ""
            yield f"{user.username}'s authenticator: {user.authenticator_uri()}"
            yield f"or, for a new code:    python -c \"import pyotp; print(pyotp.TOTP('{user.totp_secret}').now())\""


def _then(user: User) -> str:
    match user.challenge:
        case "NEW_PASSWORD_REQUIRED":
            return "choose a new password"
        case "SOFTWARE_TOKEN_MFA":
            return f"type the authenticator's code, now {user.code()}"
        case _:
            return "you are in"
