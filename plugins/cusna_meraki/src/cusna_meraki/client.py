"""How is Meraki's Dashboard API (v1) spoken? Every call we make, and nothing of what it is for.

Not with the vendor's SDK: it repeats a POST after a lost answer, sends the key to any host it is
redirected to, and writes passphrases into its debug log.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from yarl import URL

from cusna_core.api import (
    Answer,
    AuthFailed,
    BadAnswer,
    Context,
    JsonApi,
    Missing,
    PluginError,
    RateLimited,
    Rejected,
    Secret,
    by_status,
    parse,
)
from cusna_meraki import __version__
from cusna_meraki.gauges import Meter
from cusna_meraki.models import (
    Batch,
    Device,
    Firmware,
    Identity,
    Listed,
    Organization,
    Policy,
    Psk,
    Site,
    Ssid,
)

USER_AGENT = f"Cusna/{__version__} Cusna"
"""The form that Meraki asks for: AppName/Version VendorName."""
DOMAINS = ("meraki.com", "meraki.ca", "meraki.cn", "meraki.in", "gov-meraki.com")
SHORTEST_PAUSE, USUAL_PAUSE = 1.0, 15.0
"""Seconds after a 429: Retry-After may be 0, and may be missing."""
MOST_PAGES = 200
TOO_MANY_BATCHES = "Too many concurrently executing batches"
"""The one text of Meraki's that means something to us: five batches of the organisation are under way."""
LINK = re.compile(r"<([^<>]*)>\s*;\s*rel=\"?next\"?\s*(?:,|;|$)")

Json = Mapping[str, Any]


class Forbidden(AuthFailed):
    """The key is good, and may not do this."""


class Busy(RateLimited):
    """As many action batches are under way as the organisation may have."""


