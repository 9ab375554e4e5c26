"""From the click to AWS credentials, at a Cognito that is far away, beside boto3 and pycognito put together by hand."""

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.benchmarks.far_service import ROUND_TRIP, FarService, running_far_service
from tests.benchmarks.table import Figure, Row, Table, in_a_new_process, in_turn, median

TIMES = 7
USER, PASSWORD = "ada", "Correct-Horse-7"
PEERS = ("boto3 + pycognito", "the same, imported before the click")

MEASURED = """
import json, sys, time
import ipykernel.ipkernel, ipykernel.kernelapp
sys.modules["gmpy2"] = None  # pure Python
pools = json.loads({pools!r})
{before}
print("ready", flush=True)
sys.stdin.readline()
wall, cpu = time.perf_counter(), time.process_time()
{click}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
assert access_key_id.startswith("ASIA")
print(json.dumps([wall * 1000, cpu * 1000]))
"""

# The notebook warms the session up when it loads, and once more when the person begins to type.
OURS = (
    """
import threading
import nbauth
auth = nbauth.AuthSession({name: pools[name] for name in (
    "region", "user_pool_id", "client_id", "identity_pool_id", "endpoint_url")}, store="memory")
auth.warm(connect=True)
while warming := [thread for thread in threading.enumerate() if thread.name.startswith("nbauth-warm")]:
    warming[0].join()
""",
    """
auth.sign_in(pools["username"], pools["password"])
access_key_id = auth.get_credentials().access_key_id
""",
)

BY_HAND = (
    "",
    """
import boto3
from pycognito.aws_srp import AWSSRP
keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
where = {"region_name": pools["region"], "endpoint_url": pools["endpoint_url"]}
cognito = boto3.client("cognito-idp", **where, **keys)
user = AWSSRP(pools["username"], pools["password"], pools["user_pool_id"], pools["client_id"], client=cognito)
id_token = user.authenticate_user()["AuthenticationResult"]["IdToken"]
identities = boto3.client("cognito-identity", **where, **keys)
logins = {f"cognito-idp.{pools['region']}.amazonaws.com/{pools['user_pool_id']}": id_token}
identity = identities.get_id(IdentityPoolId=pools["identity_pool_id"], Logins=logins)["IdentityId"]
answer = identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)
access_key_id = answer["Credentials"]["AccessKeyId"]
""",
)

BY_HAND_READY = ("import boto3, pycognito.aws_srp", BY_HAND[1])

PROOFS = """
import base64, datetime, json, secrets, statistics, sys, time, warnings
if not {fast}:
    sys.modules["gmpy2"] = None
warnings.simplefilter("ignore")
from pycognito.aws_srp import AWSSRP
from nbauth.cognito.srp import Exchange, prepare
from nbauth.core.secret import Secret
asked = dict(USERNAME="ada", USER_ID_FOR_SRP="ada", SECRET_BLOCK=base64.b64encode(b"block").decode(),
    SALT=f"{{secrets.randbits(128):x}}", SRP_B=f"{{secrets.randbits(3070):x}}")
prepare()
def ours():
    exchange = Exchange("eu-west-1_Example", Secret("Correct-Horse-7"))
    exchange.public, exchange.prove(asked, datetime.datetime.now(datetime.UTC))
def theirs():
    engine = AWSSRP("ada", "Correct-Horse-7", "eu-west-1_Example", "client", client=object())
    engine.get_auth_params(), engine.process_challenge(asked, asked)
def cost(proof):
    cpu = time.thread_time()
    proof()
    return (time.thread_time() - cpu) * 1000
rounds = [(prepare(), cost(ours), cost(theirs))[1:] for _ in range(25)]
print(json.dumps([statistics.median(figures) for figures in zip(*rounds)]))
"""


def click(service: FarService, steps: tuple[str, str]) -> tuple[float, ...]:
    """Return the round trips, the time in ms, what of it is neither distance nor service, and the CPU in ms."""
    before, after = steps
    code = MEASURED.format(pools=json.dumps(pools_of(service)), before=before, click=after)
    wall, cpu = in_a_new_process(code, when_ready=service.reset, AWS_CA_BUNDLE=str(service.bundle))
    traffic = service.traffic
    return traffic.round_trips, wall, wall - (traffic.round_trips * ROUND_TRIP + traffic.served) * 1000, cpu


def pools_of(service: FarService) -> dict[str, Any]:
    config = {name: value for name, value in service.cognito.config.items() if value}
    return config | {"endpoint_url": service.endpoint_url, "username": USER, "password": PASSWORD}


def proofs(*, fast: bool) -> tuple[float, ...]:
    return tuple(in_a_new_process(PROOFS.format(fast=fast)))


def table() -> Table:
    with tempfile.TemporaryDirectory() as folder, running_far_service(Path(folder)) as service:
        service.cognito.users.add(USER, PASSWORD)
        runs = in_turn(TIMES, *(lambda steps=steps: click(service, steps) for steps in (OURS, BY_HAND, BY_HAND_READY)))
    rows = []
    for column, (what, unit) in enumerate(
        (("round trips", ""), ("time", "ms"), ("time beyond distance and service", "ms"), ("CPU", "ms"))
    ):
        figures: list[Figure] = [median(one[column] for one in of_one) for of_one in runs]
        rows.append(Row(f"click to AWS credentials, 40 ms away: {what}", unit, tuple(figures)))
    ours, theirs = proofs(fast=False)
    rows.append(Row("SRP after the click, pure Python", "ms", (ours, theirs, None)))
    if find_spec("gmpy2"):
        ours, theirs = proofs(fast=True)
        rows.append(Row("SRP after the click, gmpy2 installed", "ms", (ours, theirs, None)))
    return Table("signing in", PEERS, tuple(rows))
