"""Which thread of the kernel this is, and what a person calls what runs in it."""

import asyncio
import threading
from typing import Any


def in_main_thread() -> bool:
    """Return whether this is the thread that cells run in."""
    return threading.current_thread() is threading.main_thread()


def streams(kernel: Any) -> tuple[Any, Any]:
    """Return the stream that feeds the shell of this thread, and the one for its replies; None where there is none."""
    shell_thread = getattr(kernel, "shell_channel_thread", None)
    if shell_thread is None:  # ipykernel 6
        stream = getattr(kernel, "shell_stream", None) if in_main_thread() else None
        return stream, stream
    try:
        manager = shell_thread.manager
        if in_main_thread():
            return manager._shell_channel_to_main.to_stream, manager.get_subshell_to_shell_channel_socket(None)
        subshell = manager.subshell_id_from_thread_id(threading.get_ident())
        pair = manager.get_shell_channel_to_subshell_pair(subshell)
        return pair.to_stream, manager.get_subshell_to_shell_channel_socket(subshell)
    except (AttributeError, RuntimeError):  # another ipykernel than those known, or a thread that is no shell
        return None, None


def parent_of(kernel: Any) -> dict[str, Any]:
    """Return the message that the shell is busy with."""
    # ipykernel 5 has one parent and no method that returns it.
    parent = kernel.get_parent() if hasattr(kernel, "get_parent") else getattr(kernel, "_parent_header", None)
    return parent or {}


def message_type(parent: dict[str, Any]) -> str:
    """Return what kind of message `parent` is; empty where there is none."""
    return str(parent.get("header", {}).get("msg_type", ""))


def label(kernel: Any) -> str:
    """Return what a person calls what runs in this thread: a cell, a widget's handler, or the thread itself."""
    if kernel is not None and (in_main_thread() or streams(kernel)[0] is not None):
        return _label_of_shell(kernel)
    return f"thread {threading.current_thread().name}"


def label_async(kernel: Any) -> str:
    """Return what a person calls what awaits in this thread: a cell, or a task of its own."""
    task = asyncio.current_task()
    # A cell is awaited by a task that runs IPython's code or the kernel's.
    frame = getattr(task and task.get_coro(), "cr_frame", None)
    module = str(frame.f_globals.get("__name__", "")) if frame else ""
    is_the_shells = module.partition(".")[0] in ("IPython", "ipykernel")
    return _label_of_shell(kernel) if kernel is not None and is_the_shells else "task"


def _label_of_shell(kernel: Any) -> str:
    if message_type(parent_of(kernel)).startswith("comm_"):
        return "widget"
    # The number of the cell's output: when the shell's own counter moves on depends on the IPython.
    number = getattr(getattr(getattr(kernel, "shell", None), "displayhook", None), "prompt_count", None)
    return "cell" if number is None else f"cell [{number}]"
