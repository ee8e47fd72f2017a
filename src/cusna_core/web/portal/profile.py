"""How does an iPhone, iPad or Mac join by itself? With a configuration profile of this location's WiFi.

The keys are those of Apple's device management reference (com.apple.wifi.managed). The profile is not signed:
Apple's devices say so when they ask, and the page says so before.
"""

import plistlib
import re
from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web
from yarl import URL

from cusna_core.store import audit
from cusna_core.web.portal.paper import address
from cusna_core.web.portal.wifi import viewed
from cusna_core.web.security import see
from cusna_core.web.site import SITE
from cusna_core.words import Language

TYPE = "application/x-apple-aspen-config"


async def download(request: web.Request) -> web.Response:
    """The profile with the passphrase in it: by POST, never kept by anybody, and written down like a look."""
    site = request.app[SITE]
    door = site.door(request)
    view = await viewed(request, door)
    if isinstance(view, web.Response):
        return view
    ssids = tuple(dict.fromkeys(one.ssid for one in view.networks))
    if view.access is None or not ssids:
        return see(address(door, "wifi"))
    passphrase = await site.members.passphrase(view.account_id)
    now = site.clock.now()
    await site.db.run(
        lambda tx: audit.write(
            tx,
            "passphrase-shown",
            now,
            who="member",
            account=view.account_id,
            location=door.id,
            data={"as": "profile"},
        )
    )
    body = profile(site.base, door.id, view.account_id, door.name, ssids, passphrase, site.language(request))
    name = re.sub(r"[^a-z0-9-]", "-", door.id.lower())
    headers = {
        "Content-Type": TYPE,
        "Content-Disposition": f'attachment; filename="wifi-{name}.mobileconfig"',
    }
    return web.Response(body=body, headers=headers)


def profile(
    base: str,
    location: str,
    account: str,
    name: str,
    ssids: Sequence[str],
    passphrase: str,
    language: Language,
) -> bytes:
    """One profile for all SSIDs of a location.

    Its identifier is the location's, so that the next one takes the place of the one before.
    """
    host = URL(base).host or "cusna"
    identifier = ".".join([*reversed(host.split(".")), "wifi", location])

    def unique(what: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{base}/{location}/{account}/{what}")).upper()

    payloads = [
        {
            "PayloadType": "com.apple.wifi.managed",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"{identifier}.{number}",
            "PayloadUUID": unique(ssid),
            "PayloadDisplayName": ssid,
            "SSID_STR": ssid,
            "HIDDEN_NETWORK": False,
            "AutoJoin": True,
            "EncryptionType": "WPA2",
            "Password": passphrase,
        }
        for number, ssid in enumerate(ssids, 1)
    ]
    return plistlib.dumps(
        {
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": identifier,
            "PayloadUUID": unique(""),
            "PayloadDisplayName": language.text("WiFi at %(place)s", place=name),
            "PayloadDescription": language.text(
                "Joins the WiFi with your own passphrase. Remove it when you no longer need it, and download "
                "a new one after you changed your passphrase."
            ),
            "PayloadOrganization": name,
            "PayloadRemovalDisallowed": False,
            "PayloadContent": payloads,
        }
    )
