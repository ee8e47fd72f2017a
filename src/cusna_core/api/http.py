"""How does a plugin call a vendor? Here is the one way out.

Answers are checked for their shape before anybody believes them; a login is renewed once, by one
caller for all; calls keep to a rate; redirects are followed only by the plugin's own rule; what is
logged is method, path and status, never a query, a header or a body.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from yarl import URL

from cusna_core.api.answer import Answer, by_status
from cusna_core.api.answer import M as M  # for plugins that pass models on
from cusna_core.api.context import Context
from cusna_core.api.errors import BadAnswer, PluginError, Transient, Unreachable
from cusna_core.api.options import Secret, Tls
from cusna_core.api.rate import RateLimit
from cusna_core.api.trust import next_hop, no_answer, trust

log = logging.getLogger(__name__)

Query = Mapping[str, str | int]

HOPS = 3


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """What is asked, before it is signed."""

    method: str
    path: str
    query: Query | None
    json: Any
    form: Mapping[str, str] | None
    headers: Mapping[str, str] | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class HttpApi:
    """One vendor system over HTTP. Derive, and override what the vendor does differently."""

    def __init__(
        self,
        base_url: str,
        context: Context,
        *,
        token: Secret | None = None,
        tls: Tls | None = None,
        per_second: float | None = None,
        burst: int = 1,
        timeout: float = 15.0,
        read_retries: int = 0,
        user_agent: str = "Cusna",
    ) -> None:
        self.base = URL(base_url)
        self.context = context
        self._bearer = token
        self._tls = tls or Tls()
        self._rate = RateLimit(per_second, context.clock, burst=burst) if per_second else None
        self._timeout = timeout
        self._read_retries = read_retries
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None
        self._login = asyncio.Lock()
        self._login_tries = 0
        self._login_error: PluginError | None = None

    # What a vendor may do differently

    async def log_in(self) -> None:
        """Get a session, for vendors that have one. Called when `expired` says so, by one caller.

        A PluginError that it raises is raised to all who wait for it.
        """

    def needs_login(self) -> bool:
        """Whether there is no session yet, so that `log_in` must run first."""
        return False

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        """Add the credentials to a call. The default is a bearer token, where one is given."""
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer.get_secret_value()}"

    def expired(self, answer: Answer) -> bool:
        """Whether this answer means that the login must be renewed (once) and the call repeated."""
        return False

    def may_follow(self, url: URL) -> bool:
        """Whether a redirect to this address may be followed, credentials and all.

        Method, body and query stay, joined by what the address adds to the query. A redirect from
        https to http is never followed, whatever this says.
        """
        return False

    def failure(self, answer: Answer) -> PluginError | None:
        """What an answer means. The default goes by the status alone."""
        return by_status(answer)

    def seen(self, answer: Answer) -> None:
        """Look at every answer (a renewed CSRF token)."""

    # Calls

    async def open(self) -> None:
        """Open the session. Own CA or fingerprint: see `Tls`."""
        trusted = await trust(self._tls)
        if self._session is not None:
            return
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted, limit=8),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._user_agent},
            trust_env=False,
        )

    async def close(self) -> None:
        # Forgotten first, so that nobody begins a call on a session that is going.
        session, self._session = self._session, None
        if session is not None:
            await session.close()

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
        call = Call(method, path, query, json, form, headers)
        retries = self._read_retries if method == "GET" else 0
        wait = 1.0
        while True:
            try:
                return await self._answered(call, login=login)
            except Transient as error:
                if retries == 0:
                    raise
                retries -= 1
                pause = wait if error.after is None else error.after
            await self.context.clock.sleep(pause)
            wait *= 2

    async def _answered(self, call: Call, *, login: bool) -> Answer:
        if login and self.needs_login():
            await self._renew(self._login_tries)
        answer, tries = await self._send(call, signed=login)
        if login and self.expired(answer):
            await self._renew(tries)
            answer, _ = await self._send(call, signed=True)
        error = self.failure(answer)
        if error is not None:
            raise error
        return answer

    async def _renew(self, tries: int) -> None:
        """Log in, unless somebody else tried since there were so many tries: then it is shared.

        A refusal too, or twenty callers with a wrong password would be twenty wrong passwords.
        """
        async with self._login:
            if self._login_tries != tries:
                if self._login_error is not None:
                    raise self._login_error
                return
            self._login_error = None
            try:
                await self.log_in()
            except PluginError as error:
                self._login_error = error
                self._login_tries += 1
                raise
            self._login_tries += 1

    async def _send(self, call: Call, *, signed: bool) -> tuple[Answer, int]:
        """The answer, and how many logins were tried when the call was signed."""
        url = self.base.with_path(self.base.path.rstrip("/") + call.path)
        plain = {name: str(value) for name, value in (call.query or {}).items()}
        for _ in range(HOPS + 1):
            if self._rate is not None:
                await self._rate.turn()
            # Only now: the login may have been renewed, or the client closed, while others had their turn.
            headers, query, tries = dict(call.headers or {}), dict(plain), self._login_tries
            if signed:
                self.sign(headers, query)
            answer = await self._exchange(call, url, query, headers)
            log.debug("%s: %s: %s", self.context.name, call, answer.status)
            self.seen(answer)
            if answer.status not in (301, 302, 303, 307, 308):
                return answer, tries
            url = next_hop(answer, url)
            if not self.may_follow(url):
                raise BadAnswer(f"{call} redirects to {url.host}, which is not followed.")
            plain.update(url.query)
        raise BadAnswer(f"{self.base.host} redirects {call} in circles.")

    async def _exchange(self, call: Call, url: URL, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if self._session is None:
            raise Unreachable(f"{self.context.name} is not open.")
        try:
            async with self._session.request(
                call.method,
                url.with_query(query) if query else url,
                json=call.json,
                data=call.form,
                headers=headers,
                allow_redirects=False,
            ) as response:
                body = await response.read()
                return Answer(call.method, call.path, response.status, response.headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            problem = no_answer(error, url.host, str(call))
        except asyncio.CancelledError:
            # aiohttp cancels who waits for a connection when a session is closed; nobody called us off.
            task = asyncio.current_task()
            if task is None or task.cancelling() > 0:
                raise
            problem = Unreachable(f"{self.context.name} was closed during {call}.")
        # Raised outside, so that the error with its URL does not hang on it as its cause.
        raise problem


class JsonApi(HttpApi):
    """A vendor that speaks JSON."""

    async def get(self, path: str, *, query: Query | None = None) -> Any:
        return (await self.request("GET", path, query=query)).json()

    async def send(self, method: str, path: str, json: Any = None, *, query: Query | None = None) -> Any:
        """A call with a JSON body; None for an answer without one."""
        answer = await self.request(method, path, json=json, query=query)
        return answer.json() if answer.body.strip() else None
