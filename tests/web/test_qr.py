"""Does a camera read what was meant? Decoded by another library than the one that draws."""
# ruff: noqa: N802, E501  # tests are named by the requirement they prove; tables of hostile input are wide

import re
from random import Random

import pytest

from cusna_core.web.qr import KEPT, Codes, draw, wifi
from cusna_core.words.passphrases import characters, words

zxingcpp = pytest.importorskip("zxingcpp", reason="Install zxing-cpp to read the QR codes back.")


def read(svg: str, scale: int = 4) -> str:
    """Paint the strokes of segno's SVG (runs of dark modules, line by line), and let ZXing read the picture."""
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]  # fails loudly
    modules = bytearray(b"\xff" * (size * size))
    path = re.findall(r'<path[^>]* d="([^"]+)"[^>]*stroke|stroke="#000"[^>]* d="([^"]+)"', svg)
    d = max((one or two for one, two in path), key=len)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", d):
        values = [float(one) for one in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for at in range(int(x), int(x + values[0])):
                modules[int(y) * size + at] = 0
            x += values[0]
    rows = [modules[row * size : (row + 1) * size] for row in range(size)]
    picture = b"".join(b"".join(bytes([one]) * scale for one in row) * scale for row in rows)
    found = zxingcpp.read_barcodes(memoryview(picture).cast("B", (size * scale, size * scale)))
    assert len(found) == 1
    return str(found[0].text)


def test_Q1_what_is_generated_comes_back() -> None:
    random = Random(1)
    for n in range(150):
        passphrase = (words if n % 2 else characters)(random)
        text = wifi("Members", passphrase)
        assert text == f"WIFI:T:WPA;S:Members;P:{passphrase};;"
        assert read(draw(text, "x")) == text


@pytest.mark.parametrize("ssid", ["Ost WiFi", "Café ☕", 'a;b:c,d"e\\f', "ABCD", "100%", " lead", "x" * 32])
def test_Q2_Q3_other_peoples_ssids(ssid: str) -> None:
    text = wifi(ssid, "relay-oxygen-tulip")
    assert read(draw(text, "x")) == text
    assert text.startswith("WIFI:T:WPA;S:")
    assert text.endswith(";P:relay-oxygen-tulip;;")
    assert "SAE" not in text
    assert "R:" not in text
    raw = text.removeprefix("WIFI:T:WPA;S:").removesuffix(";P:relay-oxygen-tulip;;")
    assert re.sub(r"\\(.)", r"\1", raw) == ssid
    assert re.search(r'(?<!\\)(?:\\\\)*[;,:"]', raw) is None


def test_a_drawing_needs_no_style_and_says_what_it_is() -> None:
    svg = draw("https://wifi.example.com/portal/ost", 'QR "of" <b>')
    assert "style=" not in svg
    assert "<style" not in svg
    assert 'role="img"' in svg
    assert "<title>QR" in svg
    assert "<b>" not in svg


async def test_drawings_are_kept_and_not_for_ever() -> None:
    codes = Codes()
    first = await codes.code("a", "text", "title")
    assert await codes.code("a", "never looked at", "title") is first
    for n in range(KEPT):
        await codes.code(f"key {n}", "text", "title")
    assert await codes.code("a", "other text", "title") != first
