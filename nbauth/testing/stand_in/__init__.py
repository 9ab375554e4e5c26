"""A strict stand-in for Amazon Cognito over HTTP, for nbauth's own tests and for those of its users.

It is written to AWS's behaviour and imports nothing else of nbauth, so that the two cannot share a mistake. Messages
and rules are those of the Amazon Cognito API references and developer guide; where it differs, it refuses more.
"""

from nbauth.testing.stand_in.app_client import AppClient
from nbauth.testing.stand_in.calls import Call
from nbauth.testing.stand_in.clock import ShiftedClock
from nbauth.testing.stand_in.codes import SentCode
from nbauth.testing.stand_in.faults import Fault
from nbauth.testing.stand_in.identities import Identity
from nbauth.testing.stand_in.password_policy import PasswordPolicy
from nbauth.testing.stand_in.requests import Refused
from nbauth.testing.stand_in.roles import RoleMapping, Rule
from nbauth.testing.stand_in.settings import DeviceTracking, PoolSettings
from nbauth.testing.stand_in.stand_in import Cognito, StandIn
from nbauth.testing.stand_in.triggers import CustomChallenge, Triggers
from nbauth.testing.stand_in.users import User

__all__ = [
    "AppClient",
    "Call",
    "Cognito",
    "CustomChallenge",
    "DeviceTracking",
    "Fault",
    "Identity",
    "PasswordPolicy",
    "PoolSettings",
    "Refused",
    "RoleMapping",
    "Rule",
    "SentCode",
    "ShiftedClock",
    "StandIn",
    "Triggers",
    "User",
]
