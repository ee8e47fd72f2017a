"""Is this a logo that can be shown safely, and how large is it?

Only what the bytes say counts, never a name or a type that was sent along. What a picture carries besides
its pixels (places, cameras, comments) is left out.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_BYTES: Final = 200 * 1024
MOST_SIDE: Final = 2000
LEAST_SIDE: Final = 16
PNG: Final = b"\x89PNG\r\n\x1a\n"
PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"})
ENDINGS: Final = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


class Wrong(StrEnum):
    LARGE = "large"
    VECTOR = "vector"
    """SVG: it can hold scripts, and load things from elsewhere."""
    UNKNOWN = "unknown"
    BROKEN = "broken"
    SIDES = "sides"
    MOVING = "moving"


class Unfit(Exception):
    """Not a logo for us."""

    def __init__(self, why: Wrong) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Picture:
    data: bytes
    ending: str
    width: int
    height: int

    @property
    def type(self) -> str:
        return ENDINGS[self.ending]


def picture(data: bytes) -> Picture:
    """Raises Unfit."""
    if len(data) > MOST_BYTES:
        raise Unfit(Wrong.LARGE)
    try:
        if data.startswith(PNG):
            found = _png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            found = _jpeg(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            found = _webp(data)
        else:
            raise Unfit(_foreign(data))
    except (struct.error, IndexError, zlib.error):
        raise Unfit(Wrong.BROKEN) from None
    if not all(LEAST_SIDE <= side <= MOST_SIDE for side in (found.width, found.height)):
        raise Unfit(Wrong.SIDES)
    return found


def _foreign(data: bytes) -> Wrong:
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return Wrong.VECTOR if start.startswith((b"<?xml", b"<svg", b"<!doctype svg", b"<!--")) else Wrong.UNKNOWN


def _png(data: bytes) -> Picture:
    """Every chunk with its checksum, the pixels unpacked once: what is kept is whole."""
    kept, header, pixels = [PNG], b"", zlib.decompressobj()
    size, ended, position = 0, False, len(PNG)
    width = height = 0
    while position < len(data) and not ended:
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, position + 8 + length)
        if len(body) != length or zlib.crc32(kind + body) != checksum or not (header or kind == b"IHDR"):
            raise Unfit(Wrong.BROKEN)
        if kind == b"IHDR":
            header = body
            width, height = struct.unpack_from(">II", header)
            if max(width, height) > MOST_SIDE:
                raise Unfit(Wrong.SIDES)
        if kind == b"IDAT":
            # A picture of allowed sides has at most eight bytes a pixel: more is a bomb.
            most = width * height * 8 + 2 * height + 1024
            size += len(pixels.decompress(body, most))
            if pixels.unconsumed_tail or size > most:
                raise Unfit(Wrong.BROKEN)
        if kind in PNG_KEPT:
            kept.append(data[position : position + 12 + length])
        ended = kind == b"IEND"
        position += 12 + length
    if not ended or not pixels.eof:
        raise Unfit(Wrong.BROKEN)
    return Picture(b"".join(kept), "png", width, height)


def _jpeg(data: bytes) -> Picture:
    """Segments until the pixels begin, without what cameras write; then all until the end mark."""
    kept, sides, position = [data[:2]], (0, 0), 2
    while True:
        mark, kind = data[position], data[position + 1]
        if mark != 0xFF:
            raise Unfit(Wrong.BROKEN)
        (length,) = struct.unpack_from(">H", data, position + 2)
        segment = data[position : position + 2 + length]
        if len(segment) != 2 + length or length < 2:
            raise Unfit(Wrong.BROKEN)
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", segment, 5)
            sides = width, height
        # APP0 is JFIF, APP2 the colour profile, APP14 Adobe's colours; the other APPs and comments go.
        if not (0xE0 <= kind <= 0xEF or kind == 0xFE) or kind in (0xE0, 0xE2, 0xEE):
            kept.append(segment)
        position += 2 + length
        if kind == 0xDA:
            break
    end = data.rfind(b"\xff\xd9", position)
    if end < 0 or sides == (0, 0):
        raise Unfit(Wrong.BROKEN)
    return Picture(b"".join([*kept, data[position : end + 2]]), "jpg", *sides)


def _webp(data: bytes) -> Picture:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data) or size < 12:
        raise Unfit(Wrong.BROKEN)
    kept, sides = [], (0, 0)
    for kind, body, whole in _chunks(data[12 : size + 8]):
        if kind in (b"ANIM", b"ANMF"):
            raise Unfit(Wrong.MOVING)
        if kind == b"VP8X":
            # The flags of what is left out go as well: animation, XMP, EXIF.
            whole = whole[:8] + bytes([body[0] & 0b0011_0000]) + whole[9:]
            if body[0] & 0b10:
                raise Unfit(Wrong.MOVING)
        if kind == b"VP8 ":
            if body[3:6] != b"\x9d\x01\x2a":
                raise Unfit(Wrong.BROKEN)
            width, height = struct.unpack_from("<HH", body, 6)
            sides = width & 0x3FFF, height & 0x3FFF
        elif kind == b"VP8L":
            if body[0] != 0x2F:
                raise Unfit(Wrong.BROKEN)
            (bits,) = struct.unpack_from("<I", body, 1)
            sides = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        if kind in (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP"):
            kept.append(whole)
    if sides == (0, 0):
        raise Unfit(Wrong.BROKEN)
    body = b"WEBP" + b"".join(kept)
    return Picture(b"RIFF" + struct.pack("<I", len(body)) + body, "webp", *sides)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, content, and all of it as it stands."""
    position = 0
    while position < len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        end = position + 8 + length
        if end > len(data):
            raise Unfit(Wrong.BROKEN)
        yield kind, data[position + 8 : end], data[position : end + length % 2]
        position = end + length % 2
