"""The panel in JupyterLab, beside the same form made of ipywidgets by hand: what it sends, and how long people wait."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count

from nbauth.testing import Cognito, totp
from tests.benchmarks.page import Form, MeasuredNotebook, open_notebook
from tests.benchmarks.table import Figure, Row, Table, in_turn, median

TIMES = 5
PASSWORD, FRESH = "Correct-Horse-7", "Brand-New-Saddle-7"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PEERS = ("the same form of ipywidgets", "anywidget's counter")

LOADS = (
    "%load_ext nbauth",
    "import ipywidgets; ipywidgets.Text(description='User name')",
    """
import anywidget, traitlets
class Counter(anywidget.AnyWidget):
    _esm = '''
    function render({ model, el }) {
      const button = document.createElement("button");
      button.innerHTML = `count is ${model.get("value")}`;
      button.addEventListener("click", () => {
        model.set("value", model.get("value") + 1);
        model.save_changes();
      });
      model.on("change:value", () => (button.innerHTML = `count is ${model.get("value")}`));
      el.classList.add("counter-widget");
      el.appendChild(button);
    }
    export default { render };
    '''
    value = traitlets.Int(0).tag(sync=True)
Counter()
""",
)
SESSION = """
import nbauth
session = nbauth.AuthSession({config!r}, store="memory")
session.warm(connect=True)
"""
FORMS = ("session.show_sign_in()", "from tests.benchmarks.by_hand import Form; Form(session).show()")
OURS, BY_HAND, COUNTER = 3, 4, 2  # the cells that show a form, and the counter
SHOWN = (("form.nbauth-panel input", ""), (".widget-text input", ""), (".counter-widget button", "count"))
IS_IN = ((".nbauth", "Signed in as"), (".widget-label", "Signed in as"))
NEXT = ((".nbauth h2", "authenticator code"), (".widget-html h2", "authenticator code"))

Flow = Callable[[Form], None]


class People:
    """New users of the stand-in, whose names are all as long."""

    def __init__(self, cognito: Cognito) -> None:
        self._cognito = cognito
        self._names = (f"user-{number:04}" for number in count())

    def somebody(self, *, totp_secret: str | None = None) -> str:
        name = next(self._names)
        self._cognito.users.add(name, PASSWORD, email=f"{name}@example.com", totp_secret=totp_secret)
        return name

    def nobody(self) -> str:
        return next(self._names)

    def code_of(self, name: str) -> str:
        return self._cognito.codes[name]


def flows(people: People) -> Iterator[tuple[str, Flow]]:
    def password(form: Form) -> None:
        form.type(User_name=people.somebody(), Password=PASSWORD)
        form.press("Sign in")
        form.sees("Signed in as")

    def authenticator(form: Form) -> None:
        form.type(User_name=people.somebody(totp_secret=TOTP_SECRET), Password=PASSWORD)
        form.press("Sign in")
        form.comes_to("Enter your authenticator code")
        form.type(Code=totp(TOTP_SECRET, datetime.now(UTC)))
        form.press("Continue")
        form.sees("Signed in as")

    def sign_up(form: Form) -> None:
        name = people.nobody()
        form.press("Create an account")
        form.comes_to("Create an account")
        form.type(
            User_name=name, **{"E-mail_address": f"{name}@example.com"}, Password=PASSWORD, Confirm_password=PASSWORD
        )
        form.press("Create account")
        form.comes_to("Confirm your account")
        form.type(Code=people.code_of(name))
        form.press("Confirm")
        form.sees("Signed in as")

    def reset(form: Form) -> None:
        name = people.somebody()
        form.press("Forgot your password?")
        form.comes_to("Reset your password")
        form.type(User_name=name)
        form.press("Send code")
        form.comes_to("Choose a new password")
        form.type(Code=people.code_of(name), New_password=FRESH, Confirm_password=FRESH)
        form.press("Set password and sign in")
        form.sees("Signed in as")

    yield "sign in", password
    yield "sign in with an authenticator code", authenticator
    yield "sign up and confirm", sign_up
    yield "replace a forgotten password", reset


def sent(notebook: MeasuredNotebook, people: People) -> Iterator[Row]:
    """Yield what passes over the comms."""
    opened = [
        notebook.bytes_of(lambda index=index: notebook.run(index))[0] / 1000 for index in (OURS, BY_HAND, COUNTER)
    ]
    yield Row("shown: to the page", "KB", tuple(opened))
    for what, flow in flows(people):
        both = [_bytes_of(notebook, index, flow) for index in (OURS, BY_HAND)]
        for column, way in enumerate(("page", "kernel")):
            yield Row(f"{what}: to the {way}", "KB", (*(one[column] / 1000 for one in both), None))


def _bytes_of(notebook: MeasuredNotebook, index: int, flow: Flow) -> tuple[int, int]:
    form = notebook.form(index)
    return notebook.bytes_of(lambda: flow(form))


def waits(notebook: MeasuredNotebook, people: People) -> Iterator[Row]:
    """Yield how long it takes from a click to what comes next."""
    for what, secret, seen in (
        ("click to the status bar", None, IS_IN),
        ("click to the next screen", TOTP_SECRET, NEXT),
    ):
        runs = in_turn(
            TIMES,
            *(
                lambda index=index, where=where, secret=secret: _click(notebook, people, index, where, secret)
                for index, where in zip((OURS, BY_HAND), seen, strict=True)
            ),
        )
        yield Row(what, "ms", (*(median(one) for one in runs), None))


def _click(notebook: MeasuredNotebook, people: People, index: int, seen: tuple[str, str], secret: str | None) -> float:
    form = notebook.form(index)
    form.type(User_name=people.somebody(totp_secret=secret), Password=PASSWORD)
    return notebook.milliseconds_until(*seen, lambda: form.press("Sign in"))


def cells(cognito: Cognito) -> tuple[str, ...]:
    session = SESSION.format(config=cognito.config | {"sign_up_attributes": ["email"]})
    return (*LOADS, *(session + show for show in FORMS))


def table() -> Table:
    with Cognito() as cognito, open_notebook(cells(cognito), cognito) as (notebook, lab):
        people = People(cognito)

        def first_paint(index: int) -> float:
            notebook.fresh_kernel(lab)
            return notebook.milliseconds_until(*SHOWN[index], lambda: notebook.start(index))

        paints = in_turn(TIMES, *(lambda index=index: first_paint(index) for index in range(len(LOADS))))
        first: list[Figure] = [median(one) for one in paints]
        rows = [Row("first paint in a new kernel (of ipywidgets: one text box)", "ms", tuple(first))]
        rows += [*waits(notebook, people), *sent(notebook, people)]
    return Table("the panel", PEERS, tuple(rows))
