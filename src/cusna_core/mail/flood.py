"""Do more people ask for sign-in mails than can be? (M14)

Anybody may type members' addresses. What one address gets is limited where it is asked for; here all of them
together are. Beyond the cap sign-in mails wait (and are dropped when their link has expired), while admins'
and all other letters go on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cusna_core.api import Finding, Level
from cusna_core.store import outbox
from cusna_core.store.db import Tx
from cusna_core.store.outbox import Letter

HOUR: Final = timedelta(hours=1)
LATER: Final = timedelta(minutes=1)
LEAST: Final = 500
"""The cap of a small house, in mails an hour."""
SHARE: Final = 4
"""In a large one, a quarter of its people."""
CALM: Final = 0.8
"""Below this share of the cap it is over."""


def capped(letter: Letter) -> bool:
    """Admins are never kept out, and what nobody can cause from outside needs no cap."""
    return letter.kind == "sign-in" and letter.payload.get("location") != ""


@dataclass(slots=True)
class Flood:
    """Whether it is going on, and what the cap was."""

    on: bool = False
    most: int = LEAST

    def over(self, tx: Tx, letter: Letter, now: datetime) -> bool:
        """True: this letter was put off."""
        sent = outbox.sent_since(tx, "sign-in", now - HOUR)
        if not self.on and sent < LEAST:
            return False
        people = int(tx.execute("SELECT count(*) FROM accounts").fetchone()[0])
        self.most = max(LEAST, people // SHARE)
        self.on = sent >= (self.most * CALM if self.on else self.most)
        if sent >= self.most:
            outbox.postpone(tx, letter.id, now + LATER)
            return True
        return False

    def findings(self) -> tuple[Finding, ...]:
        if not self.on:
            return ()
        return (
            Finding(
                Level.ERROR,
                "flood.sign-ins",
                f"More than {self.most} sign-in mails were asked for within an hour. Those beyond it wait "
                "until there is room again; everything else goes on.",
                "Look into Activity, sign-ins, whether somebody types in addresses by machine, and stop that "
                "connection at your proxy or firewall. Nothing is to be done if it was an event.",
                path="mail",
            ),
        )
