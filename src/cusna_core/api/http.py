"""How does a plugin call a vendor? Here is the one way out.

Answers are checked for their shape before anybody believes them; a login is renewed once, by one
caller for all; calls keep to a rate; redirects are followed only by the plugin's own rule; what is
logged is method, path and status, never a query, a header or a body.
"""

import asyncio
import json as jsonlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import aiohttp
from multidict import CIMultiDictProxy
from pydantic import BaseModel, ValidationError
from yarl import URL

from cusna_core.api.clock import Clock
from cusna_core.api.context import Context
from cusna_core.api.errors import (
    AuthFailed,
    BadAnswer,
    ConfigError,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
)
from cusna_core.api.options import Tls

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)
Query = Mapping[str, str | int]

LONGEST_WAIT = 60.0
"""Seconds: a vendor that asks for a longer pause is asked again after this."""
HOPS = 3


class RateLimit:
    """A token bucket: `per_second` calls on average, `burst` at once. First come, first served."""

    def __init__(self, per_second: float, clock: Clock, *, burst: int = 1) -> None:
        self._interval = 1 / per_second
        self._slack = (burst - 1) * self._interval
        self._clock = clock
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the next call may go."""
        now = self._clock.monotonic()
        due = max(self._next, now - self._slack)
        self._next = due + self._interval
        if due > now:
            await self._clock.sleep(due - now)


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
        return min(max(seconds, 0.0), LONGEST_WAIT)

    def json(self) -> Any:
        """The body as JSON; BadAnswer for anything else."""
        try:
            return jsonlib.loads(self.body)
        except ValueError:
            raise BadAnswer(f"{self.method} {self.path} answered something that is not JSON.") from None


class HttpApi:
    """One vendor system over HTTP. Derive, and override what the vendor does differently."""

    def __init__(
        self,
        base_url: str,
        context: Context,
        *,
        tls: Tls | None = None,
        per_second: float | None = None,
        burst: int = 1,
        timeout: float = 15.0,
        read_retries: int = 0,
        user_agent: str = "Cusna",
    ) -> None:
        self.base = URL(base_url)
        self.context = context
        self._tls = tls or Tls()
        self._rate = RateLimit(per_second, context.clock, burst=burst) if per_second else None
        self._timeout = timeout
        self._read_retries = read_retries
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None
        self._login = asyncio.Lock()
        self._logins = 0

    # What a vendor may do differently

    async def log_in(self) -> None:
        """Get a session, for vendors that have one. Called when `expired` says so, by one caller."""

    def needs_login(self) -> bool:
        """Whether there is no session yet, so that `log_in` must run first."""
        return False

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        """Add the credentials to a call."""

    def expired(self, answer: Answer) -> bool:
        """Whether this answer means that the login must be renewed (once) and the call repeated."""
        return False

    def may_follow(self, url: URL) -> bool:
        """Whether a redirect to this address may be followed, credentials and all."""
        return False

    def failure(self, answer: Answer) -> PluginError | None:
        """What an answer means. The default goes by the status alone."""
        return by_status(answer)

    def seen(self, answer: Answer) -> None:
        """Look at every answer (a renewed CSRF token)."""

    # Calls

    async def open(self) -> None:
        """Open the session. Own CA or fingerprint: see `Tls`."""
        if self._session is not None:
            return
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=await self._trust(), limit=8),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._user_agent},
            trust_env=False,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _trust(self) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
        if self._tls.fingerprint:
            try:
                return aiohttp.Fingerprint(bytes.fromhex(self._tls.fingerprint.replace(":", "")))
            except ValueError:
                raise ConfigError(
                    "The fingerprint is not a SHA-256 in hex (64 digits, colons allowed).",
                    path="tls.fingerprint",
                ) from None
        if self._tls.ca:
            try:
                return await asyncio.to_thread(ssl.create_default_context, cafile=self._tls.ca)
            except (OSError, ssl.SSLError):
                raise ConfigError("The CA file cannot be read as PEM certificates.", path="tls.ca") from None
        return True

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        login: bool = True,
    ) -> Answer:
        """Make a call and return its answer, or raise what `failure` makes of it.

        GETs are repeated up to `read_retries` times after a Transient error; nothing else ever is,
        except once after a renewed login. (aiohttp itself sends a PUT or DELETE again when a kept
        connection turns out to be closed: both mean the same when they come twice.)
        """
        retries = self._read_retries if method == "GET" else 0
        wait = 1.0
        while True:
            try:
                return await self._call(method, path, query, json, form, headers, login=login)
            except Transient as error:
                if retries == 0:
                    raise
                retries -= 1
                await self.context.clock.sleep(wait if error.after is None else error.after)
                wait *= 2

    async def _call(
        self,
        method: str,
        path: str,
        query: Query | None,
        json: Any,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        *,
        login: bool,
    ) -> Answer:
        if login and self.needs_login():
            await self._renew(self._logins)
        before = self._logins
        answer = await self._send(method, path, query, json, form, headers, signed=login)
        if login and self.expired(answer):
            await self._renew(before)
            answer = await self._send(method, path, query, json, form, headers, signed=True)
        error = self.failure(answer)
        if error is not None:
            raise error
        return answer

    async def _renew(self, before: int) -> None:
        """Log in, unless somebody else did since `before`."""
        async with self._login:
            if self._logins == before:
                await self.log_in()
                self._logins += 1

    async def _send(
        self,
        method: str,
        path: str,
        query: Query | None,
        json: Any,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        *,
        signed: bool,
    ) -> Answer:
        if self._session is None:
            raise Unreachable(f"{self.context.name} is not open.")
        url = self.base.with_path(self.base.path.rstrip("/") + path)
        for _ in range(HOPS + 1):
            sent_headers = dict(headers or {})
            sent_query = {name: str(value) for name, value in (query or {}).items()}
            if signed:
                self.sign(sent_headers, sent_query)
            if self._rate is not None:
                await self._rate.turn()
            try:
                async with self._session.request(
                    method,
                    url.with_query(sent_query) if sent_query else url,
                    json=json,
                    data=form,
                    headers=sent_headers,
                    allow_redirects=False,
                ) as response:
                    body = await response.read()
                    answer = Answer(method, path, response.status, response.headers, body)
            except aiohttp.ServerFingerprintMismatch:
                raise ConfigError(
                    f"{self.base.host} shows another certificate than the one that is pinned.",
                    path="tls.fingerprint",
                ) from None
            except aiohttp.ClientConnectorCertificateError:
                raise ConfigError(
                    f"{self.base.host} shows a certificate that nobody known here signed. "
                    "Pin it with tls.fingerprint, or name its authority with tls.ca.",
                    path="tls",
                ) from None
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                # The exception's own text may hold the URL with a ticket in it.
                raise Unreachable(
                    f"No answer from {self.base.host} to {method} {path} ({type(error).__name__})."
                ) from None
            log.debug("%s: %s %s: %s", self.context.name, method, path, answer.status)
            self.seen(answer)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer
            url = self._next_hop(answer, url)
        raise BadAnswer(f"{self.base.host} redirects {method} {path} in circles.")

    def _next_hop(self, answer: Answer, url: URL) -> URL:
        try:
            target = url.join(URL(answer.headers.get("Location", "")))
        except ValueError:
            raise BadAnswer(f"{answer.method} {answer.path} redirects to nowhere.") from None
        if not self.may_follow(target):
            raise BadAnswer(
                f"{answer.method} {answer.path} redirects to {target.host}, which is not followed."
            )
        return target.with_query(None)


class JsonApi(HttpApi):
    """A vendor that speaks JSON."""

    async def get(self, path: str, *, query: Query | None = None) -> Any:
        return (await self.request("GET", path, query=query)).json()

    async def send(self, method: str, path: str, json: Any = None, *, query: Query | None = None) -> Any:
        """A call with a JSON body; None for an answer without one."""
        answer = await self.request(method, path, json=json, query=query)
        return answer.json() if answer.body else None


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
        places = {".".join(map(str, one["loc"])) or "it" for one in error.errors(include_input=False)}
        raise BadAnswer(f"{what} has another shape than expected: {', '.join(sorted(places))}.") from None
