"""How does one talk to a UniFi Network application?

By API key (no session, no CSRF), by a local user's session (cookie and CSRF token), or through the
cloud connector, which is the same paths under another address. Only the classic `api/s/<site>` paths:
the newer Integration API can neither list clients by SSID nor disconnect them.
"""

from collections.abc import Mapping
from typing import Any

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    ConfigError,
    Context,
    JsonApi,
    Missing,
    PluginError,
    RateLimited,
    parse,
)
from cusna_core.api.http import M, Query
from cusna_unifi.options import Flavour, UnifiOptions
from cusna_unifi.refusals import NotPermitted, StaleCsrf, code_of, meaning, problem, unknown_console
from cusna_unifi.session import Session
from cusna_unifi.wire import Device, NetworkConf, Site, Station, Sysinfo, Wlan

SITES = "/api/self/sites"
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0
"""Seconds without a login after a refused one: UniFi counts logins, and says no time."""


class UnifiApi(JsonApi):
    """One controller, one site."""

    def __init__(self, options: UnifiOptions, context: Context) -> None:
        cloud = options.console_id is not None
        base = f"{options.cloud_url}/v1/connector/consoles/{options.console_id}" if cloud else options.url
        assert base is not None
        # A console is not asked the rates of a cloud: eight calls at once and then ten a second are
        # far below what its own pages make.
        super().__init__(base, context, tls=options.tls, per_second=10, burst=8)
        key = options.cloud_key if cloud else options.api_key
        self._key = key.get_secret_value() if key else None
        self._session_of = Session()
        self._options = options
        self._os = options.flavour is Flavour.UNIFI_OS
        self._prefix = "/proxy/network" if self._os else ""
        self._login_path = "/api/auth/login" if self._os else "/api/login"
        self._site: Site | None = None
        self._pause = FIRST_PAUSE
        self._paused_until = 0.0
        self._refusal: AuthFailed | None = None

    @property
    def has_key(self) -> bool:
        return self._key is not None

    # Credentials

    def needs_login(self) -> bool:
        return self._key is None and not self._session_of.signed_in

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._key is not None:
            headers["X-API-KEY"] = self._key
        else:
            headers.update(self._session_of.headers())

    def seen(self, answer: Answer) -> None:
        if self._key is None:
            self._session_of.learn(answer.headers)

    def expired(self, answer: Answer) -> bool:
        return self._key is None and (answer.status == 401 or code_of(answer) == "LoginRequired")

    def failure(self, answer: Answer) -> PluginError | None:
        if answer.path == self._login_path:
            return self._login_failure(answer)
        if self._options.console_id is not None and unknown_console(answer):
            return ConfigError(
                "UniFi's cloud knows no such console, or this key may not see it.", path="console_id"
            )
        return meaning(answer)

    def _login_failure(self, answer: Answer) -> PluginError | None:
        code = code_of(answer) or ""
        if answer.status == 499 or code == "Ubic2faTokenRequired":
            return AuthFailed(
                "UniFi asks for a second factor. Use a local account without MFA: cloud accounts do not work."
            )
        if answer.status == 429:
            after = self._pause if answer.retry_after is None else max(answer.retry_after, 1.0)
            return RateLimited("UniFi takes no more logins for now.", after=after)
        if answer.status in (401, 403) or code == "Invalid":
            return AuthFailed("UniFi refuses the user name or the password. It must be a local account.")
        return meaning(answer)

    async def log_in(self) -> None:
        now = self.context.clock.monotonic()
        if now < self._paused_until:
            # Asking again would only make the lock longer.
            if self._refusal is not None:
                raise AuthFailed(str(self._refusal))
            raise RateLimited("UniFi takes no more logins for now.", after=self._paused_until - now)
        self._session_of.forget()
        user, password = self._options.username, self._options.password
        assert user is not None
        assert password is not None
        try:
            answer = await self.request(
                "POST",
                self._login_path,
                json={"username": user, "password": password.get_secret_value(), "rememberMe": True},
                login=False,
            )
            if not self._session_of.signed_in or problem(answer) is None:
                raise RateLimited(
                    "UniFi answered the login without opening a session: it takes no more logins for now.",
                    after=self._pause,
                )
        except (AuthFailed, RateLimited) as error:
            self._session_of.forget()
            told = error.after if isinstance(error, RateLimited) else None
            self._paused_until = now + (self._pause if told is None else told)
            self._refusal = error if isinstance(error, AuthFailed) else None
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            raise
        self._pause = FIRST_PAUSE

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
        """As everywhere; a write whose CSRF token was outdated is repeated once with the current one."""
        sent = self._session_of.csrf
        try:
            return await super().request(
                method, path, query=query, json=json, form=form, headers=headers, login=login
            )
        except StaleCsrf:
            pass
        if self._session_of.csrf == sent:
            # The refusal brought no new token; any other answer does.
            await super().request("GET", self._prefix + SITES)
        if self._session_of.csrf == sent:
            self._session_of.forget()
        try:
            return await super().request(method, path, query=query, json=json, form=form, headers=headers)
        except StaleCsrf:
            raise NotPermitted(
                "UniFi refuses every write of this session (CSRF). Is something between Cusna and the "
                "console changing requests? An API key needs no such token."
            ) from None

    # Calls, in the vendor's words

    async def _data(self, method: str, path: str, json: Any = None) -> list[Any]:
        answer = await self.request(method, self._prefix + path, json=json)
        body = answer.json()
        data = body.get("data") if isinstance(body, dict) else None
        found = problem(answer)
        if not isinstance(data, list) or found is None or found.rc != "ok":
            raise BadAnswer(f"{method} {path} answered without “ok” and a list of data.")
        return data

    async def _items(self, path: str, model: type[M]) -> list[M]:
        return [parse(model, one, path) for one in await self._data("GET", path)]

    async def _at_site(self, path: str) -> str:
        return f"/api/s/{(await self.site()).name}/{path}"

    async def sites(self) -> list[Site]:
        return await self._items(SITES, Site)

    async def site(self) -> Site:
        """The configured site, by the name in its URL or else by its label."""
        if self._site is None:
            self._site = await self.fresh_site()
        return self._site

    async def fresh_site(self) -> Site:
        sites = await self.sites()
        wanted = self._options.site
        found = [one for one in sites if one.name == wanted] or [one for one in sites if one.desc == wanted]
        if len(found) == 1:
            return found[0]
        there = ", ".join(one.desc or one.name for one in sites) or "none"
        which = "Two sites are called" if found else "There is no site"
        raise ConfigError(f"{which} “{wanted}” there. This account sees: {there}.", path="site")

    async def integration_answers(self) -> bool:
        """Whether the key is good for the newer Integration API, which is not used otherwise."""
        try:
            await self.request("GET", self._prefix + "/integration/v1/info")
        except (AuthFailed, Missing, BadAnswer):
            return False
        return True

    async def sysinfo(self) -> Sysinfo:
        found = await self._items(await self._at_site("stat/sysinfo"), Sysinfo)
        if not found:
            raise BadAnswer("UniFi does not tell its version.")
        return found[0]

    async def wlans(self) -> list[Wlan]:
        return await self._items(await self._at_site("rest/wlanconf"), Wlan)

    async def put_wlan(self, wlan_id: str, fields: dict[str, Any]) -> bool:
        """Merge these fields into a WLAN; whether the answer echoes it (an empty one is a silent no)."""
        return bool(await self._data("PUT", await self._at_site(f"rest/wlanconf/{wlan_id}"), fields))

    async def networks(self) -> list[NetworkConf]:
        return await self._items(await self._at_site("rest/networkconf"), NetworkConf)

    async def add_network(self, fields: dict[str, Any]) -> None:
        await self._data("POST", await self._at_site("rest/networkconf"), fields)

    async def stations(self) -> list[Station]:
        return await self._items(await self._at_site("stat/sta"), Station)

    async def kick(self, mac: str) -> None:
        await self._data("POST", await self._at_site("cmd/stamgr"), {"cmd": "kick-sta", "mac": mac})

    async def devices(self) -> list[Device]:
        return await self._items(await self._at_site("stat/device-basic"), Device)

    async def force_provision(self, mac: str) -> None:
        await self._data("POST", await self._at_site("cmd/devmgr"), {"cmd": "force-provision", "mac": mac})
