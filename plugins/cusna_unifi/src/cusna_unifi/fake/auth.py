"""Who may come in? Keys, sessions with cookie and CSRF token, and the limit of logins."""

import base64
import json
from collections import deque
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, Literal

from aiohttp import web

from cusna_core.api import Clock
from cusna_unifi.fake.state import Knobs

AuthKind = Literal["key", "session", "cloud", "none"]

LIMIT = (
    '{"code":"AUTHENTICATION_FAILED_LIMIT_REACHED",'
    '"message":"You\'ve reached the login attempt limit","level":"debug"}'
)
WRONG = {
    "code": "AUTHENTICATION_FAILED_INVALID_CREDENTIALS",
    "message": "Invalid username or password",
    "level": "debug",
}


def unauthorized(knobs: Knobs, *, os: bool) -> web.Response:
    if knobs.html_401:
        return web.Response(status=401, text="<html>Unauthorized</html>", content_type="text/html")
    if os:
        return web.json_response({"error": {"code": 401, "message": "Unauthorized"}}, status=401)
    return web.json_response(
        {"meta": {"rc": "error", "msg": "api.err.LoginRequired"}, "data": []}, status=401
    )


@dataclass
class Visit:
    until: float
    csrf: str


class Gate:
    """The doors of one console."""

    def __init__(self, clock: Clock, knobs: Knobs, *, os: bool) -> None:
        self.clock, self.knobs, self.os = clock, knobs, os
        self.users = {"cusna": "local password 1"}
        self.api_keys = {"local-api-key-0001"}
        self.cloud_keys = {"cloud-api-key-0001"}
        self.sessions: dict[str, Visit] = {}
        self.logins = 0
        self._attempts: deque[float] = deque()
        self._locked_until = 0.0
        self._answers = 0
        self._serial = 0

    def kind(self, request: web.Request, *, cloud: bool) -> AuthKind:
        key = request.headers.get("X-API-KEY")
        if cloud:
            return "cloud" if key in self.cloud_keys else "none"
        if key is not None:
            return "key" if self.os and key in self.api_keys else "none"
        visit = self._visit(request)
        return "session" if visit is not None and self.clock.monotonic() < visit.until else "none"

    def _visit(self, request: web.Request) -> Visit | None:
        # Read by hand, as a console does: the raw header is what counts.
        cookies = SimpleCookie(request.headers.get("Cookie", ""))
        found = cookies.get("TOKEN" if self.os else "unifises")
        return self.sessions.get(found.value) if found else None

    def csrf_is_good(self, request: web.Request) -> bool:
        visit = self._visit(request)
        return visit is not None and request.headers.get("X-CSRF-Token") == visit.csrf

    def new_csrf(self) -> str:
        self._serial += 1
        return f"csrf-{self._serial}"

    def stamp(self, request: web.Request, response: web.StreamResponse) -> None:
        """After an authorised answer: now and then another CSRF token."""
        visit = self._visit(request)
        if visit is None or not self.knobs.rotate_csrf:
            return
        self._answers += 1
        if self._answers % self.knobs.rotate_csrf == 0:
            visit.csrf = self.new_csrf()
        if self.knobs.say_updated_csrf and (response.status < 400 or self.knobs.csrf_on_refusals):
            response.headers["X-Updated-CSRF-Token"] = visit.csrf

    def login(self, body: Any) -> web.Response:
        now = self.clock.monotonic()
        self.logins += 1
        if self.os:
            while self._attempts and self._attempts[0] <= now - self.knobs.login_window:
                self._attempts.popleft()
            self._attempts.append(now)
            if len(self._attempts) > self.knobs.login_limit:
                self._locked_until = now + self.knobs.login_lock
            if now < self._locked_until:
                return web.Response(status=429, text=LIMIT, content_type="application/json")
        good = isinstance(body, dict) and self.users.get(body.get("username", "")) == body.get("password")
        if not good:
            if self.os:
                return web.json_response(WRONG, status=403)
            return web.json_response(
                {"meta": {"rc": "error", "msg": "api.err.Invalid"}, "data": []}, status=400
            )
        if self.knobs.mfa:
            return self._second_factor()
        return self._opened(now)

    def _second_factor(self) -> web.Response:
        if self.os:
            return web.json_response(
                {"data": {"mfaCookie": "UBIC_2FA=abc"}, "meta": {"rc": "error"}}, status=499
            )
        meta = {"rc": "error", "msg": "api.err.Ubic2faTokenRequired"}
        return web.json_response({"meta": meta, "data": []}, status=400)

    def _opened(self, now: float) -> web.Response:
        csrf, until = self.new_csrf(), now + self.knobs.token_ttl
        if not self.os:
            response = web.json_response({"data": [], "meta": {"rc": "ok"}})
            if not self.knobs.silent_login:
                token = f"ses{self._serial}"
                response.headers.add("Set-Cookie", f"unifises={token}; Path=/; Secure; HttpOnly")
                response.headers.add("Set-Cookie", f"csrf_token={csrf}; Path=/; Secure")
                self.sessions[token] = Visit(until, csrf)
            return response
        user = {"unique_id": "u1", "username": "cusna", "roles": [], "permissions": {}, "isOwner": False}
        response = web.json_response(user)
        if not self.knobs.silent_login:
            claims = {"userId": "u1", "csrfToken": csrf, "jti": str(self._serial)}
            payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
            token = f"eyJhbGciOiJIUzI1NiJ9.{payload}.sig{self._serial}"
            response.headers.add("Set-Cookie", f"TOKEN={token}; path=/; samesite=none; secure; httponly")
            response.headers["X-CSRF-Token"] = csrf
            self.sessions[token] = Visit(until, csrf)
        return response
