"""What does a browser keep for us?

Random tokens and a language, in cookies that only our own origin can set.
"""

from aiohttp import web
from aiohttp.hdrs import COOKIE

FLOW = "flow"
"""The sign-ins that this browser asked for, newest first."""
ASKED = "asked"
"""The address they were asked for, sealed, so that it can be sent to again."""
THEN = "then"
"""Where a sign-in leads: a name from a fixed list, never an address."""
DEVICE = "device"
"""Tells this browser from others, for the notice about a sign-in on a new one; it opens nothing."""
LAST = "last"
"""When and where the sign-in before this one was, sealed, to be shown while this one lasts."""
MEMBER = "member"
ADMIN = "admin"
LANGUAGE = "language"

STAY_SECONDS = 30 * 24 * 3600
DEVICE_SECONDS = 400 * 24 * 3600
LANGUAGE_SECONDS = 365 * 24 * 3600


class Cookies:
    """Over https every name gets the `__Host-` prefix; http exists on this machine only, where it cannot."""

    def __init__(self, secure: bool) -> None:
        self._secure = secure
        self._prefix = "__Host-cusna_" if secure else "cusna_"

    def name(self, which: str) -> str:
        return self._prefix + which

    def get(self, request: web.Request, which: str) -> str:
        # Who comes for the first time has none: nothing is parsed for them.
        return request.cookies.get(self._prefix + which, "") if COOKIE in request.headers else ""

    def set(self, response: web.Response, which: str, value: str, seconds: int | None = None) -> None:
        """Without `seconds` the cookie goes with the browser window."""
        # Lax, not Strict: the first navigation comes from the mail and must bring the flow along (M21).
        response.set_cookie(
            self._prefix + which,
            value,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="Lax",
            max_age=seconds,
        )

    def drop(self, response: web.Response, which: str) -> None:
        response.del_cookie(
            self._prefix + which, path="/", secure=self._secure, httponly=True, samesite="Lax"
        )
