"""`%load_ext nbauth` and `%unload_ext nbauth` in a notebook, and AWS calls through what they inject."""

import json
import uuid

import pytest

LOAD = "%load_ext nbauth"


@pytest.fixture
def sign_in(aws_page, pool):
    aws_page.run(LOAD)
    aws_page.panel()
    aws_page.submit(username=pool.username, password=pool.password)
    aws_page.bar("SIGNED_IN")


def role_that_users_may_assume(pool):
    iam, name = pool.admin("iam"), f"assumed-{uuid.uuid4()}"
    trust = _policy({"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    roles = pool.admin("cognito-identity").get_identity_pool_roles(IdentityPoolId=pool.identity_pool_id)["Roles"]
    may_assume = _policy({"Action": "sts:AssumeRole", "Resource": arn})
    users_role = roles["authenticated"].rpartition("/")[2]
    iam.put_role_policy(RoleName=users_role, PolicyName="assumes", PolicyDocument=may_assume)
    return arn


def _policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def test_loading_shows_the_panel_and_nothing_else(aws_page):
    outcome = aws_page.run(LOAD)

    assert aws_page.panel()["title"] == "Sign in to AWS"
    assert [sorted(shown) for shown in outcome.shown] == [
        ["application/vnd.jupyter.widget-view+json", "text/html", "text/plain"]
    ]
    assert (outcome.printed, outcome.warned, outcome.value) == ("", "", None)


def test_loading_injects_the_session_and_the_boto3_session(aws_page):
    aws_page.run(LOAD)

    assert aws_page.run("auth").value == "<AuthSession 'default': SIGNED_OUT>"
    assert aws_page.run("import boto3; isinstance(aws, boto3.Session)").value == "True"
    assert aws_page.run("import nbauth; nbauth.session() is auth").value == "True"
    assert aws_page.run("%who_ls").value == "['boto3', 'nbauth']"


def test_loading_without_settings_shows_nothing(page):
    outcome = page.run(LOAD)

    assert (outcome.status, outcome.shown, outcome.warned) == ("ok", [], "")
    assert page.run("auth.sign_in('ada', 'right')").error.startswith("ConfigError: ")


def test_loading_where_nobody_can_be_asked_shows_nothing(open_page):
    page = open_page(stdin=False, environment={"NBAUTH_USER_POOL_ID": "eu-west-1_Example01", "NBAUTH_CLIENT_ID": "x"})

    outcome = page.run(LOAD)

    assert (outcome.status, outcome.shown, outcome.warned) == ("ok", [], "")


def test_loading_in_voila_shows_the_panel_and_a_cell_that_needs_a_sign_in_does_not_hold_up_the_page(open_page):
    pool = {"NBAUTH_USER_POOL_ID": "eu-west-1_Example01", "NBAUTH_CLIENT_ID": "x", "NBAUTH_REGION": "eu-west-1"}
    page = open_page(stdin=False, environment={**pool, "VOILA_BASE_URL": "/", "VOILA_PREHEAT": "False"})

    assert page.run(LOAD).status == "ok"
    needs_a_sign_in = page.run("auth.get_tokens()")

    assert page.panel()["title"] == "Sign in to AWS"
    assert needs_a_sign_in.error.startswith("SignInRequired: Nobody is signed in to AWS; nobody is there to sign in")


def test_in_colab_widgets_are_allowed_before_the_panel_is_shown(open_page):
    pool = {"NBAUTH_USER_POOL_ID": "eu-west-1_Example01", "NBAUTH_CLIENT_ID": "x", "NBAUTH_REGION": "eu-west-1"}
    page = open_page("6.17.1", environment=pool)
    page.run(
        "import sys, types\n"
        "output = sys.modules['google.colab.output'] = types.ModuleType('google.colab.output')\n"
        "output._widgets = types.SimpleNamespace(_installed_url=None)\n"
        "def enable_custom_widget_manager():\n"
        "    output._widgets._installed_url = 'https://widgets.example'\n"
        "output.enable_custom_widget_manager = enable_custom_widget_manager"
    )

    page.run(LOAD)

    assert page.panel()["title"] == "Sign in to AWS"
    assert page.published("https://widgets.example")  # anywidget sees to that


def test_a_name_of_the_users_is_not_overwritten(page):
    page.run("aws = 'mine'")

    outcome = page.run(LOAD)

    assert "'aws' is a name of yours and stays as it is" in outcome.warned
    assert page.run("aws").value == "'mine'"
    assert page.run("%unload_ext nbauth\naws").value == "'mine'"


def test_unloading_removes_what_is_ours_and_no_more(page):
    page.run(f"before = set(dir())\n{LOAD}\nmine = auth")
    page.run("auth = 'rebound'")

    page.run("%unload_ext nbauth")

    assert page.run("auth").value == "'rebound'"
    assert "NameError" in page.run("aws").error
    assert "not found" in page.run("%nbauth whoami").warned
    assert "not found" in page.run("%%aws_session\n1").warned
    assert page.run("mine").value.startswith("<AuthSession")


def test_loading_again_brings_all_of_it_back(page):
    page.run(f"{LOAD}\n%unload_ext nbauth")
    page.run("%load_ext nbauth")

    assert page.run("auth").value.startswith("<AuthSession")
    assert page.run("%nbauth whoami").status == "ok"
    assert page.run("%reload_ext nbauth").status == "ok"


def test_who_signed_in_before_loading_or_reloading_stays_signed_in(aws_page, pool):
    aws_page.run(f"import nbauth; before = nbauth.session()\nbefore.sign_in({pool.username!r}, {pool.password!r})")
    for command in (LOAD, "%reload_ext nbauth"):
        aws_page.run(command)
        aws_page.bar("SIGNED_IN")
        assert aws_page.run("auth is before is nbauth.session()").value == "True"


def test_a_reload_takes_settings_that_have_changed(page):
    page.run(f"{LOAD}\nbefore = auth")
    page.run("get_ipython().config.NbAuth.region = 'eu-north-1'\n%reload_ext nbauth")
    assert page.run("auth is before").value == "False"
    page.run("import os; os.environ |= {'NBAUTH_USER_POOL_ID': 'eu-north-1_Other0001', 'NBAUTH_CLIENT_ID': 'example'}")
    page.run("%reload_ext nbauth")
    assert page.run("auth.config.user_pool_id").value == "'eu-north-1_Other0001'"


@pytest.mark.parametrize("made", ["session()", "AuthSession()"])
def test_a_session_from_before_loading_has_the_settings_of_the_shell(page, made):
    page.run("get_ipython().config.NbAuth.account = 'work'; get_ipython().config.NbAuth.sign_in_wait = 7.0")
    assert page.run(f"import nbauth; s = nbauth.{made}; s.account, s.sign_in_wait").value == "('work', 7.0)"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("user_pool_id = 5", "c.NbAuth.user_pool_id cannot be of type int: it is a unicode string"),
        ("session_name = 'a b'", "c.NbAuth.session_name is 'a b': it must be a name that Python code can use"),
        ("boto3_name = 'auth'", "c.NbAuth.session_name and boto3_name are both 'auth': choose two names"),
    ],
)
def test_a_setting_that_does_not_fit_is_said_in_one_line(page, setting, said):
    outcome = page.run(f"get_ipython().config.NbAuth.{setting}\n{LOAD}")
    assert outcome.error.splitlines()[-1] == f"ConfigError: {said}"
    assert "Traceback" not in outcome.error


