"""What `%%aws_session` adds to a cell, beside a cell that makes a boto3 session and a client of its own."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from table import Row, in_a_new_process

from nbauth.demo.emulator import running_emulator
from nbauth.demo.seed import seed

MEASURED = """
import json, statistics, time
import boto3
from IPython.core.interactiveshell import InteractiveShell
user, password = json.loads({user!r})
shell = InteractiveShell.instance()
shell.run_cell("%load_ext nbauth")
auth = shell.user_ns["auth"]
auth.sign_in(user, password)
auth.get_credentials()

def cost(cell):
    cpu = time.thread_time()
    shell.run_cell(cell).raise_error()
    return (time.thread_time() - cpu) * 1000

own = '''
import boto3
s3 = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1").client("s3")
'''
cells = [
    "1",
    "%%aws_session\\n1",
    "%%aws_session\\nimport boto3\\ns3 = boto3.client('s3')",
    "s3 = auth.client('s3')",
    own,
]
rounds = [[cost(cell) for cell in cells] for _ in range(25)]
print(json.dumps([statistics.median(figures) for figures in zip(*rounds)]))
"""


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder, running_emulator(Path(folder)) as (endpoint_url, _):
        scene = seed(endpoint_url)
        user = scene.users[0]
        credential = json.dumps([user.username, user.password])
        plain, empty, client, kept, own = in_a_new_process(
            MEASURED.format(user=credential),
            NBAUTH_USER_POOL_ID=scene.user_pool_id,
            NBAUTH_CLIENT_ID=scene.client_id,
            NBAUTH_IDENTITY_POOL_ID=scene.identity_pool_id,
            NBAUTH_REGION=scene.region,
            NBAUTH_ENDPOINT_URL=endpoint_url,
            NBAUTH_STORE="memory",
            AWS_EC2_METADATA_DISABLED="true",
        )
    costs = {
        "%%aws_session, by itself": empty - plain,
        "%%aws_session, and a client": client - plain,
        'auth.client("s3")': kept - plain,
    }
    for what, cost in costs.items():
        yield Row(f"{what}: CPU a cell", "ms", max(cost, 0), own - plain, "a new boto3.Session and client in the cell")
