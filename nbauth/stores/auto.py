"""The store that suits this machine: the keyring of the operating system, else files that die with the machine.

Those files are in the user's runtime folder, which all kernels of a server share: nothing in clear outlives a restart
unless somebody asked for it by name. In Voilà, where each visitor has a kernel and all kernels have one user of the
operating system, it is memory: what one visitor left in any other store would sign in the next.
"""

import os
import stat
import sys
import tempfile
from pathlib import Path

from nbauth.ports import TokenStore
from nbauth.stores import StoreKey
from nbauth.stores._folder import doubt
from nbauth.stores.file import FileStore
from nbauth.stores.keyring import KeyringStore, answering_backend
from nbauth.stores.memory import MemoryStore


def open_store(key: StoreKey) -> TokenStore:
    """Open the best store there is; a keyring that does not answer at once is passed over."""
    if "VOILA_BASE_URL" in os.environ:
        return MemoryStore()
    backend = answering_backend() if _may_have_keyring() else None
    return KeyringStore(backend, key) if backend else FileStore(runtime_folder(), key)


def runtime_folder() -> Path:
    """Return nbauth's folder below ``$XDG_RUNTIME_DIR``, or one of this user's own among the temporary files.

    The latter is anybody's to make first; the file store refuses it then.
    """
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if runtime.is_absolute() and _is_private_folder(runtime):
        return runtime / "nbauth"
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"nbauth{user}"


def _is_private_folder(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and not doubt(path, status)


def _may_have_keyring() -> bool:
    # Looking for one costs an import; on a server without a desktop there is no bus to reach one by.
    if sys.platform in ("darwin", "win32") or os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return True
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"), "bus").exists()
