"""When does a key end at Meraki, if Meraki does not show it?

The API promises `expiresAt`. Should a cloud keep it to itself, each look would find every end wrong and
write it again; so what we sent is remembered, and believed as long as no key of the SSID shows an end.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cusna_meraki.models import Psk


class Ends:
    """The ends that were sent, by identity PSK. Not kept over a restart: then each is written once more."""

    def __init__(self) -> None:
        self._sent: dict[str, datetime] = {}
        self._hidden = False

    def note(self, psk_id: str, body: Mapping[str, Any]) -> None:
        """Meraki accepted these fields."""
        if "expiresAt" in body:
            self._sent.pop(psk_id, None)
            if body["expiresAt"] is not None:
                self._sent[psk_id] = datetime.fromisoformat(body["expiresAt"])

    def learn(self, psks: Sequence[Psk]) -> Sequence[Psk]:
        """All keys of the SSID as listed, with the ends that are hidden."""
        there = {psk.id for psk in psks}
        self._sent = {psk_id: end for psk_id, end in self._sent.items() if psk_id in there}
        self._hidden = bool(self._sent) and all(psk.expires is None for psk in psks)
        return [self.shown(psk) for psk in psks]

    def shown(self, psk: Psk) -> Psk:
        if not self._hidden or psk.id not in self._sent:
            return psk
        return psk.model_copy(update={"expires": self._sent[psk.id]})
