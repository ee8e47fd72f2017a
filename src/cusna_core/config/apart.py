"""How is something run that may never come to an end?"""

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Late(Exception):
    """It has not ended in time, and goes on by itself."""


class Raised(Exception):
    """It raised this, whatever it is: told apart from what is raised here, such as somebody's Ctrl+C."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def apart(work: Callable[[], T], seconds: float) -> T:
    """What `work` returns, from a thread that is left alone after so many seconds. Raises Raised and Late.

    It ends with the program at the latest. Modules that it is importing then stay half imported: who needs
    the same ones would wait for it.
    """
    got: list[T] = []
    raised: list[BaseException] = []

    def run() -> None:
        try:
            got.append(work())
        except BaseException as error:  # noqa: BLE001 - handed on
            raised.append(error)

    thread = threading.Thread(target=run, name="plugin-import", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise Raised(raised[0])
    if not got:
        raise Late
    return got[0]
