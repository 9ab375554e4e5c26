"""The devices of users: how one is remembered, listed and forgotten, and how it proves its own password."""

from collections.abc import Callable

from nbauth.testing.stand_in import srp
from nbauth.testing.stand_in.challenges import Attempt, Parameters, incorrect
from nbauth.testing.stand_in.device import Device
from nbauth.testing.stand_in.pool import Operation, Pool
from nbauth.testing.stand_in.proofs import Claim, public_number
from nbauth.testing.stand_in.requests import (
    DEVICE_KEY,
    WORD,
    Answer,
    Refused,
    Request,
    choice,
    invalid,
    member,
    not_authorized,
    number,
    optional,
    parameter,
    structure,
)
from nbauth.testing.stand_in.settings import DeviceTracking
from nbauth.testing.stand_in.users import User

_MOST = 60


class Devices:
    """The devices.

    Args:
        pool: The user pool.
        then: What a sign-in goes on with when its device is known.
    """

    def __init__(self, pool: Pool, then: Callable[[Attempt], Answer]) -> None:
        self.operations: dict[str, Operation] = {
            "ConfirmDevice": self._confirm_device,
            "UpdateDeviceStatus": self._update_device_status,
            "ListDevices": self._list_devices,
            "GetDevice": self._get_device,
            "ForgetDevice": self._forget_device,
        }
        self._pool = pool
        self._then = then

    def check(self, attempt: Attempt) -> None:
        """Check that a sign-in comes from a device that is known, if from any.

        Raises:
            Refused: The device is not there.
        """
        if self._pool.settings.devices and attempt.device_key:
            self._confirmed(attempt.known, attempt.device_key)

    def ask(self, attempt: Attempt) -> Answer:
        """Ask a device that is known to prove its password."""
        self.check(attempt)
        if not self._pool.settings.devices or not attempt.device_key:
            return self._then(attempt)
        device = self._confirmed(attempt.known, attempt.device_key)
        return self._pool.challenges.ask(
            "DEVICE_SRP_AUTH", attempt, {}, lambda responses: self._ask_proof(device, attempt, responses)
        )

    def admit(self, attempt: Attempt) -> Device | None:
        """Return the device that a sign-in which has succeeded is from: a new one, where it is from none."""
        user = attempt.known
        if not self._pool.settings.devices:
            return None
        device = user.devices.get(attempt.device_key or "") or Device.new(self._pool.region, self._pool.clock.now())
        user.devices[device.key] = device
        device.used_at = self._pool.clock.now()
        return device

    def _ask_proof(self, device: Device, attempt: Attempt, responses: Parameters) -> Answer:
        if parameter(responses, "DEVICE_KEY") != device.key or device.verifier is None:
            raise _missing()
        big_a = public_number(responses)
        if big_a % srp.N == 0:
            raise not_authorized("Incorrect username or password.")
        handshake = srp.Handshake(device.verifier, big_a)
        about = {
            "SALT": f"{device.verifier.salt:x}",
            "SRP_B": f"{handshake.big_b:x}",
            "SECRET_BLOCK": handshake.secret_block,
            "DEVICE_KEY": device.key,
            "USERNAME": attempt.username,
        }

        def take(responses: Parameters) -> Answer:
            claim = Claim.read(responses)
            if parameter(responses, "DEVICE_KEY") != device.key:
                raise _missing()
            if not claim.holds(handshake, self._pool.clock.now()):
                raise incorrect()
            attempt.methods.append("DEVICE")
            return self._then(attempt)

        return self._pool.challenges.ask("DEVICE_PASSWORD_VERIFIER", attempt, about, take)

    def _confirm_device(self, request: Request) -> Answer:
        user, tracking = self._pool.bearer(request), self._tracking()
        key, name = _key(request), optional(request, "DeviceName", longest=1024)
        config = structure(request, "DeviceSecretVerifierConfig")
        device = user.devices.get(key)
        if device is None or key != self._pool.grants.device_of(request["AccessToken"]):
            raise _missing()
        if device.verifier:
            raise Refused("DeviceKeyExistsException", "Device key already exists.")
        if not config:
            raise invalid("Missing required parameter DeviceSecretVerifierConfig")
        verifier, salt = (member(config, part, shown=False) for part in ("PasswordVerifier", "Salt"))
        device.confirm(verifier, salt, name, self._pool.clock.now())
        device.remembered = not tracking.asks_the_user
        return {"UserConfirmationNecessary": tracking.asks_the_user}

    def _update_device_status(self, request: Request) -> Answer:
        device = self._theirs(request)
        status = choice(request, "DeviceRememberedStatus", frozenset({"remembered", "not_remembered"}))
        device.remembered, device.modified_at = status == "remembered", self._pool.clock.now()
        return {}

    def _list_devices(self, request: Request) -> Answer:
        user = self._pool.bearer(request)
        self._tracking()
        most, after = number(request, "Limit", _MOST), optional(request, "PaginationToken", pattern=WORD)
        devices = [device for device in user.devices.values() if device.verifier]
        keys = [device.key for device in devices]
        if after is not None and after not in keys:
            raise invalid("Invalid pagination token given.")
        begin = keys.index(after) + 1 if after else 0
        page = devices[begin : begin + most]
        more = {"PaginationToken": page[-1].key} if begin + most < len(devices) else {}
        return {"Devices": [device.shown() for device in page], **more}

    def _get_device(self, request: Request) -> Answer:
        return {"Device": self._theirs(request).shown()}

    def _forget_device(self, request: Request) -> Answer:
        device = self._theirs(request)
        del self._pool.bearer(request).devices[device.key]
        return {}

    def _theirs(self, request: Request) -> Device:
        user = self._pool.bearer(request)
        self._tracking()
        return self._confirmed(user, _key(request))

    def _confirmed(self, user: User, key: str) -> Device:
        device = user.devices.get(key)
        if device is None or device.verifier is None:
            raise _missing()
        return device

    def _tracking(self) -> DeviceTracking:
        if self._pool.settings.devices is None:
            raise Refused("InvalidUserPoolConfigurationException", "Device tracking is not enabled for the user pool.")
        return self._pool.settings.devices


def _key(request: Request) -> str:
    return member(request, "DeviceKey", pattern=DEVICE_KEY, longest=55)


def _missing() -> Refused:
    return Refused("ResourceNotFoundException", "Device does not exist.")
