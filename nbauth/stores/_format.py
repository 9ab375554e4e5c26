"""How a record is written, and what is written beside it: the account's name, and whose the identity id is.

What is beside it is for the stores alone. A file of an earlier nbauth has none of it and is read all the same.
"""

import json
from dataclasses import replace
from typing import Any

from nbauth.core.record import Record
from nbauth.errors import StoreError
from nbauth.stores import StoreKey
from nbauth.stores._folder import PrivateFolder


def encode(record: Record, key: StoreKey) -> bytes:
    """Return `record` as it is kept, in clear."""
    return json.dumps(record.to_dict() | label(record, key) | {"identity_pool_id": key.identity_pool_id}).encode()


def decode(data: bytes, key: StoreKey) -> Record:
    """Read a record back; an identity of another identity pool than the key's is left out.

    Raises:
        ValueError: It is not whole, or not a record that this version understands; the message does not quote it.
    """
    values = _object(data)
    if values is None:
        raise ValueError("it is not whole")
    record = Record.from_dict(values)
    is_anothers = values.get("identity_pool_id") not in (None, "", key.identity_pool_id)
    return replace(record, identity_id=None) if is_anothers else record


def label(record: Record | None, key: StoreKey) -> dict[str, str]:
    """Return what makes `accounts_in` list an account: nothing where nobody is signed in, and no guest either."""
    return {"account": key.account} if record and (record.username or record.identity_id) else {}


def accounts_in(folder: PrivateFolder, suffix: str, key: StoreKey) -> list[str]:
    """Return the accounts of the key's user pool and app client whose labels are in files with this suffix.

    A label counts only in the file that has its name from the same account, so no file speaks for another. What may
    not be trusted or cannot be read is passed over.
    """
    try:
        files = list(folder.path.glob(f"*{suffix}")) if folder.exists() else []
    except (OSError, StoreError):
        files = []
    found = set()
    for file in files:
        try:
            values = _object(folder.read(file.name)) or {}
        except (OSError, ValueError):
            continue
        account = values.get("account")
        if isinstance(account, str) and replace(key, account=account).digest() == file.name.removesuffix(suffix):
            found.add(account)
    return sorted(found)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None
