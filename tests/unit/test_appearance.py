"""How a platform makes the panel its own: what fits is taken, what does not is left out and said."""

import base64

import pytest

from nbauth.appearance import SETTINGS, Appearance, read

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
WEBP = b"RIFF\x00\x01\x00\x00WEBPVP8 " + bytes(100)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
SOURCE = "NBAUTH_IT"


def one(name, value):
    """What becomes of one setting: its value, and what is said."""
    appearance, problems = read({name: (value, SOURCE)})
    return getattr(appearance, name), " ".join(map(str, problems))


def said_of(name, value):
    taken, said = one(name, value)
    assert taken == ""
    assert said.startswith(f"{name} from {SOURCE} is left out, because ")
    assert "\n" not in said
    assert len(said) < 500
    return said


def test_nothing_set_is_nothing_changed():
    assert read({}) == (Appearance(), ())


def test_what_fits_is_taken_as_it_is():
    values = {
        "title": " Sign in to “Ærø” \N{WAVING HAND SIGN} ",
        "accent_color": "#0B7285",
        "help_url": "mailto:help@example.com",
        "help_label": "<b>Help</b>",
        "terms_url": "https://example.com/terms?v=2#top",
        "privacy_url": "http://intranet:8080/privacy",
    }
    appearance, problems = read({name: (value, SOURCE) for name, value in values.items()})
    assert problems == ()
    assert appearance.title == "Sign in to “Ærø” \N{WAVING HAND SIGN}"
    assert appearance.accent_color == "#0b7285"
    assert {name: getattr(appearance, name) for name in list(values)[2:]} == dict(list(values.items())[2:])


def test_one_that_does_not_fit_leaves_the_others():
    appearance, problems = read({"title": ("Ours", SOURCE), "accent_color": ("teal", SOURCE)})
    assert (appearance.title, appearance.accent_color, len(problems)) == ("Ours", "", 1)
    assert appearance.sources == {"title": SOURCE}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (10_000 * "x", "it has 10000 characters"),
        ("Sign in\u202egro.elpmaxe", "it holds characters that cannot be seen"),
        ("\u2066Sign in", "it holds characters that cannot be seen"),
        ("two\nlines", "it holds characters that cannot be seen"),
        ("\x1b[31mred", "it holds characters that cannot be seen"),
        ("  ", "it is no text"),
        (7, "it is no text"),
    ],
)
def test_a_title_is_one_line_that_can_be_read(value, why):
    assert f"because {why}: it is one line of up to 100 characters" in said_of("title", value)


@pytest.mark.parametrize("value", ["red", "#12", "rgb(1,2,3)", "#123;}*{display:none", 7, ["#123"]])
def test_a_colour_is_written_with_digits_and_nothing_else(value):
    assert "a colour is written as '#0b7285' or '#17a'" in said_of("accent_color", value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("javascript:alert(1)", "it begins with 'javascript'"),
        ("JavaScript:alert(1)", "it begins with 'javascript'"),
        (" javascript:alert(1)", "it is no address"),
        ("java\tscript:alert(1)", "it is no address"),
        ("data:text/html,<script>", "it begins with 'data'"),
        ("file:///etc/passwd", "it begins with 'file'"),
        ("//example.com/help", "it is no whole address"),
        ("/help", "it is no whole address"),
        ("https:help", "it leads nowhere"),
        ("https://", "it leads nowhere"),
        ("mailto:", "it leads nowhere"),
        ("https://user:sentinel@example.com", "it holds a user name"),
        ("https://[::1", "Invalid IPv6 URL"),
        ("https://example.com/" + 10_000 * "x", "it is no address"),
        (7, "it is no address"),
    ],
)
@pytest.mark.parametrize("name", ["help_url", "terms_url", "privacy_url"])
def test_a_link_leads_to_a_page_or_a_mailbox(name, value, why):
    said = said_of(name, value)
    assert f"because {why}: " in said
    assert "sentinel" not in said


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "png"), (JPEG, "jpeg"), (WEBP, "webp"), (SVG, "svg+xml")],
    ids=["PNG", "JPEG", "WebP", "SVG"],
)
def test_a_logo_is_read_from_its_file_and_carried_along(tmp_path, content, kind):
    path = tmp_path / "logo.dat"
    path.write_bytes(content)
    expected = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    assert one("logo", str(path)) == one("logo_dark", path) == (expected, "")
    path.unlink()


