"""How does a camera read it?

WIFI: has two grammars that escape differently (a backslash in ZXing's, percent signs in the WPA3
specification's). What Cusna generates needs neither; an SSID that is not ours is escaped as ZXing says,
which is what phones read.
"""

import asyncio
from collections import OrderedDict

import segno
from markupsafe import Markup

KEPT = 256
"""Drawings kept in memory: one takes milliseconds to make and 2 KB to keep."""


def wifi(ssid: str, passphrase: str) -> str:
    """Never `SAE` (not in the specification), never `R:` (it would forbid WPA2)."""
    return f"WIFI:T:WPA;S:{_escaped(ssid)};P:{_escaped(passphrase)};;"


def _escaped(text: str) -> str:
    for special in '\\;,":':
        text = text.replace(special, "\\" + special)
    return text


def draw(text: str, title: str) -> Markup:
    """An SVG without a style of its own: dark on white in every theme, with the quiet zone cameras want."""
    code = segno.make(text, error="m", micro=False, encoding="utf-8", eci=False, boost_error=False)
    body = code.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None, title=title
    )
    return Markup(body.replace("<svg ", '<svg role="img" ', 1))  # noqa: S704  # segno escapes the title


class Codes:
    """Drawings, made off the loop and kept by a key that tells nothing of what they hold."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Markup] = OrderedDict()

    async def code(self, key: str, text: str, title: str) -> Markup:
        drawn = self._kept.get(key)
        if drawn is None:
            drawn = await asyncio.to_thread(draw, text, title)
            self._kept[key] = drawn
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return drawn
