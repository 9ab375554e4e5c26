"""Keeps AWS keys out of botocore's logs.

At level DEBUG botocore writes whole requests as it signs and sends them, session token included, and whole answers as
it reads them, among them the keys of an assumed role.
"""

import logging
import re

_LOGS = ("botocore.auth", "botocore.endpoint", "botocore.parsers")
_KEYS = re.compile(
    r"""(x-amz-security-token['"]?\s*:\s*(?:b?['"])?|<SecretAccessKey>|<SessionToken>)[^\s'"<]+""", re.IGNORECASE
)


def mask_keys() -> None:
    """Mask keys in botocore's logs from now on."""
    for name in _LOGS:
        logging.getLogger(name).addFilter(_masked)  # the same filter is never added twice


def _masked(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    masked = _KEYS.sub(r"\1•••", message)
    if masked != message:
        record.msg, record.args = masked, ()
    return True
