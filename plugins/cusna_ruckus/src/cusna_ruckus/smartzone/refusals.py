"""What does an unhappy answer of SmartZone mean?

Bodies are `{message, errorCode, errorType}` or plain text. Only the code is taken from them, and one message
is recognised: they may repeat what was sent.
"""

import math

from pydantic import ValidationError

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Transient,
    by_status,
)
from cusna_core.api.answer import LONGEST_WAIT
from cusna_ruckus.smartzone.models import Problem

NOT_FOUND = 211
BAD_LOGIN = range(200, 300)
UNREADABLE = "For input string"
NO_PROBLEM = Problem()


class NotPermitted(AuthFailed):
    """Signed in, but the role may not do this."""


class BadLogin(AuthFailed):
    """The user name or the password is wrong: the controller says so, and counts."""


def problem(answer: Answer) -> Problem:
    """What the answer says of itself, if it is JSON."""
    try:
        return Problem.model_validate(answer.json())
    except (BadAnswer, ValidationError):
        return NO_PROBLEM


def meaning(answer: Answer) -> PluginError | None:
    """None: it is good."""
    what = f"{answer.method} {answer.path} answered {answer.status}"
    match answer.status:
        case 401:
            return AuthFailed("SmartZone takes neither the session nor a new one (401).")
        case 403 if problem(answer).code == NOT_FOUND:
            return Missing(f"{what}: it is not there.")
        case 403:
            return NotPermitted(
                f"SmartZone says that this administrator may not do this ({what}). Give the role more "
                "rights: zones to read, WLANs and DPSKs to change."
            )
        case 423:
            return Transient(f"{what}: its configuration is locked by somebody.", after=answer.retry_after)
        case 429:
            return RateLimited(f"{what}: too many calls.", after=_reset(answer))
        case 500 if (problem(answer).message or "").startswith(UNREADABLE):
            # Not a bad day: it cannot make sense of an id or a number, and would not tomorrow.
            return Rejected(f"{what}: it cannot read a part of the request.")
        case _:
            return by_status(answer)


def of_login(answer: Answer) -> PluginError | None:
    code = problem(answer).code
    told = code is not None and code in BAD_LOGIN and code != NOT_FOUND
    if answer.status in (401, 403) or (told and answer.status in (400, 422)):
        return (BadLogin if told else AuthFailed)(
            "SmartZone refuses the user name or the password, or the account is locked. An administrator of "
            "a partner or system domain signs in as name@domain."
        )
    return meaning(answer)


def _reset(answer: Answer) -> float | None:
    """Seconds until there is room again. SmartZone has a header of its own for it."""
    try:
        seconds = float(answer.headers.get("RateLimit-Reset", ""))
    except ValueError:
        return answer.retry_after
    return answer.retry_after if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)
