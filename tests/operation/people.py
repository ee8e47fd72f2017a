"""How do a house's members use the portal? As browsers that read their mail in the house's inbox."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from cusna_core.demo.inbox import Inbox
from cusna_core.demo.visitor import Visitor

CODE = re.compile(r"\b(\d{4}) (\d{4})\b")
CHOICE = re.compile(r'class="passphrase" translate="no">(.*?)</label>', re.DOTALL)


@dataclass(slots=True)
class Member(Visitor):
    """A visitor without a panel: mails are looked up where they arrive."""

    inbox: Inbox | None = None

    @classmethod
    def of(cls, url: str, email: str, inbox: Inbox) -> "Member":
        return cls(url, "", email, inbox=inbox)

    async def mail(self, seconds: float = 15.0) -> dict[str, Any] | None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            mine = [one for one in (self.inbox.mails if self.inbox else ()) if one.to == self.email]
            if len(mine) > self.read:
                self.read += 1
                one = mine[self.read - 1]
                return {"subject": one.subject, "text": one.text}
            await asyncio.sleep(0.05)
        return None

    async def offered(self, location: str) -> list[str]:
        """Three passphrases to choose from, as the page shows them."""
        await self.post(f"/portal/{location}/change/offer")
        async with self.session.get(f"{self.portal}/portal/{location}/change") as answer:
            found = CHOICE.findall(await answer.text())
        return [re.sub(r"<[^>]*>|\s", "", one) for one in found]

    async def choose(self, location: str, number: int = 0) -> bool:
        """Whether the page says that it is changed."""
        page = await self.post(f"/portal/{location}/change", choice=str(number))
        return page.url.endswith("/wifi?changed")
