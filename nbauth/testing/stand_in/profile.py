"""A user's own account: attributes, the verification of addresses and numbers, and its end."""

from nbauth.testing.stand_in import attributes
from nbauth.testing.stand_in.attributes import VERIFIABLE
from nbauth.testing.stand_in.codes import delivery
from nbauth.testing.stand_in.pool import Operation, Pool
from nbauth.testing.stand_in.requests import WORD, Answer, Refused, Request, invalid, member
from nbauth.testing.stand_in.requests import attributes as read_attributes
from nbauth.testing.stand_in.users import User


class Profile:
    """Reads and changes accounts.

    Args:
        pool: The user pool.
    """

    def __init__(self, pool: Pool) -> None:
        self.operations: dict[str, Operation] = {
            "GetUser": self._get_user,
            "UpdateUserAttributes": self._update_user_attributes,
            "DeleteUserAttributes": self._delete_user_attributes,
            "GetUserAttributeVerificationCode": self._get_user_attribute_verification_code,
            "VerifyUserAttribute": self._verify_user_attribute,
            "DeleteUser": self._delete_user,
        }
        self._pool = pool

    def _get_user(self, request: Request) -> Answer:
        user = self._pool.bearer(request)
        answer: Answer = {
            "Username": user.username,
            "UserAttributes": [{"Name": name, "Value": value} for name, value in user.attributes.items()],
        }
        return answer | second_factors_of(user)

    def _update_user_attributes(self, request: Request) -> Answer:
        given = read_attributes(request, "UserAttributes")
        user = self._pool.bearer(request)
        if not given:
            raise invalid("1 validation error detected: Value at 'userAttributes' must not be empty")
        self._check(user, given)
        sent = []
        for name, value in given.items():
            if name in VERIFIABLE and value and value != user.attributes.get(name):
                sent += self._change_verifiable(user, name, value)
            elif value:
                user.attributes[name] = value
            else:
                _delete(user, name)
        return {"CodeDeliveryDetailsList": sent}

    def _check(self, user: User, given: dict[str, str]) -> None:
        settings = self._pool.settings
        attributes.check(given, settings)
        for name, value in given.items():
            if name in settings.immutable_attributes:
                raise invalid(f"user.{name}: Attribute cannot be updated.")
            if not value and name in self._pool.users.required_attributes:
                raise invalid(f"Attributes did not conform to the schema: {name}: The attribute is required")
            if value and name in {*settings.aliases, settings.username_is}:
                self._check_alias(user, name, value)

    def _check_alias(self, user: User, name: str, value: str) -> None:
        if self._pool.users.other_with(name, value, user):
            raise Refused("AliasExistsException", f"An account with the {name.replace('_', ' ')} already exists.")

    def _change_verifiable(self, user: User, name: str, value: str) -> list[Answer]:
        settings = self._pool.settings
        self._pool.codes.forget(user, name)
        if name in settings.verified_before_update:
            user.unverified[name] = value
        else:
            user.attributes |= {name: value, f"{name}_verified": "false"}
        if name not in settings.auto_verified | settings.verified_before_update:
            return []
        self._pool.codes.send(user, name, name, to=value)
        return [delivery(name, value)]

    def _delete_user_attributes(self, request: Request) -> Answer:
        names = request.get("UserAttributeNames") or []
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise Refused("SerializationException", "UserAttributeNames is not a list of names")
        if not names:
            raise invalid("1 validation error detected: Value at 'userAttributeNames' must not be empty")
        user = self._pool.bearer(request)
        for name in names:
            attributes.check_name(name, self._pool.settings)
            if name in {*self._pool.users.required_attributes, self._pool.settings.username_is}:
                raise invalid(f"user.{name}: Attribute cannot be deleted.")
        for name in names:
            _delete(user, name)
        return {}

    def _get_user_attribute_verification_code(self, request: Request) -> Answer:
        name = _verifiable(request)
        user = self._pool.bearer(request)
        value = user.unverified.get(name) or user.attributes.get(name)
        if not value:
            raise invalid(f"User does not have the attribute {name}.")
        self._pool.limit("GetUserAttributeVerificationCode", user)
        self._pool.codes.send(user, name, name, to=value)
        return {"CodeDeliveryDetails": delivery(name, value)}

    def _verify_user_attribute(self, request: Request) -> Answer:
        name = _verifiable(request)
        code = member(request, "Code", pattern=WORD, longest=2048, shown=False)
        user, lifetime = self._pool.bearer(request), self._pool.settings.sign_up_code_lifetime
        self._pool.limit("VerifyUserAttribute", user)
        self._pool.codes.check(user, name, code, lifetime)
        value = user.unverified.get(name) or user.attributes.get(name, "")
        if name in self._pool.settings.aliases:
            self._check_alias(user, name, value)
        self._pool.codes.use(user, name, code, lifetime)
        user.attributes |= {name: value, f"{name}_verified": "true"}
        user.unverified.pop(name, None)
        return {}

    def _delete_user(self, request: Request) -> Answer:
        user = self._pool.bearer(request)
        self._pool.grants.revoke_all(user)
        self._pool.users.remove(user.username)
        return {}


def second_factors_of(user: User) -> Answer:
    """Return how an answer tells a user's second factors; nothing where there are none."""
    factors = user.second_factors()
    preferred = {"PreferredMfaSetting": user.preferred_mfa} if user.preferred_mfa in factors else {}
    return {"UserMFASettingList": factors, **preferred} if factors else {}


def _verifiable(request: Request) -> str:
    name = member(request, "AttributeName", longest=32)
    if name not in VERIFIABLE:
        raise invalid(f"Invalid attribute: {name} cannot be verified.")
    return name


def _delete(user: User, name: str) -> None:
    for attribute in (name, f"{name}_verified"):
        user.attributes.pop(attribute, None)
    user.unverified.pop(name, None)
