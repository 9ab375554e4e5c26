"""Keeps what people type into our widgets out of the logs.

At level DEBUG the logger of the comm package writes every message that a page sends, passwords and all, into the
output of whichever cell turned logging on.
"""

import logging

_COMMS: set[str] = set()


def redact(comm_id: str) -> None:
    """Keep the messages of a comm out of the logs from now on."""
    _COMMS.add(comm_id)
    logging.getLogger("Comm").addFilter(_redacted)  # the same filter is never added twice


def forget(comm_id: str) -> None:
    """Take no more note of a comm that is closed."""
    _COMMS.discard(comm_id)


def _redacted(record: logging.LogRecord) -> bool:
    if isinstance(record.args, tuple) and record.args and record.args[0] in _COMMS:
        record.args = (record.args[0], *("redacted" for _ in record.args[1:]))
    return True
