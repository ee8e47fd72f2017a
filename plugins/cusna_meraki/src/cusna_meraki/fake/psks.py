"""What does the cloud say to calls about identity PSKs, alone or in a batch?"""

import secrets
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from aiohttp import web

from cusna_meraki.fake.gate import Refused
from cusna_meraki.fake.state import IPSK, Cloud, Json, Site
from cusna_meraki.fake.view import body_of, named, require_writable, site_of, ssid_of

UNSET = object()


class Psks:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    # Calls

    async def listed(self, request: web.Request) -> web.Response:
        """The whole list in one answer: this call has no pages."""
        site = site_of(self.cloud, request)
        shown = [
            self._shown(psk)
            for psk in site.psks[ssid_of(request)].values()
            if self.cloud.knobs.list_expired or not self.cloud.expired(psk)
        ]
        return web.json_response(shown)

    async def one(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request)
        return web.json_response(self._shown(_found(site, ssid_of(request), request.match_info["psk"])))

    async def create(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request, write=True)
        psk = self.add(site, ssid_of(request), await body_of(request))
        return web.json_response(self._shown(psk), status=201)

    async def update(self, request: web.Request) -> web.Response:
        site, number = site_of(self.cloud, request, write=True), ssid_of(request)
        _found(site, number, request.match_info["psk"])
        psk = self.change(site, number, request.match_info["psk"], await body_of(request))
        return web.json_response(self._shown(psk))

    async def delete(self, request: web.Request) -> web.Response:
        site = site_of(self.cloud, request, write=True)
        self.remove(site, ssid_of(request), request.match_info["psk"])
        return web.Response(status=204)

    # What they do

    def add(self, site: Site, number: int, body: Json) -> Json:
        for name in ("name", "groupPolicyId"):
            named(body, name, required=True)
        named(body, "passphrase")
        self._allowed(site, number, body)
        fields = self._fields(site, number, body)
        fields.setdefault("passphrase", secrets.token_hex(8))
        self._room(site, number)
        psk = self.cloud.add_psk(site, number, fields)
        self.cloud.made.add(psk["id"])
        return psk

    def change(self, site: Site, number: int, psk_id: str, body: Json) -> Json:
        psk = _found(site, number, psk_id)
        for name in ("name", "groupPolicyId", "passphrase"):
            named(body, name)
        self._allowed(site, number, body)
        if body.get("expiresAt", UNSET) in (None, "") and not self.cloud.knobs.null_clears_expiry:
            raise Refused(400, "'expiresAt' must be a string")
        fields = self._fields(site, number, body, psk)
        ends = {"name", "passphrase", "groupPolicyId"} & {n for n in fields if psk[n] != fields[n]}
        psk |= fields
        if ends:
            self.cloud.changed(site, psk)
        return psk

    def remove(self, site: Site, number: int, psk_id: str) -> None:
        psk = _found(site, number, psk_id)
        require_writable(site)
        del site.psks[number][psk_id]
        self.cloud.changed(site, psk)

    def _allowed(self, site: Site, number: int, body: Json) -> None:
        require_writable(site)
        if site.ssids[number]["authMode"] != IPSK:
            raise Refused(400, "Identity PSKs need an SSID with authMode 'ipsk-without-radius'")
        if body.get("groupPolicyId", next(iter(site.policies), "")) not in site.policies:
            raise Refused(400, "Group policy does not exist in this network")

    def _fields(self, site: Site, number: int, body: Json, psk: Json | None = None) -> Json:
        """The writable fields of a body, checked; unknown and read-only ones are ignored."""
        knobs = self.cloud.knobs
        fields: Json = {name: body[name] for name in ("name", "groupPolicyId") if name in body}
        if body.get("passphrase"):
            fields["passphrase"] = body["passphrase"]
        if "name" in fields and not 1 <= len(fields["name"]) <= knobs.name_max:
            raise Refused(400, f"Name must be 1 to {knobs.name_max} characters")
        name, chosen = fields.get("name"), fields.get("passphrase")
        others = [other for other in site.psks[number].values() if other is not psk]
        if knobs.unique_name and name in map(itemgetter("name"), others):
            raise Refused(400, "Name has already been taken")
        if chosen is not None and not (8 <= len(chosen) <= 63 and all(" " <= char <= "~" for char in chosen)):
            raise Refused(400, "Passphrase must be 8 to 63 printable ASCII characters")
        if knobs.unique_passphrase and chosen in map(itemgetter("passphrase"), others):
            raise Refused(400, "Passphrase has already been taken")
        if "expiresAt" in body:
            fields["expiresAt"] = self._instant(body["expiresAt"])
        return fields

    def _instant(self, value: object) -> datetime | None:
        if value in (None, ""):
            return None
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            raise Refused(400, "'expiresAt' must be a date-time") from None
        if instant.tzinfo is None:
            raise Refused(400, "'expiresAt' must have a time zone")
        if self.cloud.knobs.past_expiry == "reject" and instant <= self.cloud.now():
            raise Refused(400, "'expiresAt' must be in the future")
        return instant.astimezone(UTC)

    def _room(self, site: Site, number: int) -> None:
        lists = site.psks.values() if self.cloud.knobs.max_psks_scope == "network" else [site.psks[number]]
        if sum(map(len, lists)) >= self.cloud.knobs.max_psks:
            raise Refused(400, "Maximum number of identity PSKs reached")

    def _shown(self, psk: Json) -> Json:
        knobs = self.cloud.knobs
        shown = dict(psk)
        if psk["expiresAt"] is not None:
            back = timedelta(microseconds=1 if knobs.expiry_minus_1us else 0)
            ends = (psk["expiresAt"] - back).isoformat().replace("+00:00", "Z")
            shown["expiresAt"] = None if knobs.hide_expiry else ends
        if knobs.mask_passphrases == "stars":
            shown["passphrase"] = "********"
        elif knobs.mask_passphrases == "absent":
            del shown["passphrase"]
        return shown


def _found(site: Site, number: int, psk_id: str) -> Json:
    psk = site.psks[number].get(psk_id)
    if psk is None:
        raise Refused(404, "Not found")
    return psk
