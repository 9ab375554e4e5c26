"""The table: every flow, every challenge, every way a sign-in ends, each with a number that stays."""

import json
from collections.abc import Mapping

from nbauth.core.challenges import Challenge
from nbauth.errors import CodeMismatch, InvalidPassword, NotAuthorized, Rejected
from nbauth.testing import CustomChallenge, DeviceTracking
from tests.cases.model import EMAIL, NEW_PASSWORD, PASSWORD, Answer, Case, Journey, Outcome, Pool, Step, Tells, Who

TOMORROW = "A_CHALLENGE_OF_TOMORROW"
NEW_EMAIL = "new@example.com"


# What is answered.


def always(**answers: str) -> Answer:
    return lambda tells, challenge: answers


def another(code: str) -> str:
    """Return a code of the same length that is not this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def sent_code(challenge: str) -> Step:
    return Step(
        challenge,
        lambda tells, challenge: {"code": tells.sent_code()},
        lambda tells, challenge: {"code": another(tells.sent_code())},
    )


def app_code() -> Step:
    return Step(
        "SOFTWARE_TOKEN_MFA",
        lambda tells, challenge: {"code": tells.app_code()},
        lambda tells, challenge: {"code": another(tells.app_code())},
    )


def first_app_code() -> Step:
    def right(tells: Tells, challenge: Challenge | None) -> Mapping[str, str]:
        assert challenge
        assert challenge.totp_secret
        return {"code": tells.app_code(challenge.totp_secret.reveal())}

    def wrong(tells: Tells, challenge: Challenge | None) -> Mapping[str, str]:
        return {"code": another(right(tells, challenge)["code"])}

    return Step("MFA_SETUP", right, wrong, CodeMismatch)


def first_address() -> Step:
    return Step("MFA_SETUP", always(email=NEW_EMAIL), always(email="nowhere"), Rejected)


def chosen(challenge: str, way: str, *, is_sent: bool = True) -> Step:
    return Step(challenge, always(answer=way), is_sent=is_sent)


def password(challenge: str = "SELECT_CHALLENGE") -> Step:
    return Step(challenge, always(password=PASSWORD), always(password="wrong"), NotAuthorized)


def new_password(**attributes: str) -> Step:
    given = {f"userAttributes.{name}": value for name, value in attributes.items()}
    right, wrong = always(new_password=NEW_PASSWORD, **given), always(new_password="short", **given)
    return Step("NEW_PASSWORD_REQUIRED", right, wrong, InvalidPassword)


def passkey() -> Step:
    def options(posed: Challenge | None, **changes: str) -> str:
        assert posed
        return json.dumps(json.loads(posed.parameters["CREDENTIAL_REQUEST_OPTIONS"]) | changes)

    return Step(
        "WEB_AUTHN",
        lambda tells, challenge: {"credential": tells.passkey(options(challenge))},
        lambda tells, challenge: {"credential": tells.passkey(options(challenge, challenge="another"))},
        NotAuthorized,
    )


def question(answer: str, name: str = "CUSTOM_CHALLENGE") -> Step:
    return Step(name, always(answer=answer), always(answer="wrong"), None)


# What is asked.

SRP = ("USER_SRP_AUTH", "PASSWORD_VERIFIER")
CUSTOM_SRP = ("CUSTOM_AUTH", "PASSWORD_VERIFIER")
DEVICE = ("DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER")
APP = ("AssociateSoftwareToken", "VerifySoftwareToken", "MFA_SETUP")

COLOUR = CustomChallenge("blue", {"question": "Which colour?"})
ECHO = CustomChallenge("an echo", {"question": "What speaks last?"})
RIDDLE = CustomChallenge("a river", {"riddle": "What runs and has no legs?"}, name=TOMORROW)

BY_TEXT = Who(phone=True, second_factors=("SMS_MFA",))
BY_APP = Who(second_factors=("SOFTWARE_TOKEN_MFA",))
BY_MAIL = Who(email=True, second_factors=("EMAIL_OTP",))
BY_TEXT_OR_APP = Who(phone=True, second_factors=("SMS_MFA", "SOFTWARE_TOKEN_MFA"))
NEW = Who(temporary=True)
REACHABLE = Who(email=True, phone=True)

TRACKING = Pool(devices=DeviceTracking())
TRACKING_BESIDE_CODES = Pool(devices=DeviceTracking(replaces_second_factor=False))
ONLY_APPS = Pool(mfa="ON", second_factors=frozenset({"SOFTWARE_TOKEN_MFA"}))
APPS_OR_MAIL = Pool(mfa="ON", second_factors=frozenset({"SOFTWARE_TOKEN_MFA", "EMAIL_OTP"}))
ANY_FIRST = Pool(first_factors=frozenset({"PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}))

FAKE = frozenset({"fake"})
FAKE_PANEL = FAKE | {"panel"}
EVERYWHERE = FAKE_PANEL | {"ministack"}

JOURNEYS: Mapping[int, Journey] = {
    # The password is proved.
    1: Journey("USER_SRP_AUTH", SRP, also_on=EVERYWHERE),
    2: Journey("USER_SRP_AUTH", SRP, who=Who(email=True), typed=EMAIL, also_on=EVERYWHERE),
    3: Journey("USER_SRP_AUTH", (*SRP, "SMS_MFA"), (sent_code("SMS_MFA"),), BY_TEXT, also_on=FAKE_PANEL),
    4: Journey("USER_SRP_AUTH", (*SRP, "SOFTWARE_TOKEN_MFA"), (app_code(),), BY_APP, also_on=EVERYWHERE),
    5: Journey("USER_SRP_AUTH", (*SRP, "EMAIL_OTP"), (sent_code("EMAIL_OTP"),), BY_MAIL, also_on=FAKE_PANEL),
    6: Journey(
        "USER_SRP_AUTH",
        (*SRP, "SELECT_MFA_TYPE", "SMS_MFA"),
        (chosen("SELECT_MFA_TYPE", "SMS_MFA"), sent_code("SMS_MFA")),
        BY_TEXT_OR_APP,
        also_on=FAKE,
    ),
    7: Journey(
        "USER_SRP_AUTH",
        (*SRP, "SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA", *DEVICE),
        (chosen("SELECT_MFA_TYPE", "SOFTWARE_TOKEN_MFA"), app_code()),
        Who(phone=True, second_factors=("SMS_MFA", "SOFTWARE_TOKEN_MFA"), device="known"),
        TRACKING_BESIDE_CODES,
    ),
    8: Journey("USER_SRP_AUTH", (*SRP, "NEW_PASSWORD_REQUIRED"), (new_password(),), NEW, also_on=EVERYWHERE),
    9: Journey(
        "USER_SRP_AUTH",
        (*SRP, "NEW_PASSWORD_REQUIRED"),
        (new_password(given_name="Ada"),),
        NEW,
        Pool(required_attributes=("given_name",)),
        also_on=frozenset({"panel"}),
    ),
    10: Journey("USER_SRP_AUTH", (*SRP, *APP), (first_app_code(),), pool=ONLY_APPS, also_on=FAKE),
    11: Journey(
        "USER_SRP_AUTH",
        (*SRP, "NEW_PASSWORD_REQUIRED", *APP),
        (new_password(), chosen("MFA_SETUP", "SOFTWARE_TOKEN_MFA"), first_app_code()),
        NEW,
        APPS_OR_MAIL,
    ),
    12: Journey(
        "USER_SRP_AUTH",
        (*SRP, "MFA_SETUP", "EMAIL_OTP"),
        (chosen("MFA_SETUP", "EMAIL_OTP", is_sent=False), first_address(), sent_code("EMAIL_OTP")),
        pool=APPS_OR_MAIL,
    ),
    13: Journey("USER_SRP_AUTH", (*SRP, "ConfirmDevice"), pool=TRACKING),
    14: Journey(
        "USER_SRP_AUTH",
        (*SRP, *DEVICE),
        who=Who(phone=True, second_factors=("SMS_MFA",), device="known"),
        pool=TRACKING,
        also_on=FAKE,
    ),
    15: Journey("USER_SRP_AUTH", (*SRP, *SRP, "ConfirmDevice"), who=Who(device="forgotten"), pool=TRACKING),
    16: Journey(
        "USER_SRP_AUTH",
        (*SRP, TOMORROW),
        (question("a river", TOMORROW),),
        pool=Pool(later=(RIDDLE,)),
        also_on=frozenset({"panel"}),
    ),
    # The password is sent.
    17: Journey("USER_PASSWORD_AUTH", ("USER_PASSWORD_AUTH",), also_on=EVERYWHERE),
    18: Journey(
        "USER_PASSWORD_AUTH", ("USER_PASSWORD_AUTH", "SMS_MFA"), (sent_code("SMS_MFA"),), BY_TEXT, also_on=FAKE
    ),
    19: Journey(
        "USER_PASSWORD_AUTH", ("USER_PASSWORD_AUTH", "SOFTWARE_TOKEN_MFA"), (app_code(),), BY_APP, also_on=EVERYWHERE
    ),
    20: Journey(
        "USER_PASSWORD_AUTH",
        ("USER_PASSWORD_AUTH", "NEW_PASSWORD_REQUIRED"),
        (new_password(),),
        NEW,
        also_on=EVERYWHERE,
    ),
    21: Journey(
        "USER_PASSWORD_AUTH",
        ("USER_PASSWORD_AUTH", "SMS_MFA", *DEVICE),
        (sent_code("SMS_MFA"),),
        Who(phone=True, second_factors=("SMS_MFA",), device="known"),
        TRACKING_BESIDE_CODES,
    ),
    # The pool asks questions of its own.
    22: Journey(
        "CUSTOM_AUTH",
        ("CUSTOM_AUTH", "CUSTOM_CHALLENGE"),
        (question("blue"),),
        pool=Pool(questions=(COLOUR,)),
        given=None,
        also_on=frozenset({"panel"}),
    ),
    23: Journey(
        "CUSTOM_AUTH",
        (*CUSTOM_SRP, "CUSTOM_CHALLENGE", "CUSTOM_CHALLENGE"),
        (question("blue"), question("an echo")),
        pool=Pool(questions=(COLOUR, ECHO)),
    ),
    24: Journey(
        "CUSTOM_AUTH",
        ("CUSTOM_AUTH", TOMORROW, *DEVICE),
        (question("a river", TOMORROW),),
        Who(device="known"),
        Pool(questions=(RIDDLE,), devices=DeviceTracking()),
        given=None,
    ),
    # The person, or the program, chooses.
    25: Journey("USER_AUTH", ("USER_AUTH", "PASSWORD_VERIFIER")),
    26: Journey("USER_AUTH", ("USER_AUTH",), preferred="PASSWORD"),
    27: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SELECT_CHALLENGE", "PASSWORD_VERIFIER"),
        (chosen("SELECT_CHALLENGE", "PASSWORD_SRP", is_sent=False), password()),
        given=None,
    ),
    28: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SELECT_CHALLENGE"),
        (chosen("SELECT_CHALLENGE", "PASSWORD", is_sent=False), password()),
        given=None,
    ),
    29: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SELECT_CHALLENGE", "EMAIL_OTP"),
        (chosen("SELECT_CHALLENGE", "EMAIL_OTP"), sent_code("EMAIL_OTP")),
        REACHABLE,
        ANY_FIRST,
        given=None,
    ),
    30: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SELECT_CHALLENGE", "SMS_OTP"),
        (chosen("SELECT_CHALLENGE", "SMS_OTP"), sent_code("SMS_OTP")),
        REACHABLE,
        ANY_FIRST,
        given=None,
    ),
    31: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SELECT_CHALLENGE", "WEB_AUTHN"),
        (chosen("SELECT_CHALLENGE", "WEB_AUTHN"), passkey()),
        Who(passkey=True),
        ANY_FIRST,
        given=None,
    ),
    32: Journey(
        "USER_AUTH",
        ("USER_AUTH", "EMAIL_OTP"),
        (sent_code("EMAIL_OTP"),),
        Who(password=None, email=True),
        ANY_FIRST,
        given=None,
        preferred="EMAIL_OTP",
        also_on=FAKE,
    ),
    33: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SMS_OTP"),
        (sent_code("SMS_OTP"),),
        REACHABLE,
        ANY_FIRST,
        given=None,
        preferred="SMS_OTP",
        also_on=FAKE,
    ),
    34: Journey(
        "USER_AUTH",
        ("USER_AUTH", "WEB_AUTHN"),
        (passkey(),),
        Who(passkey=True),
        ANY_FIRST,
        given=None,
        preferred="WEB_AUTHN",
    ),
    35: Journey("USER_AUTH", ("USER_AUTH", "PASSWORD"), (password("PASSWORD"),), given=None, preferred="PASSWORD"),
    36: Journey(
        "USER_AUTH",
        ("USER_AUTH", "PASSWORD_SRP", "PASSWORD_VERIFIER"),
        (password("PASSWORD_SRP"),),
        given=None,
        preferred="PASSWORD_SRP",
    ),
    37: Journey(
        "USER_AUTH",
        ("USER_AUTH", "SELECT_CHALLENGE", "PASSWORD_VERIFIER", "SOFTWARE_TOKEN_MFA", *DEVICE),
        (chosen("SELECT_CHALLENGE", "PASSWORD_SRP", is_sent=False), password(), app_code()),
        Who(second_factors=("SOFTWARE_TOKEN_MFA",), device="known"),
        TRACKING_BESIDE_CODES,
        given=None,
    ),
    38: Journey(
        "USER_AUTH",
        ("USER_AUTH", "PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED"),
        (new_password(),),
        NEW,
    ),
}

_WITH_A_SECRET = (Outcome.RIGHT, Outcome.WRONG_THEN_RIGHT)
"""What a client secret has a part in: each request that is taken, and each that is sent once more."""

CASES = tuple(
    Case(number, journey, outcome, secret)
    for number, journey in JOURNEYS.items()
    for outcome in journey.outcomes()
    for secret in (False, True)
    if not secret or outcome in _WITH_A_SECRET
)


def cases_on(place: str) -> list[Case]:
    """Return the rows that can be played in a place beside the stand-in, where nothing depends on a client secret."""
    return [case for case in CASES if place in case.journey.also_on and not case.secret]
