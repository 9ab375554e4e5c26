"""The one error of the demo."""


class DemoError(Exception):
    """The demo cannot start or go on; the message is one line that says why and what to do."""
