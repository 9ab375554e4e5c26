"""What people observe of a session: its traits, and who is told when they change.

Rule: a value is set under whatever lock, and told under none, in order with all others. Whoever fails at hearing of it
is reported and disturbs nobody.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

import traitlets
from traitlets import All, Bool, Float, HasTraits, Unicode, UseEnum

from nbauth import process
from nbauth.core import arguments
from nbauth.core.user_state import UserState
from nbauth.dispatcher import Dispatcher, elsewhere
from nbauth.waiting import Waiters

if TYPE_CHECKING:
    from nbauth.core.results import UserStateDetails

_log = logging.getLogger(__name__)

Listener = Callable[["UserStateDetails"], object]


class _Opened:
    """Mixin of the traits that are known once the token store has been read."""

    def get(self, obj: Any, cls: Any = None) -> Any:
        obj._open()
        return super().get(obj, cls)  # type: ignore[misc]


class _State(_Opened, UseEnum): ...


class _Flag(_Opened, Bool): ...


class _Text(_Opened, Unicode): ...


class _Value(_Opened, traitlets.Any): ...


class _Guarded:
    """An observer whose failure is reported and goes no further; equal to the observer itself, for `unobserve`."""

    def __init__(self, observer: Callable[..., Any]) -> None:
        self._observer = observer

    def __call__(self, change: Any) -> None:
        try:
            self._observer(change)
        except Exception:  # noqa: BLE001 - traitlets would drop the observers after it
            _log.exception("nbauth: an observer failed")

    def __eq__(self, other: object) -> bool:
        return self._observer == (other._observer if isinstance(other, _Guarded) else other)

    def __hash__(self) -> int:
        return hash(self._observer)


def _called_while_held(method: Callable[[], object]) -> Callable[[], None]:
    reference = WeakMethod(method)

    def call() -> None:
        if held := reference():
            held()

    return call


class Observed(HasTraits):
    """Base of `AuthSession` with its traits. All but `sign_in_wait` are read-only, and every one can be observed."""

    state = _State(UserState, read_only=True, help="Who is signed in.")
    state_reason = _Text(None, allow_none=True, read_only=True, help="Why tokens are invalid.")
    is_signed_in = _Flag(False, read_only=True, help="Whether a user is known, with valid tokens or without.")
    has_valid_tokens = _Flag(False, read_only=True, help="Whether there are tokens that have not expired.")
    username = _Text(None, allow_none=True, read_only=True, help="The user's name in the pool.")
    user_sub = _Text(None, allow_none=True, read_only=True, help="The user's unchanging id.")
    identity_id = _Text(None, allow_none=True, read_only=True, help="The identity in the identity pool.")
    challenge = _Value(None, read_only=True, help="What the pool asks next in the sign-in that is under way.")
    tokens_expire_at = _Value(None, read_only=True, help="When the tokens end; they renew themselves before.")
    credentials_expire_at = _Value(None, read_only=True, help="When the AWS credentials end; they renew themselves.")
    online = _Flag(True, read_only=True, help="Whether the last attempt reached the service.")
    busy = _Flag(False, read_only=True, help="Whether a sign-in request is under way.")
    error = _Value(None, read_only=True, help="What went wrong in the last step of the sign-in.")
    waiting = traitlets.Tuple((), read_only=True, help="The calls that wait for a sign-in or the network.")
    sign_in_wait = Float(300.0, min=0.0, help="How long a call waits for a sign-in, in seconds; 0 for not at all.")

    def __init__(self) -> None:
        super().__init__()
        self._is_open = False
        self._dispatcher = Dispatcher()
        self._waiters = Waiters(_called_while_held(self._publish_waiting))
        self._counting = process.Lock()
        self._listeners: dict[object, Listener] = {}

    def add_user_state_listener(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with a `UserStateDetails` after every change of the user state.

        Returns:
            A function that removes the listener again.

        Raises:
            Rejected: The listener is no function.
        """
        arguments.function(listener, "A listener")
        self._open()
        self._listeners[object()] = listener  # nobody who removes another one meanwhile has a part in it
        return lambda: self.remove_user_state_listener(listener)

    def remove_user_state_listener(self, listener: Listener) -> None:
        """Stop calling `listener`; nothing happens where it is not called."""
        for key, kept in tuple(self._listeners.items()):
            if kept == listener:
                self._listeners.pop(key, None)

    def observe(self, handler: Callable[..., Any], names: Any = All, type: Any = "change") -> None:
        """Call `handler` when traits change, as in traitlets; one that raises is reported and disturbs nobody."""
        self._open()
        super().observe(_Guarded(handler), names, type)

    def notify_change(self, change: Any) -> None:
        """Deliver a change to its observers, in order with all others and under no lock."""
        if change.name == "sign_in_wait":
            super().notify_change(change)
        elif self._is_open:
            deliver = super().notify_change
            self._dispatcher.post(lambda: deliver(change))

    def _open(self) -> object:
        """Find out what the traits are, the first time."""
        raise NotImplementedError

    def _publish(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.set_trait(name, value)

    def _publish_waiting(self) -> None:
        with self._counting:
            self.set_trait("waiting", self._waiters.labels())
        # A wait may begin or end under any lock.
        with elsewhere():
            self._dispatcher.deliver()

    def _tell(self, details: "UserStateDetails") -> None:
        for listener in tuple(self._listeners.values()):
            _Guarded(listener)(details)

    def _leave_watchers(self) -> None:
        """Leave to the parent of a forked process who watches there, and what waits."""
        self.unobserve_all()
        self._listeners = {}
        self.set_trait("waiting", self._waiters.labels())