def test_the_panel_of_the_loading_cell_signs_in_and_aws_works(aws_page, pool, sign_in):
    read = f"aws.client('s3').get_object(Bucket={pool.bucket!r}, Key={pool.private_key!r})['Body'].read()"

    assert aws_page.run(read).value == "b'for users'"


def test_a_client_goes_on_working_with_new_credentials(aws_page, pool, sign_in):
    aws_page.run("s3 = aws.client('s3'); first = auth.get_credentials().access_key_id")

    aws_page.run("auth.get_tokens(force_refresh=True); auth.get_credentials(force_refresh=True)")

    assert aws_page.run("auth.get_credentials().access_key_id == first").value == "False"
    read = f"s3.get_object(Bucket={pool.bucket!r}, Key={pool.private_key!r})['Body'].read()"
    assert aws_page.run(read).value == "b'for users'"


def test_credentials_that_have_expired_are_replaced_under_the_same_client(page):
    page.run(
        "import faked, datetime\n"
        "from nbauth.testing import FakeClock, FakeIdentityPool, FakeUserPool\n"
        "from nbauth.ports import Ports\n"
        "from nbauth.stores.memory import MemoryStore\n"
        "clock = FakeClock()\n"
        "user_pool = FakeUserPool(clock); user_pool.add_user('ada', 'right')\n"
        "ports = Ports(user_pool, FakeIdentityPool(clock), MemoryStore(), clock)\n"
        "auth = faked.AuthSession(faked.CONFIG, ports=ports)\n"
        "auth.sign_in('ada', 'right')\n"
        "s3 = auth.client('s3', region_name='eu-west-1')\n"
        "def signed_with(): return s3.generate_presigned_url('list_buckets').split('ASIAEXAMPLE')[1][:9]"
    )
    first = page.run("signed_with()").value

    page.run("clock.advance(datetime.timedelta(hours=2))")

    assert int(page.run("signed_with()").value.strip("'")) > int(first.strip("'"))


def test_aws_calls_after_a_sign_out_ask_for_a_sign_in_and_use_nobody_elses_credentials(aws_page, pool, sign_in):
    aws_page.run("import os; os.environ |= {'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test'}")
    aws_page.run("s3 = aws.client('s3'); auth.sign_out(); auth.sign_in_wait = 0")

    outcome = aws_page.run("s3.list_buckets()")

    assert outcome.error == "SignInRequired: Nobody is signed in to AWS; this call does not wait for a sign-in"


def test_an_aws_call_after_a_sign_out_waits_and_goes_on(aws_page, pool, sign_in):
    aws_page.run("s3 = aws.client('s3'); auth.sign_out()")
    cell = aws_page.start(f"s3.get_object(Bucket={pool.bucket!r}, Key={pool.private_key!r})['Body'].read()")
    aws_page.panel(under=cell)

    aws_page.submit(username=pool.username, password=pool.password)

    assert aws_page.finish(cell).value == "b'for users'"


def test_a_role_is_assumed_with_the_users_credentials(aws_page, pool, sign_in):
    role = role_that_users_may_assume(pool)

    outcome = aws_page.run(
        f"%%aws_session --role-arn {role}\nimport boto3\nboto3.client('sts').get_caller_identity()['Arn']"
    )

    assert not outcome.error
    assert f":assumed-role/{role.rpartition('/')[2]}/nbauth" in outcome.value


def test_a_role_that_may_not_be_assumed_shows_before_the_body_runs(aws_page, pool, sign_in):
    outcome = aws_page.run("%%aws_session --role-arn arn:aws:iam::000000000000:role/nobody\nran = True")

    assert outcome.status == "error"
    assert "NameError" in aws_page.run("ran").error
