"""From the click to AWS credentials, beside boto3 and pycognito put together by hand, on the same emulator."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from table import Row, in_a_new_process, in_turn, median

from nbauth.demo.emulator import running_emulator
from nbauth.demo.seed import seed

TIMES = 7

MEASURED = """
import json, time
import ipykernel.ipkernel, ipykernel.kernelapp
import urllib3.connectionpool
pools = json.loads({pools!r})
sent = []
urlopen = urllib3.connectionpool.HTTPConnectionPool.urlopen
def counted(self, method, url, *rest, **options):
    sent.append(url)
    return urlopen(self, method, url, *rest, **options)
urllib3.connectionpool.HTTPConnectionPool.urlopen = counted
{before}
sent.clear()
wall, cpu = time.perf_counter(), time.process_time()
{click}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
assert access_key_id.startswith("ASIA")
print(json.dumps([len(sent), cpu * 1000, wall * 1000]))
"""

# The notebook warms the session when the panel appears; the person types meanwhile.
OURS = (
    """
import threading
import nbauth
auth = nbauth.AuthSession({name: pools[name] for name in (
    "region", "user_pool_id", "client_id", "identity_pool_id", "endpoint_url")}, store="memory")
auth.warm()
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


def click(pools: dict[str, Any], steps: tuple[str, str]) -> list[float]:
    """Return the number of requests, the CPU in ms and the time in ms from the click to the credentials."""
    before, after = steps
    return in_a_new_process(MEASURED.format(pools=json.dumps(pools), before=before, click=after))


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, running_emulator(Path(folder)) as (endpoint_url, _):
        scene = seed(endpoint_url)
        user = scene.users[0]
        pools = {
            "endpoint_url": endpoint_url,
            "region": scene.region,
            "user_pool_id": scene.user_pool_id,
            "client_id": scene.client_id,
            "identity_pool_id": scene.identity_pool_id,
            "username": user.username,
            "password": user.password,
        }
        ours, by_hand, ready = in_turn(
            TIMES,
            lambda: click(pools, OURS),
            lambda: click(pools, BY_HAND),
            lambda: click(pools, BY_HAND_READY),
        )
    for peer, theirs in (("boto3 + pycognito", by_hand), ("the same, imported before the click", ready)):
        for column, (what, unit) in enumerate((("requests", ""), ("CPU", "ms"), ("time", "ms"))):
            figures = [median(one[column] for one in runs) for runs in (ours, theirs)]
            yield Row(f"click to AWS credentials: {what}", unit, *figures, peer)
