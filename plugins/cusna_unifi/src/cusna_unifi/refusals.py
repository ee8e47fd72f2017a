"""What does an unhappy answer of a UniFi controller mean?

HTTP 400 with an envelope is the norm, some old versions say 200 with `rc: error`, and a controller that
boots answers every path with 200 and a page. Error bodies may echo values: only codes, field names and
patterns are taken from them.
"""

import re

from pydantic import ValidationError

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    ConfigError,
    Missing,
    PluginError,
    Rejected,
    Taken,
    Unreachable,
    by_status,
)
from cusna_unifi.wire import Problem

GONE = {"IdInvalid", "NotFound", "UnknownStation", "UnknownDevice", "UnknownUser"}
SAFE = re.compile(r"[A-Za-z0-9_.\[\]-]{1,80}")
CSRF = "Invalid CSRF Token"


class StaleCsrf(AuthFailed):
    """The CSRF token of a write is not the current one."""


class NotPermitted(AuthFailed):
    """Signed in, but the account may not do this."""


def problem(answer: Answer) -> Problem | None:
    """What the answer says of itself; None for a page, a list or nothing."""
    try:
        data = answer.json()
    except BadAnswer:
        return None
    if not isinstance(data, dict):
        return None
    try:
        return Problem.model_validate(data)
    except ValidationError:
        return None


def code_of(answer: Answer) -> str | None:
    """The last part of `api.err.…`, if the answer names a code."""
    found = problem(answer)
    if found is None:
        return None
    text = found.msg or (found.code if isinstance(found.code, str) else None) or ""
    return text.removeprefix("api.err.") if SAFE.fullmatch(text) else None


def meaning(answer: Answer) -> PluginError | None:
    """What an answer of the Network application means; None: it is good."""
    what = f"{answer.method} {answer.path}"
    found = problem(answer)
    if found is None:
        return _without_words(answer, what)
    if 200 <= answer.status < 300:
        if found.rc == "ok" or (found.rc is None and found.code is None):
            return None
        # An old version's error in disguise.
        return _by_code(answer, found, what) or Rejected(f"{what} was refused.")
    if answer.status == 429 or answer.status >= 500 or answer.status in (301, 302, 408):
        return _by_the_way(answer, what)
    return _by_code(answer, found, what) or _by_the_way(answer, what)


def unknown_console(answer: Answer) -> bool:
    """Whether UniFi's cloud itself says no, for want of a console: the Network application says `meta`."""
    found = problem(answer)
    return (
        answer.status in (400, 404)
        and found is not None
        and found.rc is None
        and isinstance(found.code, str)
        and not found.code.startswith("api.")
    )


def _without_words(answer: Answer, what: str) -> PluginError | None:
    if answer.status < 300:
        if answer.body.lstrip()[:1] == b"[":
            return None
        return BadAnswer(
            f"{what} answered with a page instead of data. The controller may be starting; if this stays, "
            "`url` leads to something else."
        )
    if answer.status == 404:
        return BadAnswer(
            f"{what} is not known there. The Network application may be starting; if this stays, `url` or "
            "`flavour` is wrong."
        )
    return _by_the_way(answer, what)


def _by_the_way(answer: Answer, what: str) -> PluginError | None:
    if answer.status == 401:
        return AuthFailed(
            "UniFi refuses the credentials. Keys made on the console and keys of unifi.ui.com are not "
            "interchangeable: the console's own go into `api_key`, the other ones into `cloud_key`."
        )
    if answer.status == 403:
        return _not_permitted()
    if answer.status == 408:
        return Unreachable(f"{what}: the console did not answer UniFi's cloud in time.")
    return by_status(answer)


def _not_permitted() -> NotPermitted:
    return NotPermitted(
        "UniFi says that this account may not do this. Give it the role of an admin for Network (not "
        "view only)."
    )


def _by_code(answer: Answer, found: Problem, what: str) -> PluginError | None:
    code = code_of(answer)
    if answer.status == 403 and found.message == CSRF:
        return StaleCsrf("UniFi refuses a write with an outdated CSRF token.")
    if code is None:
        return None
    if code == "LoginRequired":
        return AuthFailed("UniFi asks for a login again: the session is not accepted.")
    if code == "NoPermission":
        return _not_permitted()
    if code == "NoSiteContext":
        return ConfigError("UniFi has no such site, or this account may not see it.", path="site")
    if code in GONE:
        return Missing(f"{what}: it is not there ({code}).")
    if code == "VlanUsed":
        return Taken("UniFi says that this VLAN number is in use already.")
    if answer.status in (401, 403):
        return None
    detail = ""
    if found.field and SAFE.fullmatch(found.field):
        detail = f": the field {found.field}"
        if found.pattern:
            detail += f" must match {found.pattern[:120]}"
    return Rejected(f"UniFi refuses it ({code}{detail}).")
