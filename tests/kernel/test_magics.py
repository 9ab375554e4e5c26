"""`%%aws_session` and `%nbauth` in a notebook."""

import pytest

SETTINGS = {
    "NBAUTH_CLIENT_ID": "exampleclient",
    "NBAUTH_IDENTITY_POOL_ID": "eu-west-1:00000000-0000-4000-8000-000000000002",
    "NBAUTH_REGION": "eu-west-1",
    "NBAUTH_USER_POOL_ID": "eu-west-1_Example01",
}
LOAD = "import faked; faked.stand_in_for_aws()\n%load_ext nbauth"
KEY = "aws.get_credentials().access_key"


@pytest.fixture
def page(open_page):
    page = open_page(environment=SETTINGS)
    assert page.run(LOAD).status == "ok"
    return page


@pytest.fixture
def signed_in(page):
    page.run("auth.sign_in('ada', 'right')")
    return page


def test_the_body_has_a_session_and_boto3_uses_it(signed_in):
    outcome = signed_in.run(
        "%%aws_session\n"
        "import boto3\n"
        "boto3.client('s3').generate_presigned_url('list_buckets').count('ASIAEXAMPLE'), boto3.DEFAULT_SESSION is aws"
    )

    assert outcome.value == "(1, True)"


def test_a_cell_waits_for_the_sign_in_before_its_body_runs(page):
    cell = page.start("%%aws_session\nprint('body')\n" + KEY)
    page.panel(under=cell)
    assert not page.outcome(cell).printed

    page.submit(username="ada", password="right")
    outcome = page.finish(cell)

    assert (outcome.printed, outcome.value) == ("body\n", "'ASIAEXAMPLE000000001'")


def test_a_body_that_was_never_signed_in_for_does_not_run(page):
    cell = page.start("%%aws_session\nran = True")
    page.panel(under=cell)

    page.press("cancel")

    assert page.finish(cell).error == "SignInReleased: The wait for a sign-in was given up"
    assert page.run("'ran' in dir()").value == "False"
    assert page.run("import boto3; boto3.DEFAULT_SESSION").value is None


def test_await_works_at_the_top_of_the_body(signed_in):
    outcome = signed_in.run("%%aws_session\nimport asyncio\nawait asyncio.sleep(0)\n" + KEY)

    assert outcome.value == "'ASIAEXAMPLE000000001'"


def test_a_traceback_is_the_users_own_and_comes_once(signed_in):
    outcome = signed_in.run("%%aws_session\nx = 1\n\nx / 0")

    assert outcome.error.count("Traceback (most recent call last)") == 1
    assert "line 4" in outcome.error
    assert "nbauth" not in outcome.error
    assert not outcome.warned


def test_a_semicolon_silences_the_last_value(signed_in):
    assert signed_in.run("%%aws_session\n1 + 1").value == "2"
    assert signed_in.run("%%aws_session\n1 + 1;").value is None


def test_other_cell_magics_work_inside_and_outside(signed_in):
    inside = signed_in.run(f"%%aws_session\n%%time\nprint({KEY})")
    outside = signed_in.run(f"%%time\n%%aws_session\nprint({KEY})")
    captured = signed_in.run("%%capture out\n%%aws_session --name mine\nprint(mine.get_credentials().access_key)")

    assert "ASIAEXAMPLE000000001\n" in inside.printed
    assert "ASIAEXAMPLE000000001\n" in outside.printed
    assert captured.status == "ok"
    assert signed_in.run("print(out.stdout)").printed == "ASIAEXAMPLE000000001\n\n"


def test_the_magic_may_be_run_by_code(signed_in):
    outcome = signed_in.run(
        "import boto3\n"
        "get_ipython().run_cell_magic('aws_session', '--name mine', 'was_default = mine is boto3.DEFAULT_SESSION')\n"
        "was_default, 'mine' in dir()"
    )

    assert outcome.value == "(True, False)"