def test_a_logo_may_come_along_with_the_setting():
    encoded = base64.b64encode(PNG).decode()
    for uri in (f"data:image/png;base64,{encoded}", f"DATA:text/html;base64,{encoded}"):
        assert one("logo", uri) == (f"data:image/png;base64,{encoded}", "")
    svg = "data:image/svg+xml;charset=utf-8,%3Csvg%20viewBox='0 0 1 1'%3E%3C/svg%3E"
    expected = base64.b64encode(b"<svg viewBox='0 0 1 1'></svg>").decode()
    assert one("logo", svg) == (f"data:image/svg+xml;base64,{expected}", "")


@pytest.mark.parametrize(
    "before",
    [
        b"\xef\xbb\xbf",
        b'<?xml version="1.0"?>\n<!-- a > b -- -->\n',
        b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd' [\n<!ENTITY ns 'x'>\n]>\n",
    ],
)
def test_what_stands_before_an_svg_does_not_matter(tmp_path, before):
    path = tmp_path / "logo.svg"
    path.write_bytes(before + SVG)
    assert one("logo", str(path))[1] == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"%PDF-1.7", b"<html><svg>", b"<!-- <svg> -->", b"<svgx>", b"hello <svg>", 5_000 * b"<!---->"],
)
def test_a_file_that_is_no_such_image_is_no_logo(tmp_path, content):
    path = tmp_path / "logo.png"
    path.write_bytes(content)
    assert "because it is no such image: it is a PNG, SVG, JPEG or WebP of up to 64 KB" in said_of("logo", str(path))


def test_a_logo_is_small(tmp_path):
    path = tmp_path / "logo.png"
    path.write_bytes(PNG.ljust(64 << 10, b"\0"))
    assert one("logo", str(path))[1] == ""
    path.write_bytes(PNG.ljust((64 << 10) + 1, b"\0"))
    assert "because it has more than 64 KB" in said_of("logo", str(path))
    assert "because it has more than 64 KB" in said_of("logo", f"data:image/png,{10**6 * 'x'}")


@pytest.mark.parametrize(
    "value", ["", "/nowhere/logo.png", "\0", 7, "data:image/png", "data:;base64,????", "https://example.com/logo.png"]
)
def test_a_logo_that_is_not_there_is_left_out(value):
    said_of("logo", value)


def test_a_folder_or_a_pipe_is_no_logo(tmp_path):
    assert "there is no file" in said_of("logo", str(tmp_path))


def test_a_logo_that_may_not_be_read_is_left_out(tmp_path, monkeypatch):
    path = tmp_path / "logo.png"
    path.write_bytes(PNG)
    monkeypatch.setattr("pathlib.Path.open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    assert "because Permission denied: " in said_of("logo", str(path))


def test_what_is_set_is_shown_and_a_logo_by_its_kind_and_size(tmp_path):
    path = tmp_path / "logo.svg"
    path.write_bytes(SVG.ljust(3 << 10))
    appearance, _ = read({"logo": (str(path), "NBAUTH_LOGO"), "title": ("Ours", "c.NbAuth.title")})
    assert list(appearance.shown()) == [("title", "Ours", "c.NbAuth.title"), ("logo", "SVG, 3 KB", "NBAUTH_LOGO")]
    assert "base64" not in repr(appearance)


def test_every_setting_can_be_made():
    for name in SETTINGS:
        assert one(name, object())[1], name
