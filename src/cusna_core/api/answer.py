"""What did the vendor say, and may it be believed?

Nothing of an answer's headers or body stands in a repr, an error or its causes: they hold passphrases.
"""

import json as jsonlib
import math
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from multidict import CIMultiDictProxy
from pydantic import BaseModel, ValidationError

from cusna_core.api.errors import (
    AuthFailed,
    BadAnswer,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
)

M = TypeVar("M", bound=BaseModel)

LONGEST_WAIT = 60.0
"""Seconds: a vendor that asks for a longer pause is asked again after this."""
PLACES = 5
"""So many wrong places are named; a list of a thousand bad records is one mistake."""


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A vendor's answer. Its repr shows neither headers nor body."""

    method: str
    path: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}: {self.status}>"

    @property
    def retry_after(self) -> float | None:
        """Seconds that the vendor asks to wait, from a number or an HTTP date; at most a minute."""
        text = self.headers.get("Retry-After", "")
        try:
            seconds = float(text)
        except ValueError:
            try:
                sent = parsedate_to_datetime(self.headers.get("Date", ""))
                seconds = (parsedate_to_datetime(text) - sent).total_seconds()
            except (TypeError, ValueError):
                return None
        return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)

    def json(self) -> Any:
        """The body as JSON; BadAnswer for anything else."""
        try:
            return jsonlib.loads(self.body)
        except (ValueError, RecursionError):
            pass  # raised outside: the error of the parser holds the body
        raise BadAnswer(f"{self.method} {self.path} answered something that is not JSON.")


def by_status(answer: Answer) -> PluginError | None:
    """The plain meaning of a status code."""
    what = f"{answer.method} {answer.path} answered {answer.status}"
    match answer.status:
        case status if 200 <= status < 300:
            return None
        case 401 | 403:
            return AuthFailed(f"{what}: the credentials are refused, or may not do this.")
        case 404:
            return Missing(f"{what}: it is not there.")
        case 429:
            return RateLimited(f"{what}: too many calls.", after=answer.retry_after)
        case 502 | 503 | 504:
            return Unreachable(f"{what}: the system is down or starting.", after=answer.retry_after)
        case status if status >= 500:
            return Transient(f"{what}: the system has a problem.", after=answer.retry_after)
        case status if status >= 400:
            return Rejected(f"{what}: it refuses the request.")
        case _:
            return BadAnswer(f"{what}, which means nothing here.")


def parse(model: type[M], data: Any, what: str) -> M:
    """Data as the model says, or BadAnswer with the names (never the values) of what is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_context=False, include_url=False)
        places = list(dict.fromkeys(".".join(map(str, one["loc"])) or "it" for one in wrong))
    named = ", ".join(places[:PLACES])
    if len(places) > PLACES:
        named += f" and {len(places) - PLACES} more"
    # Raised outside: pydantic's own error holds the values.
    raise BadAnswer(f"{what} has another shape than expected: {named}.")
