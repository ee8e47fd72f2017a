"""Does the time of a sign-in tell whether an address is known (M13)? Run by hand, on a quiet machine.

    python tests/bench/sign_in_timing.py [SAMPLES]

It asks for a known and an unknown address in turn, and compares the two like Welch, on data without
the slowest and fastest 2.5 %; a third series of known ones tells how much is noise. No test of the
suite: a busy machine would make it fail, and what it would find is held by the test that counts
statements and hops (`test_M13_the_same_work_for_everybody`).
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from cusna_core.api import SystemClock
from cusna_core.engine.members import Members
from cusna_core.engine.views import Door
from cusna_core.store import accounts
from cusna_core.store.db import Database
from cusna_core.store.vault import Vault
from cusna_core.web import Parts, build, listen

BASE = "https://wifi.example.com"
HEADERS = {"Host": "wifi.example.com", "Sec-Fetch-Site": "same-origin"}


class Nobody(Members):
    """A location, and no engine: the request must not need one."""

    def __init__(self) -> None:
        from zoneinfo import ZoneInfo

        self._only = Door("kreuzberg", "Kreuzberg", ZoneInfo("Europe/Berlin"), ("Members",))

    def door(self, location_id: str) -> Door | None:
        return self._only if location_id == "kreuzberg" else None


def trimmed(times: list[float]) -> list[float]:
    cut = len(times) // 40
    return sorted(times)[cut : len(times) - cut]


def welch(a: list[float], b: list[float]) -> float:
    spread = statistics.variance(a) / len(a) + statistics.variance(b) / len(b)
    return float((statistics.fmean(a) - statistics.fmean(b)) / spread**0.5)


async def measure(samples: int) -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        async with await Database.open(Path(folder) / "cusna.db") as db:
            vault, clock = Vault.ephemeral(), SystemClock()
            for n in range(samples):
                for series in ("known", "other"):
                    email = f"{series}{n:06d}@example.com"
                    await db.run(
                        lambda tx, e=email: accounts.create(  # type: ignore[misc]  # a default binds the loop's value
                            tx, vault, "hq", e, e, "Anna", [e], f"pass-{e}", clock.now()
                        )
                    )
            runner = await listen(
                build(Parts(BASE, db, vault, Nobody(), clock, trusted_proxies=("127.0.0.1",))), "127.0.0.1", 0
            )
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/portal/kreuzberg"
            took: dict[str, list[float]] = {"known": [], "other": [], "nobod": []}
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
                for n in range(samples):
                    for series, times in took.items():
                        form = {"email": f"{series}{n:06d}@example.com"}
                        headers = HEADERS | {
                            "X-Forwarded-For": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
                        }
                        began = time.perf_counter()
                        async with http.post(
                            url, data=form, headers=headers, allow_redirects=False
                        ) as answer:
                            await answer.read()
                        times.append(time.perf_counter() - began)
            await runner.cleanup()
            return {series: trimmed(times) for series, times in took.items()}


def main() -> int:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    took = asyncio.run(measure(samples))
    middle = {series: statistics.median(times) for series, times in took.items()}
    noise, gap = abs(middle["known"] - middle["other"]), abs(middle["known"] - middle["nobod"])
    t, t_noise = welch(took["known"], took["nobod"]), welch(took["known"], took["other"])
    fine = abs(t) < 4.5 and gap < max(0.02 * middle["known"], noise)
    sys.stdout.write(
        f"{samples} each; known {middle['known'] * 1e6:.0f} µs; "
        f"difference {gap * 1e6:.1f} µs (noise {noise * 1e6:.1f}); "
        f"t {t:.2f} (noise {t_noise:.2f}): {'the same' if fine else 'NOT the same'}\n"
    )
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