class Dashboard(JsonApi):
    """One API key. GETs are repeated twice when Meraki says wait; nothing else ever is."""

    def __init__(
        self,
        base_url: str,
        api_key: Secret,
        context: Context,
        *,
        per_second: float,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(
            base_url,
            context,
            per_second=per_second,
            burst=5,
            timeout=timeout,
            read_retries=2,
            user_agent=USER_AGENT,
        )
        self._api_key = api_key
        self.per_second = per_second
        self.meter = Meter(context.clock)

    # What Meraki does differently

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        headers["Authorization"] = f"Bearer {self._api_key.get_secret_value()}"

    def may_follow(self, url: URL) -> bool:
        """Meraki sends calls on to the shard that holds the organisation."""
        host = url.host or ""
        if host == self.base.host:
            return url.scheme == self.base.scheme
        return url.scheme == "https" and any(
            host == domain or host.endswith("." + domain) for domain in DOMAINS
        )

    def seen(self, answer: Answer) -> None:
        self.meter.count(answer.status)

    def failure(self, answer: Answer) -> PluginError | None:
        what = f"{answer.method} {answer.path}"
        match answer.status:
            case 401:
                return AuthFailed(
                    "Meraki refuses the API key (401): it is wrong, revoked, or not of this cloud."
                )
            case 403:
                return Forbidden(f"The API key may not do this (403): {what}. It needs write access there.")
            case 404:
                return Missing(f"{what} is not there, or the API key may not see it.")
            case 429:
                pause = USUAL_PAUSE if answer.retry_after is None else max(answer.retry_after, SHORTEST_PAUSE)
                return RateLimited(
                    "Meraki's rate limit is used up: 10 calls a second for all programs of the organisation.",
                    after=pause,
                )
            case 400 if TOO_MANY_BATCHES.encode() in answer.body:
                return Busy("Other programs have Meraki busy: five action batches are under way.")
            case 400:
                return Rejected(f"Meraki refuses {what} as it is (400).")
            case _:
                return by_status(answer)

    async def _pages(self, path: str, query: Mapping[str, str | int]) -> list[Any]:
        """A list of several pages: the next one is asked for with the query that the Link names."""
        items: list[Any] = []
        seen: set[str] = set()
        asked = dict(query)
        for _ in range(MOST_PAGES):
            answer = await self.request("GET", path, query=asked)
            page = answer.json()
            if not isinstance(page, list):
                raise BadAnswer(f"GET {path} has another shape than expected: it is no list.")
            items += page
            link = LINK.search(answer.headers.get("Link", ""))
            if link is None:
                return items
            following = _url(link[1])
            if following is None or not following.path.endswith(path) or following.query_string in seen:
                raise BadAnswer(f"GET {path} names a next page that is not one.")
            seen.add(following.query_string)
            asked = dict(following.query)
        raise BadAnswer(f"GET {path} has no end: more than {MOST_PAGES} pages.")

    # Calls

    async def me(self) -> None:
        """The cheapest way to try the key."""
        parse(Identity, await self.get("/administered/identities/me"), "The key's owner")

    async def organizations(self) -> Sequence[Organization]:
        data = await self._pages("/organizations", {})
        return parse(Listed[Organization], data, "The list of organisations").root

    async def sites(self, organization: str) -> Sequence[Site]:
        data = await self._pages(f"/organizations/{organization}/networks", {"perPage": 1000})
        return parse(Listed[Site], data, "The list of networks").root

    async def site(self, network: str) -> Site:
        return parse(Site, await self.get(f"/networks/{network}"), "The network")

    async def firmware(self, network: str) -> str:
        """The access points' version, such as "MR 30.7"; empty if Meraki does not say."""
        data = await self.get(f"/networks/{network}/firmwareUpgrades")
        return parse(Firmware, data, "The firmware").products.wireless.current.short_name

    async def ssids(self, network: str) -> Sequence[Ssid]:
        data = await self.get(f"/networks/{network}/wireless/ssids")
        return parse(Listed[Ssid], data, "The list of SSIDs").root

    async def psks(self, network: str, number: int) -> Sequence[Psk]:
        """All of them: this call has no pages."""
        return parse(
            Listed[Psk], await self.get(psks_path(network, number)), "The list of identity PSKs"
        ).root

    async def psk(self, network: str, number: int, psk: str) -> Psk:
        return parse(Psk, await self.get(f"{psks_path(network, number)}/{psk}"), "The identity PSK")

    async def create_psk(self, network: str, number: int, fields: Json) -> Psk:
        data = await self.send("POST", psks_path(network, number), dict(fields))
        return parse(Psk, data, "The new identity PSK")

    async def update_psk(self, network: str, number: int, psk: str, fields: Json) -> None:
        await self.request("PUT", f"{psks_path(network, number)}/{psk}", json=dict(fields))

    async def delete_psk(self, network: str, number: int, psk: str) -> None:
        await self.request("DELETE", f"{psks_path(network, number)}/{psk}")

    async def policies(self, network: str) -> Sequence[Policy]:
        data = await self.get(f"/networks/{network}/groupPolicies")
        return parse(Listed[Policy], data, "The list of group policies").root

    async def create_policy(self, network: str, fields: Json) -> Policy:
        data = await self.send("POST", f"/networks/{network}/groupPolicies", dict(fields))
        return parse(Policy, data, "The new group policy")

    async def update_policy(self, network: str, policy: str, fields: Json) -> None:
        await self.request("PUT", f"/networks/{network}/groupPolicies/{policy}", json=dict(fields))

    async def start_batch(self, organization: str, actions: Sequence[Json], *, synchronous: bool) -> Batch:
        """At most 100 actions, 20 in a synchronous one; all or nothing. Busy when five are under way."""
        body = {"confirmed": True, "synchronous": synchronous, "actions": list(actions)}
        data = await self.send("POST", f"/organizations/{organization}/actionBatches", body)
        return parse(Batch, data, "The action batch")

    async def batch(self, organization: str, batch: str) -> Batch:
        data = await self.get(f"/organizations/{organization}/actionBatches/{batch}")
        return parse(Batch, data, "The action batch")

    async def pending_batches(self, organization: str) -> Sequence[Batch]:
        """Everybody's, ours among them."""
        data = await self.get(f"/organizations/{organization}/actionBatches", query={"status": "pending"})
        return parse(Listed[Batch], data, "The list of action batches").root

    async def delete_policy(self, network: str, policy: str) -> None:
        """Not where it is in use: Meraki refuses that."""
        await self.request("DELETE", f"/networks/{network}/groupPolicies/{policy}")

    async def devices(self, network: str, psk_name: str | None = None) -> Sequence[Device]:
        """Devices that are online, all or those that used one identity PSK (by its name)."""
        query = {"perPage": "1000", "statuses[]": "Online"}
        if psk_name is not None:
            query["pskGroup"] = psk_name
        data = await self._pages(f"/networks/{network}/clients", query)
        return parse(Listed[Device], data, "The list of clients").root

    async def disconnect(self, organization: str, device: str) -> None:
        """Beta at Meraki."""
        tools = f"/organizations/{organization}/wireless/devices/liveTools"
        await self.request("POST", f"{tools}/clients/{device}/disconnect")


def psks_path(network: str, number: int) -> str:
    return f"/networks/{network}/wireless/ssids/{number}/identityPsks"


def _url(text: str) -> URL | None:
    try:
        return URL(text)
    except ValueError:
        return None
