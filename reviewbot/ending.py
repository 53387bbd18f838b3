"""Leaving in order when somebody else wants this program to end: a cancelled job, a closed terminal."""

from __future__ import annotations

import signal
import threading


def end_in_order(*names: str) -> None:
    """Let signals (``SIGTERM``) end the program as an exception: builds are ended, and temporary files and images removed on
    the way out. A closed terminal that somebody wants to outlive (``nohup``) stays ignored; in another thread than the
    main one nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        return
    for name in names:
        number = getattr(signal, name, None)
        if number is None:
            continue  # Windows has no SIGHUP
        is_outlived = name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN
        if not is_outlived:
            signal.signal(number, _end)


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
