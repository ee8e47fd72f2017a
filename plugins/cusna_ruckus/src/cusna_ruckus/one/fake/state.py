"""What does a RUCKUS One tenant know? Pools, passphrases, networks, devices, and changes under way.

A change is carried out some time after it was taken on, and lists learn of it later still: all of it
comes about when somebody next looks at the clock.
"""

import copy
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cusna_ruckus.one.fake.knobs import Knobs

Json = dict[str, Any]


@dataclass(slots=True)
class Activity:
    """A change that was taken on."""

    id: str
    use_case: str
    due: float
    seen: float
    work: Callable[[], None] = field(repr=False)
    status: str = ""
    error: str = field(default="", repr=False)


class Refusal(Exception):
    """Why a change that was taken on is not carried out, as the vendor says it."""

    def __init__(self, text: str) -> None:
        super().__init__("a refusal")
        self.text = text


@dataclass(slots=True)
class Pool:
    """A DPSK service. `rows` is the truth, `shown` is what lists say."""

    id: str
    fields: Json
    rows: dict[str, Json] = field(default_factory=dict, repr=False)
    shown: dict[str, Json] = field(default_factory=dict, repr=False)


class House:
    """One tenant."""

    def __init__(
        self, name: str, knobs: Knobs, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self.name = name
        self.knobs = knobs
        self.now = now
        self.monotonic = monotonic
        self.pools: dict[str, Pool] = {}
        self.groups: dict[str, Json] = {}
        self.wlans: dict[str, Json] = {}
        self.clients: dict[str, Json] = {}
        self.activities: dict[str, Activity] = {}
        self.mails: list[str] = []
        """Passphrases that went out in clear."""
        self.by_hand: set[str] = set()
        self.venue = new_id()
        self.ap = {
            "serialNumber": "392148001234",
            "macAddress": "70:CA:97:00:12:30",
            "name": "AP-1",
            "model": "R650",
            "firmwareVersion": "7.0.0.200.1234",
            "firmware": "7.0.0.200.1234",
            "status": "2_00_Operational",
            "venueId": self.venue,
        }
        self._serial = itertools.count()
        self._under_way: list[Activity] = []
        self._applied: float | None = None
        """When the change was due that is being carried out just now."""
        self._publish: list[tuple[float, str, str, Json | None]] = []

    # Changes under way

    def take_on(self, use_case: str, work: Callable[[], None]) -> str:
        """A change that will be carried out by and by; returns its request id."""
        now = self.monotonic()
        activity = Activity(new_id(), use_case, now + self.knobs.apply_s, now + self.knobs.activity_s, work)
        self.activities[activity.id] = activity
        self._under_way.append(activity)
        return activity.id

    def tick(self) -> None:
        """Carry out what is due by now."""
        now = self.monotonic()
        ready = [one for one in self._under_way if one.due <= now]
        self._under_way = [one for one in self._under_way if one.due > now]
        for activity in ready:
            self._applied = activity.due
            try:
                if not self.knobs.silent:
                    activity.work()
                activity.status = "SUCCESS"
            except Refusal as refusal:
                activity.status, activity.error = "FAIL", refusal.text
        self._applied = None
        waiting = []
        for due, pool, row, value in self._publish:
            if due > now:
                waiting.append((due, pool, row, value))
            elif pool in self.pools:
                self._show(self.pools[pool], row, value)
        self._publish = waiting
        if self.knobs.drop_on_revoke:
            for one in self.pools.values():
                for row_id in [row_id for row_id, row in one.rows.items() if not self.works(row)]:
                    self.drop(row_id)

    def _show(self, pool: Pool, row: str, value: Json | None) -> None:
        if value is None:
            pool.shown.pop(row, None)
        else:
            pool.shown[row] = value

    def changed(self, pool: Pool, row: str) -> None:
        """Lists will show a row as it is now, after a while."""
        value = copy.deepcopy(pool.rows.get(row))
        applied = self.monotonic() if self._applied is None else self._applied
        self._publish.append((applied + self.knobs.lag_s, pool.id, row, value))
        if self.knobs.drop_on_revoke and (value is None or not self.works(value)):
            self.drop(row)

    # Things

    def add_pool(self, name: str, **fields: Any) -> Pool:
        group = self.add_group(name)
        pool = Pool(
            new_id(),
            {
                "name": name,
                "passphraseFormat": "KEYBOARD_FRIENDLY",
                "passphraseLength": 8,
                "policyDefaultAccess": True,
                "autoNotificationsEnabled": False,
            }
            | fields,
        )
        self.pools[pool.id] = pool
        self.groups[group]["dpskPoolId"] = pool.id
        return pool

    def add_group(self, name: str, pool: str | None = None) -> str:
        group = new_id()
        self.groups[group] = {"id": group, "name": name} | ({} if pool is None else {"dpskPoolId": pool})
        return group

    def add_wlan(self, ssid: str, pools: list[str], **fields: Any) -> Json:
        made: Json = {
            "id": new_id(),
            "name": ssid,
            "ssid": ssid,
            "nwSubType": "dpsk",
            "vlan": 1,
            "pools": pools,
        }
        self.wlans[made["id"]] = made | fields
        return self.wlans[made["id"]]

    def add_row(self, pool: Pool, fields: Json) -> Json:
        """A passphrase, in the truth at once; lists are told by `changed` or `reveal`."""
        # Made at one instant, they still have an order.
        created = self.now() + timedelta(microseconds=1000 * (next(self._serial) % 1000))
        row: Json = {"id": new_id(), "createdDate": stamp(created), "devices": []} | fields
        pool.rows[row["id"]] = row
        return row

    def reveal(self, pool: Pool, row: str) -> None:
        """Show a row in lists at once."""
        pool.shown[row] = copy.deepcopy(pool.rows[row])

    def mail(self, pool: Pool, passphrase: str) -> None:
        if pool.fields.get("autoNotificationsEnabled"):
            self.mails.append(passphrase)

    def pool_shown(self, pool: Pool) -> Json:
        attached = [one["id"] for one in self.wlans.values() if pool.id in one["pools"]]
        shown: Json = {"id": pool.id} | pool.fields
        return shown | {"networkIds": attached, "networkCount": len(attached)}

    # The air

    def works(self, row: Json) -> bool:
        ends = row.get("expirationDate")
        return not row.get("revocationDate") and (ends is None or instant(ends) > self.now())

    def wlan(self, ssid: str) -> Json | None:
        return next((one for one in self.wlans.values() if one["ssid"] == ssid), None)

    def join(self, ssid: str, passphrase: str, mac: str) -> int | None:
        """A device tries to join: the oracle of every end-to-end test. None when refused."""
        self.tick()
        self.clients.pop(mac, None)
        wlan: Json | None = self.wlan(ssid)
        if wlan is None:
            return None
        for pool in [self.pools[one] for one in wlan["pools"] if one in self.pools]:
            for row in pool.rows.values():
                if row["passphrase"] != passphrase or not self.works(row):
                    continue
                known = [one["mac"] for one in row["devices"]]
                most = row.get("numberOfDevices")
                if mac not in known and most is not None and len(known) >= most:
                    return None
                if mac not in known:
                    row["devices"].append({"mac": mac})
                    self.changed(pool, row["id"])
                vlan = int(row.get("vlanId") or 0)
                self.clients[mac] = {
                    "macAddress": mac,
                    "row": row["id"],
                    "vlan": vlan,
                    "since": self.monotonic(),
                    "wlan": wlan,
                }
                return vlan
        return None

    def listed_clients(self) -> list[Json]:
        """Devices that the cloud has learned of."""
        due = self.monotonic() - self.knobs.client_lag_s
        return [one for one in self.clients.values() if one["since"] <= due]

    def drop(self, row: str) -> None:
        for mac in [mac for mac, one in self.clients.items() if one["row"] == row]:
            del self.clients[mac]


def new_id() -> str:
    return uuid.uuid4().hex


def stamp(moment: datetime) -> str:
    """Some of the vendor's dates have no zone; milliseconds keep rows in the order of their making."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
