"""Does the one way out keep what it promises, against real servers?"""

import asyncio
import json as jsonlib
import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    ConfigError,
    Context,
    HttpApi,
    JsonApi,
    PluginError,
    RateLimited,
    Rejected,
    Transient,
    Unreachable,
)

Serve = Callable[..., Awaitable[Any]]
Opened = Callable[[HttpApi], Awaitable[Any]]
SECRETS = ("query-secret", "header-secret", "body-secret", "answer-secret", "ticket-secret")


def say(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    return lambda _: web.json_response(data, status=status, headers=headers)


def to(location: str, status: int = 302) -> Any:
    return lambda _: web.Response(status=status, headers={"Location": location})


def cut(request: web.Request) -> web.StreamResponse:
    """The connection is reset instead of an answer."""
    transport: Any = request.transport
    transport.abort()
    return web.Response()


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def half(request: web.Request) -> web.StreamResponse:
    """Promises more than it sends."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"keys": [')
    transport: Any = request.transport
    transport.close()
    return response


class Ticketed(JsonApi):
    """Logs in for a ticket, which goes into a header and into the query."""

    def __init__(self, base_url: str, context: Context, **how: Any) -> None:
        super().__init__(base_url, context, **how)
        self.ticket = ""
        self.logins = 0
        self.refuse: PluginError | None = None
        self.follow: Callable[[URL], bool] = lambda url: False

    def needs_login(self) -> bool:
        return not self.ticket

    async def log_in(self) -> None:
        self.logins += 1
        answer = await self.request("POST", "/login", json={"password": "body-secret"}, login=False)
        if self.refuse is not None:
            raise self.refuse
        self.ticket = answer.json()["ticket"]

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        headers["X-Key"] = f"header-secret {self.ticket}"
        query["ticket"] = self.ticket

    def expired(self, answer: Answer) -> bool:
        return answer.status == 401

    def may_follow(self, url: URL) -> bool:
        return self.follow(url)


class Desk:
    """A server that gives out tickets and takes only the last one."""

    def __init__(self) -> None:
        self.ticket = 0
        self.logins = 0
        self.refused = 0
        self.delay = 0.0
        self.asked = asyncio.Event()
        """Somebody wants to log in."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/login":
            self.logins += 1
            self.asked.set()
            await asyncio.sleep(self.delay)
            self.ticket += 1
            return web.json_response({"ticket": str(self.ticket)})
        if request.query.get("ticket") != str(self.ticket):
            self.refused += 1
            return web.json_response({}, status=401)
        return web.json_response({"path": request.path})


# Logins


async def test_the_first_of_many_logs_in_for_all(serve: Serve, opened: Opened, context: Context) -> None:
    desk = Desk()
    desk.delay = 0.02
    vendor = await serve(desk.answer)
    api = await opened(Ticketed(vendor.address, context))
    found = await asyncio.gather(*(api.get(f"/keys/{n}") for n in range(30)))
    assert found == [{"path": f"/keys/{n}"} for n in range(30)]
    assert (desk.logins, desk.refused) == (1, 0)


async def test_an_expired_session_is_renewed_once_for_all(
    serve: Serve, opened: Opened, context: Context
) -> None:
    desk = Desk()
    vendor = await serve(desk.answer)
    api = await opened(Ticketed(vendor.address, context))
    await api.get("/keys")
    desk.delay = 0.02
    desk.ticket = 1000  # all others are void
    await asyncio.gather(*(api.get("/keys") for _ in range(30)))
    assert desk.logins == 2


async def test_a_session_that_stays_expired_is_repeated_once_only(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(
        lambda request: web.json_response({"ticket": "x"}, status=200 if request.path == "/login" else 401)
    )
    api = await opened(Ticketed(vendor.address, context, read_retries=3))
    with pytest.raises(AuthFailed):
        await api.get("/keys")
    assert [call.path for call in vendor.calls] == ["/login", "/keys", "/login", "/keys"]


async def test_a_write_is_repeated_after_a_renewed_login_with_its_body(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(say({"ticket": "a"}), say({}, 401), say({"ticket": "b"}), say({"id": 1}))
    api = await opened(Ticketed(vendor.address, context))
    assert await api.send("POST", "/keys", {"name": "n"}, query={"page": 1}) == {"id": 1}
    first, again = (call for call in vendor.calls if call.path == "/keys")
    assert (first.body, first.query) == (b'{"name": "n"}', {"page": "1", "ticket": "a"})
    assert (again.body, again.query) == (b'{"name": "n"}', {"page": "1", "ticket": "b"})


@pytest.mark.parametrize("error", [AuthFailed("Refused."), RateLimited("Later.", after=60)])
async def test_a_login_that_fails_fails_for_all_who_wait(
    serve: Serve, opened: Opened, context: Context, error: PluginError
) -> None:
    """Or twenty callers are twenty wrong passwords, and the account is locked."""
    desk = Desk()
    desk.delay = 0.02
    vendor = await serve(desk.answer)
    api = await opened(Ticketed(vendor.address, context))
    api.refuse = error
    found = await asyncio.gather(*(api.get("/keys") for _ in range(20)), return_exceptions=True)
    assert found == [error] * 20
    assert desk.logins == 1
    # Who comes later tries for itself.
    with pytest.raises(type(error)):
        await api.get("/keys")
    assert desk.logins == 2
    api.refuse = None
    await asyncio.gather(*(api.get("/keys") for _ in range(20)))
    assert desk.logins == 3


async def test_a_login_that_was_called_off_is_taken_over_by_the_next(
    serve: Serve, opened: Opened, context: Context
) -> None:
    desk = Desk()
    desk.delay = 0.5
    vendor = await serve(desk.answer)
    api = await opened(Ticketed(vendor.address, context))
    first = asyncio.create_task(api.get("/keys"))
    others = [asyncio.create_task(api.get("/keys")) for _ in range(5)]
    await desk.asked.wait()
    desk.delay = 0.0
    first.cancel()
    assert await asyncio.gather(*others) == [{"path": "/keys"}] * 5
    assert first.cancelled()
    assert api.logins == 2


async def test_who_waited_for_a_turn_signs_with_the_login_of_that_moment(
    serve: Serve, opened: Opened, context: Context, clock: Any
) -> None:
    desk = Desk()
    vendor = await serve(desk.answer)
    api = await opened(Ticketed(vendor.address, context, per_second=1, burst=2))
    await api.get("/keys")

    async def sleep(seconds: float) -> None:
        api.ticket = str(desk.ticket)

    clock.sleep = sleep
    api.ticket = "old"
    await api.get("/keys")
    assert (desk.logins, desk.refused) == (1, 0)


async def test_the_login_itself_carries_no_credentials_and_is_not_renewed(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(say({"error": "no"}, 401))
    api = await opened(Ticketed(vendor.address, context))
    async with asyncio.timeout(5):
        with pytest.raises(AuthFailed):
            await api.get("/keys")
    assert [call.path for call in vendor.calls] == ["/login"]
    assert "X-Key" not in vendor.calls[0].headers
    assert vendor.calls[0].query == {}


async def test_without_a_login_calls_go_as_they_are(serve: Serve, opened: Opened, context: Context) -> None:
    vendor = await serve(say({}, 401))
    api = await opened(HttpApi(vendor.address, context))
    with pytest.raises(AuthFailed):
        await api.request("GET", "/keys")
    await api.log_in()
    assert len(vendor.calls) == 1


# The call


async def test_a_call_arrives_as_it_was_meant(serve: Serve, opened: Opened, context: Context) -> None:
    vendor = await serve()
    api = await opened(JsonApi(vendor.address + "/base/", context, user_agent="Cusna/1"))
    await api.get("/a b/ü?x#y", query={"n": 1, "q": "a&b=c ü"})
    await api.request("POST", "/form", form={"grant": "a b"}, headers={"X-One": "1"})
    await api.send("PUT", "/keys/1", {"name": "ü"})
    read, form, write = vendor.calls
    assert (read.method, read.path, read.body) == ("GET", "/base/a b/ü?x#y", b"")
    assert read.query == {"n": "1", "q": "a&b=c ü"}
    assert read.headers["User-Agent"] == "Cusna/1"
    assert (form.body, form.headers["X-One"]) == (b"grant=a+b", "1")
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (write.method, jsonlib.loads(write.body)) == ("PUT", {"name": "ü"})


async def test_cookies_are_not_kept(serve: Serve, opened: Opened, context: Context) -> None:
    vendor = await serve(say({}, headers={"Set-Cookie": "session=answer-secret"}))
    # By name: a cookie jar would not keep an address's cookies anyway.
    api = await opened(JsonApi(vendor.address.replace("127.0.0.1", "localhost"), context))
    await api.get("/one")
    await api.get("/two")
    assert "Cookie" not in vendor.calls[1].headers


async def test_every_answer_is_seen(serve: Serve, opened: Opened, context: Context) -> None:
    seen: list[int] = []

    class Api(JsonApi):
        def seen(self, answer: Answer) -> None:
            seen.append(answer.status)

        def may_follow(self, url: URL) -> bool:
            return True

    vendor = await serve(to("/other"), say({}, 404))
    api = await opened(Api(vendor.address, context))
    with pytest.raises(Rejected):
        await api.get("/keys")
    assert seen == [302, 404]


@pytest.mark.parametrize(
    ("body", "data"), [(b"", None), (b"\n", None), (b"null", None), (b'{"id": 1}', {"id": 1})], ids=repr
)
async def test_a_write_may_have_no_answer(
    serve: Serve, opened: Opened, context: Context, body: bytes, data: Any
) -> None:
    vendor = await serve(lambda _: web.Response(body=body))
    api = await opened(JsonApi(vendor.address, context))
    assert await api.send("DELETE", "/keys/1") == data


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>body-secret</html>", b'{"keys": [', b"[" * 100_000],
    ids=["empty", "html", "cut", "deep"],
)
async def test_a_read_that_is_no_json_is_a_bad_answer(
    serve: Serve, opened: Opened, context: Context, body: bytes
) -> None:
    vendor = await serve(lambda _: web.Response(body=body, content_type="application/json"))
    api = await opened(JsonApi(vendor.address, context))
    with pytest.raises(BadAnswer, match="not JSON") as caught:
        await api.get("/keys")
    assert "secret" not in str(caught.value)


async def test_a_read_may_answer_null(serve: Serve, opened: Opened, context: Context) -> None:
    vendor = await serve(lambda _: web.Response(body=b"null"))
    api = await opened(JsonApi(vendor.address, context))
    assert await api.get("/keys") is None


# Rate and retries


async def test_a_rate_limit_holds_for_all_calls_of_a_client(
    serve: Serve, opened: Opened, context: Context, clock: Any
) -> None:
    vendor = await serve()
    api = await opened(JsonApi(vendor.address, context, per_second=10, burst=3))
    await asyncio.gather(*(api.get("/keys") for _ in range(3)))
    assert clock.slept == []
    await api.get("/keys")
    await api.send("POST", "/keys", {})
    assert [round(one, 6) for one in clock.slept] == [0.1, 0.1]


@pytest.mark.parametrize(
    ("headers", "pauses"),
    [
        ({}, [1, 2]),
        ({"Retry-After": "7"}, [7, 7]),
        ({"Retry-After": "0"}, [0, 0]),
        ({"Retry-After": "999999999"}, [60, 60]),
        ({"Retry-After": "nonsense"}, [1, 2]),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:30 GMT", "Date": "Mon, 23 Nov 2026 09:00:00 GMT"}, [30, 30]),
    ],
)
async def test_a_read_is_repeated_when_the_vendor_says_so(
    serve: Serve, opened: Opened, context: Context, clock: Any, headers: dict[str, str], pauses: list[float]
) -> None:
    vendor = await serve(say({}, 429, headers), say({}, 503, headers), say({"ok": 1}))
    api = await opened(JsonApi(vendor.address, context, read_retries=2))
    assert await api.get("/keys") == {"ok": 1}
    assert clock.slept == pauses


async def test_a_read_is_not_repeated_for_ever(
    serve: Serve, opened: Opened, context: Context, clock: Any
) -> None:
    vendor = await serve(say({}, 500))
    api = await opened(JsonApi(vendor.address, context, read_retries=2))
    with pytest.raises(Transient):
        await api.get("/keys")
    assert len(vendor.calls) == 3
    assert clock.slept == [1, 2]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_read_that_is_refused_is_not_repeated(
    serve: Serve, opened: Opened, context: Context, status: int
) -> None:
    vendor = await serve(say({}, status))
    api = await opened(JsonApi(vendor.address, context, read_retries=2))
    with pytest.raises(PluginError):
        await api.get("/keys")
    assert len(vendor.calls) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("reply", [say({}, 503), say({}, 429), cut], ids=["503", "429", "cut"])
async def test_a_write_is_never_repeated(
    serve: Serve, opened: Opened, context: Context, clock: Any, method: str, reply: Any
) -> None:
    vendor = await serve(reply)
    api = await opened(JsonApi(vendor.address, context, read_retries=3))
    with pytest.raises(Transient):
        await api.send(method, "/keys", {})
    # aiohttp itself sends what means the same twice again when the connection breaks, and nothing else.
    assert len(vendor.calls) == (2 if reply is cut and method in ("PUT", "DELETE") else 1)
    assert clock.slept == []


async def test_a_post_on_a_kept_connection_that_is_cut_is_not_sent_again(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(say({}), cut)
    api = await opened(JsonApi(vendor.address, context))
    await api.get("/keys")
    with pytest.raises(Unreachable):
        await api.send("POST", "/keys", {})
    assert [call.method for call in vendor.calls] == ["GET", "POST"]


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_redirect_is_not_followed(
    serve: Serve, opened: Opened, context: Context, method: str, status: int
) -> None:
    elsewhere = await serve()
    vendor = await serve(to(elsewhere.address + "/x?ticket=ticket-secret", status))
    api = await opened(JsonApi(vendor.address, context))
    with pytest.raises(BadAnswer, match="not followed") as caught:
        await api.send(method, "/keys", {})
    assert "secret" not in str(caught.value)
    assert elsewhere.calls == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_by_the_plugins_rule_a_redirect_keeps_method_body_query_and_credentials(
    serve: Serve, opened: Opened, context: Context, status: int
) -> None:
    shard = await serve(say({"id": 1}))
    vendor = await serve(say({"ticket": "t"}), to(shard.address + "/shard/keys", status))
    api = await opened(Ticketed(vendor.address, context))
    api.follow = lambda url: url.port == URL(shard.address).port
    assert await api.send("POST", "/keys", {"name": "n"}, query={"page": 2}) == {"id": 1}
    call = shard.calls[0]
    assert (call.method, call.path, call.body) == ("POST", "/shard/keys", b'{"name": "n"}')
    assert call.query == {"page": "2", "ticket": "t"}
    assert call.headers["X-Key"] == "header-secret t"


async def test_what_a_redirect_adds_to_the_query_is_kept(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(say({"ticket": "t"}), to("/keys?ticket=old&shard=7&page=3"), say({}))
    api = await opened(Ticketed(vendor.address, context))
    api.follow = lambda url: True
    await api.get("/keys", query={"page": 2, "size": 9})
    assert vendor.calls[2].query == {"page": "3", "size": "9", "shard": "7", "ticket": "t"}


@pytest.mark.parametrize("keep", [True, False], ids=["with query", "without query"])
async def test_credentials_never_reach_a_host_outside_the_rule(
    serve: Serve, opened: Opened, context: Context, keep: bool
) -> None:
    evil = await serve()
    shard = await serve(lambda request: to(evil.address + (request.path_qs if keep else "/"), 307)(request))
    vendor = await serve(
        say({"ticket": "ticket-secret"}),
        lambda request: to(shard.address + (request.path_qs if keep else "/"), 307)(request),
    )
    api = await opened(Ticketed(vendor.address, context))
    api.follow = lambda url: url.port in (URL(shard.address).port, URL(vendor.address).port)
    with pytest.raises(BadAnswer, match="not followed") as caught:
        await api.send("POST", "/keys", {"password": "body-secret"})
    assert len(shard.calls) == 1
    assert evil.calls == []
    assert not any(secret in str(caught.value) for secret in SECRETS)


async def test_a_redirect_is_followed_three_times_and_no_more(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(*(to(f"/{n}") for n in range(3)), say({"at": "last"}))
    api = await opened(Ticketed(vendor.address, context))
    api.ticket, api.follow = "t", lambda url: True
    assert await api.get("/keys") == {"at": "last"}
    assert [call.path for call in vendor.calls] == ["/keys", "/0", "/1", "/2"]
    vendor.calls.clear()
    vendor.script[:] = [to("/round")]
    with pytest.raises(BadAnswer, match="circles"):
        await api.get("/keys")
    assert len(vendor.calls) == 4


@pytest.mark.parametrize(
    "location",
    ["", "http://[::1", "https://", "http://user:password@127.0.0.1/", "ftp://127.0.0.1/", "mailto:a@b.c",
     "javascript:alert(1)", "http://127.0.0.1:99999/"],
)  # fmt: skip
async def test_a_redirect_to_nowhere_is_a_bad_answer_whatever_the_rule_says(
    serve: Serve, opened: Opened, context: Context, location: str
) -> None:
    vendor = await serve(to(location))
    api = await opened(Ticketed(vendor.address, context))
    api.ticket, api.follow = "t", lambda url: True
    with pytest.raises(BadAnswer, match="nowhere") as caught:
        await api.get("/keys")
    assert "password" not in str(caught.value)
    assert len(vendor.calls) == 1


async def test_a_redirect_without_a_place_is_a_bad_answer(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(lambda _: web.Response(status=302))
    api = await opened(Ticketed(vendor.address, context))
    api.ticket, api.follow = "t", lambda url: True
    with pytest.raises(BadAnswer, match="nowhere"):
        await api.get("/keys")


# Bad days


async def test_an_answer_that_takes_too_long_is_unreachable(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve(hang)
    api = await opened(JsonApi(vendor.address, context, timeout=0.05))
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 to GET /keys \(\w*Timeout\w*\)"):
        await api.get("/keys", query={"ticket": "query-secret"})


@pytest.mark.parametrize("reply", [cut, half], ids=["reset", "truncated"])
async def test_an_answer_that_breaks_off_is_unreachable(
    serve: Serve, opened: Opened, context: Context, reply: Any
) -> None:
    vendor = await serve(reply)
    api = await opened(JsonApi(vendor.address, context))
    with pytest.raises(Unreachable, match="No answer"):
        await api.get("/keys")


async def test_a_port_where_nobody_listens_is_unreachable(
    opened: Opened, context: Context, unused_tcp_port: int
) -> None:
    api = await opened(JsonApi(f"http://127.0.0.1:{unused_tcp_port}", context))
    with pytest.raises(Unreachable) as caught:
        await api.get("/keys", query={"ticket": "query-secret"})
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None  # aiohttp's error holds the URL


async def test_a_server_that_speaks_something_else_is_unreachable(opened: Opened, context: Context) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        api = await opened(JsonApi(f"http://127.0.0.1:{port}", context))
        with pytest.raises(Unreachable):
            await api.get("/keys")


@pytest.mark.parametrize("key", ["header-secret\nX-Evil: 1", "header-secret\x00"])
async def test_a_credential_that_http_cannot_carry_is_a_wrong_option(
    serve: Serve, opened: Opened, context: Context, key: str
) -> None:
    vendor = await serve()

    class Api(JsonApi):
        def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
            headers["X-Key"] = key

    api = await opened(Api(vendor.address, context))
    with pytest.raises(ConfigError) as caught:
        await api.get("/keys")
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None
    assert vendor.calls == []


# Open and closed


async def test_a_closed_client_says_so(serve: Serve, opened: Opened, context: Context) -> None:
    vendor = await serve()
    api = JsonApi(vendor.address, context)
    with pytest.raises(Unreachable, match="rack is not open"):
        await api.get("/keys")
    await opened(api)
    await api.open()
    await api.get("/keys")
    await api.close()
    await api.close()
    with pytest.raises(Unreachable, match="rack is not open"):
        await api.get("/keys")
    await api.open()
    await api.get("/keys")


async def test_a_client_that_is_opened_twice_at_once_has_one_session(
    serve: Serve, opened: Opened, context: Context
) -> None:
    vendor = await serve()
    api = JsonApi(vendor.address, context)
    await asyncio.gather(opened(api), api.open())
    await api.get("/keys")


async def test_a_client_closed_while_others_wait_for_a_turn(
    serve: Serve, opened: Opened, context: Context, clock: Any
) -> None:
    vendor = await serve()
    api = await opened(JsonApi(vendor.address, context, per_second=1))
    await api.get("/keys")

    async def sleep(seconds: float) -> None:
        await api.close()

    clock.sleep = sleep
    with pytest.raises(Unreachable, match="not open"):
        await api.get("/keys")


async def test_a_client_closed_in_the_middle_of_calls(serve: Serve, opened: Opened, context: Context) -> None:
    vendor = await serve(hang)
    api = await opened(JsonApi(vendor.address, context))
    calls = [asyncio.create_task(api.get("/keys")) for _ in range(12)]  # more than connections
    while len(vendor.calls) < 8:
        await asyncio.sleep(0)
    await api.close()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in found] == [Unreachable] * 12


# What is shown


async def test_no_log_and_no_repr_shows_query_header_or_body(
    serve: Serve, opened: Opened, context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    vendor = await serve(
        say({"ticket": "ticket-secret"}),
        say({"passphrase": "answer-secret"}, headers={"Set-Cookie": "answer-secret"}),
        say({"passphrase": "answer-secret"}, 400),
        cut,
    )
    api = await opened(Ticketed(vendor.address, context))
    shown = [repr(api), str(api)]
    for n in range(3):
        try:
            answer = await api.request(
                "POST", f"/keys/{n}", json={"p": "body-secret"}, query={"q": "query-secret"}
            )
            shown.append(repr(answer))
        except PluginError as error:
            shown += [str(error), repr(error), *traceback.format_exception(error)]
    assert "rack: POST /keys/0: 200" in caplog.text
    assert "rack: POST /keys/1: 400" in caplog.text
    shown.append(caplog.text)
    # The lines of this test stand in the tracebacks; what they hold is not what was shown.
    text = "\n".join(line for line in "\n".join(shown).splitlines() if not line.startswith("    "))
    assert not [secret for secret in SECRETS if secret in text]
