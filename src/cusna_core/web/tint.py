"""What does a location's colour change on its pages? A sheet of its own, whose address never changes."""

import hashlib
from functools import lru_cache

from markupsafe import Markup

from cusna_core.engine.appearance.tones import HEX, Tones, palette
from cusna_core.engine.views import Door


@lru_cache(maxsize=256)
def style(accent: str) -> tuple[str, str]:
    """The name of a colour's stylesheet, and the sheet: the variables of base.css, and the poster's."""
    tones = palette(accent)
    day, night = _variables(tones.day), _variables(tones.night)
    text = (
        f":root{{{day}}}@media (prefers-color-scheme:dark){{:root{{{night}}}}}"
        f".poster{{--accent:{tones.day.accent};--pass-1:{tones.day.head};--pass-2:{tones.day.foot}}}"
        f".poster .steps li::before{{background:{tones.day.tint};color:{tones.day.accent}}}"
        f"@media print{{:root{{{day}}}}}"
    )
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return f"{accent[1:]}.{digest}.css", text


def _variables(one: Tones) -> str:
    values = {
        "accent": one.accent,
        "accent-hover": one.hover,
        "on-accent": one.on,
        "tint": one.tint,
        "pass-1": one.head,
        "pass-2": one.foot,
    }
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def sheet(door: Door | None) -> Markup:
    """The line in a page's head; nothing where the look is our own."""
    if door is None or not HEX.match(door.look.accent):
        return Markup()
    return Markup('<link rel="stylesheet" href="/look/{}">').format(style(door.look.accent)[0])
