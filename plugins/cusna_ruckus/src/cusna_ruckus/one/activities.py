"""What became of a change that RUCKUS One took on?

It answers 202 before it has done anything, and a change can still fail then, or succeed and change
nothing: who asks for a change also reads again and compares.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from cusna_core.api import Missing, PluginError, Rejected, Transient, Unreachable
from cusna_ruckus.one.client import Cloud
from cusna_ruckus.one.models import Activity

SCHEDULE = (1.0,) * 5 + (2.0,) * 10 + (3.0,) * 25
"""Seconds between two looks; 100 in all."""
LONGEST = 110.0
DONE = frozenset({"SUCCESS", "COMPLETED"})
FAILED = frozenset({"FAIL", "FAILED", "ERROR", "CANCELLED"})
"""Any other status means that it is still at it."""
CODE = re.compile(r"[A-Z]{2,16}-\d{2,6}")
SAYINGS = ("message", "reason")
DEEPEST = 8


class Failed(Rejected):
    """It was taken on and then not carried out. `taken`: something like it exists already."""

    def __init__(self, message: str, *, taken: bool) -> None:
        super().__init__(message)
        self.taken = taken


async def settled(cloud: Cloud, request: str) -> None:
    """Wait until a change is done. Raises Failed, or Unreachable when nobody knows in the end.

    A look that fails is no reason to give up: the change goes on without us.
    """
    clock = cloud.context.clock
    until = clock.monotonic() + LONGEST
    problem: PluginError | None = None
    for pause in SCHEDULE:
        await clock.sleep(pause if not isinstance(problem, Transient) else max(pause, problem.after or 0.0))
        try:
            activity = await cloud.activity(request)
            problem = None
        except (Missing, Transient) as error:
            # Right after the receipt there is no such activity yet.
            problem = error
            if clock.monotonic() > until:
                break
            continue
        status = activity.status.upper()
        if status in DONE:
            return
        if status in FAILED:
            raise _failure(activity)
        if clock.monotonic() > until:
            break
    if isinstance(problem, Transient):
        raise problem
    raise Unreachable(
        "RUCKUS One took a change on and does not say what became of it. It is looked at again."
    )


def _failure(activity: Activity) -> Failed:
    """Only codes are told, and never what stands beside them: the rejected value is the passphrase."""
    parts = [activity.error, activity.errors]
    codes = sorted({code for part in parts for code in _codes(part)})
    taken = any("already exists" in saying for part in parts for saying in _sayings(part))
    named = f" ({', '.join(codes[:3])})" if codes else ""
    return Failed(f"RUCKUS One took the change on and then did not carry it out{named}.", taken=taken)


def _opened(node: Any) -> Any:
    """Errors come as JSON inside a string, inside JSON."""
    if isinstance(node, str) and node.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(node)
        except (ValueError, RecursionError):
            return node
    return node


def _walk(node: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    node = _opened(node)
    if depth > DEEPEST:
        return
    if isinstance(node, dict):
        yield node
        for name, value in node.items():
            if name not in ("rejectedValue", "value"):
                yield from _walk(value, depth + 1)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value, depth + 1)


def _codes(node: Any) -> Iterator[str]:
    for one in _walk(node):
        code = one.get("code")
        if isinstance(code, str) and CODE.fullmatch(code):
            yield code


def _sayings(node: Any) -> Iterator[str]:
    if isinstance(node, str) and _opened(node) is node:
        yield node.lower()
    for one in _walk(node):
        for name in SAYINGS:
            saying = one.get(name)
            if isinstance(saying, str) and _opened(saying) is saying:
                yield saying.lower()