ENDINGS = {
    "a value": "1",
    "an error": "1 / 0",
    "an interrupt": "raise KeyboardInterrupt",
    "a cell in the cell": "get_ipython().run_cell('aws')",
    "an empty cell in the cell": "get_ipython().run_cell('')",
    "an error after await": "import asyncio\nawait asyncio.sleep(0)\n1 / 0",
}


@pytest.mark.parametrize("body", ENDINGS.values(), ids=ENDINGS)
def test_names_and_the_default_session_are_put_back(signed_in, body):
    signed_in.run("import boto3; boto3.DEFAULT_SESSION = default = boto3.Session(); mine = 'mine'")

    signed_in.run(f"%%aws_session --name mine\n{body}")

    assert signed_in.run("mine, boto3.DEFAULT_SESSION is default").value == "('mine', True)"


def test_the_session_lasts_to_the_end_of_the_body_whatever_the_body_runs(signed_in):
    outcome = signed_in.run(
        "%%aws_session --name mine\n"
        "import boto3\n"
        "get_ipython().run_cell('')\n"
        "get_ipython().run_cell('1 / 0')\n"
        "mine is boto3.DEFAULT_SESSION"
    )

    assert outcome.value == "True"


def test_stop_in_the_body_puts_names_back(signed_in):
    cell = signed_in.start("%%aws_session --name mine\nimport time\nprint('running', flush=True)\ntime.sleep(60)")
    signed_in.wait_until(lambda: signed_in.published("running\n"))

    signed_in.interrupt()

    assert "KeyboardInterrupt" in signed_in.finish(cell).error
    assert "NameError" in signed_in.run("mine").error


def test_a_name_that_the_body_binds_is_the_users(signed_in):
    signed_in.run("%%aws_session --name mine\nmine = 'kept'")

    assert signed_in.run("mine").value == "'kept'"


def test_the_region_is_the_one_asked_for(signed_in):
    outcome = signed_in.run("%%aws_session --region us-west-2\nimport boto3\nboto3.client('s3').meta.region_name")

    assert outcome.value == "'us-west-2'"
    assert signed_in.run("aws.region_name").value == "'eu-west-1'"


def test_no_wait_fails_at_once(page):
    outcome = page.run("%%aws_session --no-wait\nran = True")

    assert outcome.error == "SignInRequired: Nobody is signed in to AWS; this call does not wait for a sign-in"


def test_a_guest_is_not_the_user(signed_in):
    outcome = signed_in.run("%%aws_session --guest\naws.get_credentials().access_key")

    assert outcome.value == "'ASIAEXAMPLE000000001'"
    assert signed_in.run("auth.get_credentials().access_key_id").value == "'ASIAEXAMPLE000000002'"
    assert signed_in.run("auth.guest().identity_id == auth.identity_id").value == "False"


def test_another_account_has_a_sign_in_of_its_own(signed_in):
    cell = signed_in.start("%%aws_session --account other\naws.get_credentials().access_key")
    signed_in.panel(under=cell)
    signed_in.submit(username="carol", password="right")
    signed_in.panel(title="authenticator code")
    signed_in.press("back")
    signed_in.panel(title="Sign in")
    signed_in.submit(username="ada", password="right")

    assert signed_in.finish(cell).status == "ok"
    assert signed_in.run("%nbauth accounts").value == ("default (current): Signed in as ada.\nother: Signed in as ada.")


def test_names_the_bar_and_the_magic_follow_a_switch(signed_in):
    signed_in.run("%nbauth status")
    cell = signed_in.start("%nbauth switch work")
    assert signed_in.panel(under=cell)["subtitle"].startswith("Account work · ")
    signed_in.finish(cell)
    who = signed_in.run("import nbauth; auth.account, auth.is_signed_in, nbauth.session() is auth")
    assert who.value == "('work', False, True)"
    waits = signed_in.start("%%aws_session\n" + KEY)
    signed_in.panel(under=waits)
    signed_in.submit(username="ada", password="right")
    assert signed_in.finish(waits).value == signed_in.run(KEY).value
    assert signed_in.bar("SIGNED_IN")["account"] == "work"

    signed_in.run("%nbauth switch default")

    assert signed_in.run("auth.account, auth.username").value == "('default', 'ada')"
    assert signed_in.bar("SIGNED_IN")["account"] == "default"
    assert signed_in.run("%nbauth whoami --account work").value.startswith("Signed in as ada.")


