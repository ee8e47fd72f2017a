"""How does one colour become a whole look that everybody can read, by day and by night?

The hue is the brand's; lightness gives way until WCAG's contrast AA holds with room to spare. Reckoned in
OKLCH, where equal steps look equal.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

ENOUGH = 4.6
"""Contrast of text that we ask for: AA is 4.5, and browsers round."""
ON_A_PASS = 5.6
"""White on the coloured head, where small text is slightly see-through."""
WHITE, BLACK = "#ffffff", "#000000"
DAY = ("#ffffff", "#f5f4ef", "#efede6")
NIGHT = ("#182120", "#0e1413", "#101817")
"""The grounds of base.css on which the accent stands as text."""
HEX = re.compile(r"\A#[0-9a-f]{6}\Z")

Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tones:
    """Colours as CSS writes them."""

    accent: str
    hover: str
    on: str
    tint: str
    head: str
    foot: str
    """Both ends of the coloured head's gradient."""


@dataclass(frozen=True, slots=True)
class Palette:
    chosen: str
    day: Tones
    night: Tones

    @property
    def darkened(self) -> bool:
        """Whether links and buttons had to differ from the chosen colour on a light page."""
        return self.day.accent != self.chosen

    @property
    def night_differs(self) -> bool:
        return self.night.accent != self.chosen


@lru_cache(maxsize=256)
def palette(chosen: str) -> Palette:
    """Raises ValueError for what is no colour (`#rrggbb` in small letters)."""
    if not HEX.match(chosen):
        raise ValueError("not a colour")
    return Palette(chosen, _day(chosen), _night(chosen))


def _day(chosen: str) -> Tones:
    tint = mixed(chosen, WHITE, 0.88)
    accent = _until(chosen, (*DAY, tint), -0.01)
    head = _until(accent, (WHITE,), -0.01, ON_A_PASS)
    return Tones(accent, _shift(accent, -0.06), WHITE, tint, head, _shift(head, -0.1))


def _night(chosen: str) -> Tones:
    tint = mixed(chosen, NIGHT[1], 0.8)
    accent = _until(chosen, (*NIGHT, tint), 0.01)
    ink = _shift(accent, -1.0, to=0.19)
    on = ink if contrast(ink, accent) >= ENOUGH else BLACK
    deep = _shift(chosen, 0, to=min(0.44, _lch(chosen)[0]))
    head = _until(deep, (WHITE,), -0.01, ON_A_PASS)
    return Tones(accent, _shift(accent, 0.06), on, tint, head, _shift(head, -0.1))


def _until(colour: str, grounds: Sequence[str], step: float, enough: float = ENOUGH) -> str:
    """The nearest lightness with which it stands on all of these grounds."""
    for count in range(101):
        found = _shift(colour, step * count) if count else colour
        if min(contrast(found, ground) for ground in grounds) >= enough:
            return found
    return BLACK if step < 0 else WHITE


def contrast(one: str, other: str) -> float:
    """WCAG 2's ratio, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """So much of the ground, the rest of the colour."""
    pairs = zip(_rgb(colour), _rgb(ground), strict=True)
    red, green, blue = (one * (1 - share) + other * share for one, other in pairs)
    return _hex((red, green, blue))


def _shift(colour: str, by: float, *, to: float | None = None) -> str:
    """Another lightness; less colourful where a screen cannot show it."""
    lightness, chroma, hue = _lch(colour)
    lightness = min(1.0, max(0.0, lightness + by)) if to is None else to
    while True:
        rgb = _of_lch(lightness, chroma, hue)
        if all(-0.001 <= one <= 1.001 for one in rgb) or chroma < 0.002:
            return _hex(rgb)
        chroma *= 0.94


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(rgb: Rgb) -> str:
    return "#" + "".join(f"{round(min(1.0, max(0.0, one)) * 255):02x}" for one in rgb)


def _linear(one: float) -> float:
    return one / 12.92 if one <= 0.04045 else float(((one + 0.055) / 1.055) ** 2.4)


def _gamma(one: float) -> float:
    return one * 12.92 if one <= 0.0031308 else float(1.055 * one ** (1 / 2.4) - 0.055)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(one) for one in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lch(colour: str) -> Rgb:
    """OKLCH (B. Ottosson, 2020): lightness 0 to 1, chroma, hue in radians."""
    red, green, blue = (_linear(one) for one in _rgb(colour))
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return lightness, math.hypot(a, b), math.atan2(b, a)


def _of_lch(lightness: float, chroma: float, hue: float) -> Rgb:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    clipped = (_gamma(one) if one > 0 else one for one in (red, green, blue))
    red, green, blue = clipped
    return red, green, blue
