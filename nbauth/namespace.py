"""The names that nbauth puts into the user's namespace, and a boto3 session that costs nothing until it is used.

Rule: a name that the user has is never overwritten, and only what is still ours is removed.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbauth import process

if TYPE_CHECKING:
    import boto3

_making = process.Lock()


class Names:
    """Names put into one IPython shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._put: dict[str, Any] = {}

    def put(self, name: str, value: Any) -> None:
        """Bind `name` to `value`, unless the user has bound it."""
        if name in self._shell.user_ns:
            sys.stderr.write(
                f"nbauth: {name!r} is a name of yours and stays as it is; c.NbAuth.session_name and"
                " c.NbAuth.boto3_name choose other names\n"
            )
            return
        # Not interactive: IPython then leaves it out of %who, as it does with its own names.
        self._shell.push({name: value}, interactive=False)
        self._put[name] = value

    def follow(self, name: str, value: Any) -> None:
        """Bind `name` to `value` where it is still bound to what was put there."""
        if name in self._put and self._shell.user_ns.get(name) is self._put[name]:
            self._shell.push({name: value}, interactive=False)
            self._put[name] = value

    def remove(self) -> None:
        """Take back the names that are still bound to what was put there."""
        for name, value in self._put.items():
            if self._shell.user_ns.get(name) is value:
                del self._shell.user_ns[name]
            self._shell.user_ns_hidden.pop(name, None)
        self._put.clear()


class CellSession:
    """What `%%aws_session` binds for the length of one cell, and puts back.

    Args:
        shell: The IPython shell.
        name: The name of the session in the cell.
        session: The session.
    """

    def __init__(self, shell: Any, name: str, session: "boto3.Session") -> None:
        self._shell = shell
        self._name = name
        self._session = session
        self._before: dict[str, Any] = {}
        self._default_before: boto3.Session | None = None

    def enter(self) -> None:
        """Bind the name, and make the session boto3's default."""
        import boto3

        names = self._shell.user_ns
        self._before = {self._name: names[self._name]} if self._name in names else {}
        names[self._name] = self._session
        self._default_before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, self._session

    def leave(self) -> None:
        """Put the name and the default session back, each unless the cell has set it to something of its own."""
        import boto3

        if boto3.DEFAULT_SESSION is self._session:
            boto3.DEFAULT_SESSION = self._default_before
        if self._shell.user_ns.get(self._name) is self._session:
            del self._shell.user_ns[self._name]
            self._shell.user_ns.update(self._before)


class LateSession:
    """Becomes a `boto3.Session` when it is first touched, as `importlib.util.LazyLoader` does with a module.

    Importing boto3 takes longer than all else that loading nbauth does, and many notebooks load it to sign in only.

    Args:
        make: Makes the session.
    """

    def __init__(self, make: "Callable[[], boto3.Session]") -> None:
        object.__setattr__(self, "_nbauth_make", make)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            # `isinstance` believes a class that is not the type it has just seen, so that must not change meanwhile.
            import boto3

            return boto3.Session
        _become(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _become(self)
        setattr(self, name, value)

    def __repr__(self) -> str:
        _become(self)
        return repr(self)


def _become(late: Any) -> None:
    with _making:
        if type(late) is LateSession:
            made = object.__getattribute__(late, "_nbauth_make")()
            object.__setattr__(late, "__dict__", vars(made))
            object.__setattr__(late, "__class__", type(made))
