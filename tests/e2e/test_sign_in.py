"""Signing in and out with the panel and the status bar, in JupyterLab."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("browser")

LOAD = "%load_ext nbauth"


def test_a_person_signs_in_works_and_signs_out(open_notebook, read_data, pool):
    notebook = open_notebook(LOAD, read_data)
    notebook.run(0)
    expect(notebook.username).to_be_focused()
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")
    expect(notebook.panel).to_have_count(0)
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("'for users'")
    expect(notebook.bar).to_contain_text("AWS credentials until")
    notebook.button("Sign out").click()
    expect(notebook.bar).to_contain_text("Signed out.")
    notebook.button("Sign in").click()
    expect(notebook.panel).to_be_visible()
    expect(notebook.username).to_be_focused()


def test_a_wrong_password_is_said_in_place_and_nothing_else_is_lost(open_notebook, pool):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.username, "Wrong-Horse-7")
    expect(notebook.alert).to_have_text(re.compile("incorrect", re.IGNORECASE))
    expect(notebook.username).to_have_value(pool.username)
    expect(notebook.password).to_have_value("")
    expect(notebook.password).to_be_focused()
    notebook.password.fill(pool.password)
    notebook.page.keyboard.press("Enter")
    expect(notebook.bar).to_contain_text("Signed in as ada")


def test_an_empty_field_is_asked_for_before_anything_is_sent(open_notebook, pool):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.username.fill(pool.username)
    notebook.button("Sign in").click()
    expect(notebook.password).to_be_focused()
    expect(notebook.password).to_have_attribute("aria-invalid", "true")
    expect(notebook.password).to_have_accessible_description(re.compile("Please fill this in"))
    expect(notebook.alert).to_have_text("")


def test_an_authenticator_code_is_asked_for_until_it_is_right(open_notebook, pool, totp):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.totp_username, pool.password)
    code = notebook.panel.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    expect(notebook.panel).to_contain_text(f"Signing in as {pool.totp_username}")
    right = totp.now()
    code.fill(str((int(right) + 1) % 10**6).zfill(6))
    notebook.button("Continue").click()
    expect(notebook.alert).not_to_have_text("")
    expect(code).to_be_focused()
    expect(code).to_have_value("")
    code.fill(f"{right[:3]} {right[3:]}")
    notebook.button("Continue").click()
    expect(notebook.bar).to_contain_text("Signed in as carol")


def test_a_temporary_password_is_replaced_on_the_way(open_notebook, pool):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.new_username, pool.temporary_password)
    notebook.panel.get_by_label("New password", exact=True).fill("Fresh-Horse-7")
    notebook.panel.get_by_label("Confirm password", exact=True).fill("Fresh-Horse-7")
    notebook.button("Continue").click()
    expect(notebook.bar).to_contain_text("Signed in as bob")


def test_back_leads_from_a_challenge_to_the_first_form(open_notebook, pool):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.totp_username, pool.password)
    notebook.button("Back").click()
    expect(notebook.username).to_have_value(pool.totp_username)
    expect(notebook.password).to_be_focused()


def test_a_sign_in_by_code_turns_the_panel_into_the_bar(open_notebook, pool):
    notebook = open_notebook(LOAD, f"auth.sign_in({pool.username!r}, {pool.password!r}).done")
    notebook.run(0)
    expect(notebook.panel).to_be_visible()
    notebook.run(1)
    expect(notebook.output(1)).to_contain_text("True")
    expect(notebook.bar).to_contain_text("Signed in as ada")
    expect(notebook.panel).to_have_count(0)


def test_two_views_show_the_same_and_each_can_be_used(open_notebook, pool):
    notebook = open_notebook(LOAD, "auth.show_sign_in()")
    notebook.run(0)
    notebook.run(1)
    expect(notebook.panel).to_have_count(2)
    second = notebook.output(1)
    second.get_by_label("User name", exact=True).fill(pool.username)
    second.get_by_label("Password", exact=True).fill("Wrong-Horse-7")
    second.get_by_role("button", name="Sign in", exact=True).click()
    for index in (0, 1):
        expect(notebook.output(index).get_by_role("alert")).to_have_text(re.compile("incorrect", re.IGNORECASE))
    second.get_by_label("Password", exact=True).fill(pool.password)
    second.get_by_role("button", name="Sign in", exact=True).click()
    expect(notebook.bar).to_have_count(2)
    for index in (0, 1):
        expect(notebook.output(index)).to_contain_text("Signed in as ada")


def test_a_reloaded_page_shows_the_panel_again_and_it_works(open_notebook, pool):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    expect(notebook.panel).to_be_visible()
    notebook.save()
    notebook.reload()
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")


def test_a_reloaded_page_shows_the_bar_again_and_it_works(open_notebook, pool):
    notebook = open_notebook(LOAD)
    notebook.run(0)
    notebook.sign_in(pool.username, pool.password)
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.save()
    notebook.reload()
    expect(notebook.bar).to_contain_text("Signed in as ada")
    notebook.button("Sign out").click()
    expect(notebook.bar).to_contain_text("Signed out.")


def test_another_notebook_finds_the_sign_in(open_notebook, open_page, lab, pool):
    first = open_notebook(LOAD)
    first.run(0)
    first.sign_in(pool.username, pool.password)
    expect(first.bar).to_contain_text("Signed in as ada")
    second = first.path.with_name("second.ipynb")
    second.write_bytes(first.path.read_bytes())
    notebook = open_page(str(second.relative_to(lab.root)))
    notebook.run(0)
    expect(notebook.bar).to_contain_text("Signed in as ada")
