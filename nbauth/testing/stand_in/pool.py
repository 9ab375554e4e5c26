"""What all operations of the user pool share: its settings, its users, and who asks for something."""

from collections.abc import Callable
from typing import Any

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.challenges import Challenges
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.codes import Codes
from nbauth.testing.stand_in.grants import Grants
from nbauth.testing.stand_in.locks import Limits
from nbauth.testing.stand_in.requests import (
    CLIENT_ID,
    HASH,
    TOKEN,
    USERNAME,
    Answer,
    Refused,
    Request,
    member,
    optional,
)
from nbauth.testing.stand_in.settings import PoolSettings
from nbauth.testing.stand_in.triggers import Triggers
from nbauth.testing.stand_in.users import User, Users

Operation = Callable[[Request], Answer]


class Pool:
    """A user pool.

    Attributes:
        region: Where it is.
        issuer: Its URL, which stands in every token.
        clock: Its time.
        settings: Its settings.
        triggers: What its sign-ins ask beside the usual.
        users: Its users.
        clients: Its app clients by their ids.
        codes: The codes that it has sent.
        grants: Its sign-ins.
        challenges: Its challenges that wait for an answer.
    """

    def __init__(self, region: str, name: str, clock: ShiftedClock) -> None:
        self.region = region
        self.issuer = f"https://cognito-idp.{region}.amazonaws.com/{region}_{name}"
        self.clock = clock
        self.settings = PoolSettings()
        self.triggers = Triggers()
        self.users = Users(name, self.settings, clock)
        self.clients: dict[str, AppClient] = {}
        self.codes = Codes(clock)
        self.grants = Grants(self.issuer, self.users, clock)
        self.challenges = Challenges(clock)
        self._limits = Limits()

    def client(self, request: Request) -> AppClient:
        """Return the app client that a request comes through.

        Raises:
            Refused: There is none.
        """
        client_id = member(request, "ClientId", pattern=CLIENT_ID, longest=128)
        if client_id not in self.clients:
            raise Refused("ResourceNotFoundException", f"User pool client {client_id} does not exist.")
        return self.clients[client_id]

    def bearer(self, request: Request) -> User:
        """Return whose access token a request bears.

        Raises:
            Refused: Nobody's, or one that allows nothing.
        """
        user = self.grants.bearer(member(request, "AccessToken", pattern=TOKEN, shown=False))
        if user.status == "RESET_REQUIRED":
            raise Refused("PasswordResetRequiredException", "Password reset required for the user")
        if user.status == "UNCONFIRMED":
            raise Refused("UserNotConfirmedException", "User is not confirmed.")
        return user

    def named(self, name: str, client: AppClient) -> User | None:
        """Return who signs in with a name; None where nobody does, and that is not to be told.

        Raises:
            Refused: Nobody does, and it is.
        """
        user = self.users.named(name)
        if user is None and not client.hides_unknown_users:
            raise Refused("UserNotFoundException", "User does not exist.")
        return user

    def username(self, request: Request, client: AppClient) -> str:
        """Return the name in a request about an account, whose hash is made with it.

        Raises:
            Refused: It is no name, or the hash is not right.
        """
        name = member(request, "Username", pattern=USERNAME, longest=128)
        given = optional(request, "SecretHash", pattern=HASH, longest=128, shown=False)
        client.check_hash({"SECRET_HASH": given} if given else {}, name, first=True)
        return name

    def limit(self, operation: str, who: User | str) -> None:
        """Take note that somebody asks for an operation.

        Raises:
            Refused: It is one time too many.
        """
        username = who.username if isinstance(who, User) else who
        self._limits.check(operation, username, self.clock.now(), self.settings.limits.get(operation))


def metadata(request: Request) -> dict[str, Any]:
    """Return the ClientMetadata of a request."""
    given = request.get("ClientMetadata")
    return dict(given) if isinstance(given, dict) else {}
