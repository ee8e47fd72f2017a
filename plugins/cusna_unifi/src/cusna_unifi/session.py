"""What does a signed-in UniFi user carry from call to call? A cookie and a CSRF token.

Cookies are kept by hand: a cookie jar drops those of hosts that are IP addresses, and most consoles are.
"""

import base64
import binascii
import json

from multidict import CIMultiDictProxy

TOKENS = ("TOKEN", "UOS_TOKEN")
SESSIONS = (*TOKENS, "unifises")


class Session:
    """Nothing of it shows in a repr."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}
        self.csrf: str | None = None

    @property
    def signed_in(self) -> bool:
        return self.csrf is not None and any(name in self._cookies for name in SESSIONS)

    def forget(self) -> None:
        self._cookies.clear()
        self.csrf = None

    def headers(self) -> dict[str, str]:
        found = {}
        if self._cookies:
            found["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if self.csrf is not None:
            found["X-CSRF-Token"] = self.csrf
        return found

    def learn(self, headers: CIMultiDictProxy[str]) -> None:
        """Take cookies and token from an answer; the updated token wins over the other one."""
        for line in headers.getall("Set-Cookie", []):
            # By hand: the standard library drops a cookie whose attributes it does not know.
            name, _, value = (part.strip() for part in line.partition(";")[0].partition("="))
            if not value:
                self._cookies.pop(name, None)
                continue
            self._cookies[name] = value
            if name == "csrf_token":
                self.csrf = value
            elif name in TOKENS:
                self.csrf = _csrf_in(value) or self.csrf
        token = headers.get("X-Updated-CSRF-Token") or headers.get("X-CSRF-Token")
        if token:
            self.csrf = token


def _csrf_in(jwt: str) -> str | None:
    """The token that UniFi OS puts into the payload of its cookie; the signature is UniFi's business."""
    try:
        payload = jwt.split(".")[1]
        data = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return None
    token = data.get("csrfToken") if isinstance(data, dict) else None
    return token if isinstance(token, str) else None
