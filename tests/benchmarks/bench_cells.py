"""What `%%aws_session` adds to a cell beyond the first, beside a cell that makes a boto3 session of its own."""

from nbauth.testing import StandIn
from tests.benchmarks.table import Row, Table, in_a_new_process

USER, PASSWORD = "ada", "Correct-Horse-7"

MEASURED = """
import json, statistics, time
import boto3
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext nbauth")
auth = shell.user_ns["auth"]
auth.sign_in({user!r}, {password!r})
auth.get_credentials()

def cost(cell):
    cpu = time.thread_time()
    shell.run_cell(cell).raise_error()
    return (time.thread_time() - cpu) * 1000

own = '''
import boto3
session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
'''
cells = [
    "0;",
    "%%aws_session\\n0;",
    own,
    "%%aws_session\\nimport boto3\\ns3 = boto3.client('s3')",
    own + "s3 = session.client('s3')",
    "s3 = auth.client('s3')",
]
rounds = [[cost(cell) for cell in cells] for _ in range(25)]
plain, *figures = [statistics.median(figures) for figures in zip(*rounds)]
print(json.dumps([max(figure - plain, 0) for figure in figures]))
"""


def table() -> Table:
    with StandIn() as cognito:
        cognito.users.add(USER, PASSWORD)
        session, own, client, own_client, kept = in_a_new_process(
            MEASURED.format(user=USER, password=PASSWORD),
            NBAUTH_USER_POOL_ID=cognito.user_pool_id,
            NBAUTH_CLIENT_ID=cognito.client.client_id,
            NBAUTH_IDENTITY_POOL_ID=cognito.identities.pool_id,
            NBAUTH_REGION=cognito.region,
            NBAUTH_ENDPOINT_URL=cognito.endpoint_url,
            NBAUTH_STORE="memory",
            AWS_EC2_METADATA_DISABLED="true",
        )
    rows = (
        Row("%%aws_session", "ms", (session, own)),
        Row("%%aws_session, and boto3.client in it", "ms", (client, own_client)),
        Row('auth.client("s3"), the same one in every cell', "ms", (kept, own_client)),
    )
    return Table("CPU a cell", ("a boto3.Session made in the cell",), rows)