def test_a_switch_in_the_bar_changes_the_names_of_the_notebook(signed_in):
    signed_in.run("%nbauth status")
    signed_in.bar("SIGNED_IN")

    signed_in.press("switch", account="work")

    signed_in.panel()
    assert signed_in.run("auth.account").value == "'work'"


def test_a_name_that_the_user_has_bound_anew_does_not_follow(signed_in):
    signed_in.run("aws = 'mine'")

    signed_in.run("%nbauth switch work")

    assert signed_in.run("auth.account, aws").value == "('work', 'mine')"
    assert signed_in.run("%unload_ext nbauth\naws, 'auth' in dir()").value == "('mine', False)"


def test_a_wrong_option_is_one_line(signed_in):
    outcome = signed_in.run("%%aws_session --reigon x\nran = True")

    assert outcome.status == "error"
    assert "unrecognized arguments: --reigon x" in outcome.warned + outcome.error
    assert "NameError" in signed_in.run("ran").error


def test_help_tells_the_options(page):
    for asked in ("%%aws_session?", "%nbauth?"):
        assert page.run(asked).status == "ok"

    assert "--role-arn" in page.run("%%aws_session?").paged
    assert "sign-out" in page.run("%nbauth?").paged


@pytest.mark.parametrize(
    ("typed", "matches"),
    [
        ("%%aws_session --r", ["--region", "--role-arn"]),
        ("%%aws_session --region eu-west-1 --g", ["--guest"]),
        ("%nbauth sign", ["sign-in", "sign-out"]),
        ("%nbauth sign-out --", ["--account", "--everywhere"]),
    ],
)
def test_options_are_completed(page, typed, matches):
    completion = page.ask("complete_request", code=typed, cursor_pos=len(typed))

    assert completion["matches"] == matches
    assert typed[completion["cursor_start"] : completion["cursor_end"]] == typed.split()[-1]


def test_python_is_completed_in_the_body(page):
    code = "%%aws_session --guest\naws.cli"

    matches = page.ask("complete_request", code=code, cursor_pos=len(code))["matches"]

    assert any(match.endswith("client") for match in matches)


def test_nbauth_shows_the_panel_or_the_bar(page):
    page.run("%nbauth")
    page.panel()

    page.run("auth.sign_in('ada', 'right')")
    cell = page.start("%nbauth")
    page.finish(cell)

    assert page.bar("SIGNED_IN")
    assert page.cell_of_view() == cell


def test_nbauth_tells_in_text_who_is_signed_in(signed_in):
    assert signed_in.run("%nbauth whoami").value == "Signed in as ada."
    assert "AWS credentials until" in signed_in.run("%nbauth refresh").value
    assert signed_in.run("%nbauth sign-out").value == "Signed out."
    assert signed_in.run("%nbauth whoami").value == "Signed out."


def test_nbauth_tells_the_settings_and_where_they_come_from(page):
    assert "user_pool_id = eu-west-1_Example01   (from NBAUTH_USER_POOL_ID)" in page.run("%nbauth config").value


def test_nbauth_says_what_it_can_do(page):
    outcome = page.run("%nbauth login")

    assert "choose one of accounts, config, doctor, refresh, sign-in, sign-out, status, switch, whoami" in (
        outcome.warned + outcome.error
    )


def test_the_doctor_warns_of_an_ipykernel_that_overlooks_clicks(open_page):
    examine = "import nbauth; from nbauth.doctor import diagnose; print(diagnose(nbauth.AuthConfig()))"
    warning = "ipykernel 7.3.0 may overlook cells and clicks until the page is reloaded: 7.4 does not"
    assert warning in open_page("7.3.0").run(examine).printed
    assert "overlook" not in open_page("6.31.0").run(examine).printed
