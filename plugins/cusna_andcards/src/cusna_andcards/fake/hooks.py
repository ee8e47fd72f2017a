"""What does the vendor tell of a change, and how? One signed POST each, in order, as Svix sends them.

Of much it tells nothing: a membership that was changed or deleted, an address that was changed.
"""

import asyncio
import base64
import hmac
import json
import secrets
from collections import deque
from contextlib import suppress

import aiohttp

from cusna_andcards.fake import views
from cusna_andcards.fake.state import State
from cusna_andcards.fake.tables import Json
from cusna_core.api import Clock

PLAN = (
    "companyRef", "createDate", "credits", "currentInterval", "dayPasses", "endDate", "id", "items",
    "locationRef", "membershipRef", "payWithInvoice", "period", "price", "startDate", "timezoneId",
)  # fmt: skip
"""Of a subscription: what a webhook holds."""


def body(state: State, type_: str, one: str) -> Json:
    """What is told of a record, which may be over by now."""
    match type_.partition(".")[0]:
        case "booking":
            shown = views.booking(state, state.bookings[one])
            resource = state.resources.get(shown["resourceRef"], {})
            return {"type": type_, "booking": shown | {"resourceType": resource.get("type", "")}}
        case "membership":
            return {"type": type_, "membership": views.membership(state, state.memberships[one])}
        case "company":
            return {
                "type": type_,
                "company": views.plain(state.companies[one]) | {"metadata": {}, "notes": ""},
            }
        case _:
            return _plan(state, type_, one)


def _plan(state: State, type_: str, one: str) -> Json:
    """Bare: neither an envelope nor a type."""
    shown = views.subscription(state, state.subscriptions[one])
    names = (*PLAN, "deleteDate") if type_ == "subscription.deleted" else PLAN
    told: Json = {name: shown[name] for name in names if name in shown}
    if "userRef" in shown:
        user = shown["customer"]["user"]
        # The documented id is a number, unlike anywhere else.
        number = int(user["id"].replace("-", ""), 16) % 10**6
        told["user"] = {name: user.get(name) for name in ("email", "name", "surname")} | {"id": number}
    return told


class Hooks:
    """One endpoint, with its signing secret."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.sent: deque[tuple[str, int]] = deque(maxlen=1000)
        """Types, each with how it was answered; 0: not at all."""
        self._state, self._clock = state, clock
        self._address = ""
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def begin(self, address: str) -> None:
        self._address = address
        self._state.told = self._told

    @property
    def on(self) -> bool:
        return bool(self._address)

    def _told(self, type_: str, one: str) -> None:
        self._queue.put_nowait((type_, json.dumps(body(self._state, type_, one)).encode()))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as session:
            while True:
                type_, said = await self._queue.get()
                status = 0
                with suppress(aiohttp.ClientError, TimeoutError, OSError):
                    headers = self.signed(said)
                    async with session.post(
                        self._address, data=said, headers=headers, allow_redirects=False
                    ) as answer:
                        status = answer.status
                self.sent.append((type_, status))

    def signed(self, said: bytes, *, id_: str = "", late: float = 0.0, secret: str = "") -> dict[str, str]:
        """The headers; `late` seconds ago, or with another secret, where a test wants it."""
        id_ = id_ or f"msg_{secrets.token_hex(12)}"
        stamp = str(int(self._clock.now().timestamp() - late))
        key = base64.b64decode((secret or self.secret).removeprefix("whsec_"))
        right = hmac.digest(key, f"{id_}.{stamp}.".encode() + said, "sha256")
        return {
            "svix-id": id_,
            "svix-timestamp": stamp,
            "svix-signature": f"v1,{base64.b64encode(right).decode()}",
            "Content-Type": "application/json",
        }

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
