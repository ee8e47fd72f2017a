"""How does a test come to a WiFi that runs? By the console's own path."""

from cusna_core.demo.stage import until

from .admin import SETTINGS, Admin, connected, place

MEMBERS = f"{SETTINGS}/networks/members"
CHANGES = "/console/changes/networks/members"


async def planned(admin: Admin) -> None:
    """One location with its WiFi, which only plans so far."""
    await connected(admin)
    new = f"{SETTINGS}/new-location/andcards?place={place(admin.stage, 'Kreuzberg')}"
    answer = await admin.send(new, f"{SETTINGS}/new-location/andcards")
    assert answer.path == f"{SETTINGS}/locations/kreuzberg?made", answer.trouble
    assert await until(lambda: steps(admin) > 5), steps(admin)


async def running(admin: Admin) -> None:
    """And switched on: everybody's key works."""
    await planned(admin)
    answer = await admin.send(CHANGES, f"{MEMBERS}/switch")
    assert answer.path == f"{MEMBERS}?on", answer.trouble
    assert await until(lambda: done(admin))


def steps(admin: Admin) -> int:
    engine = admin.stage.app.core.engine
    wifi = engine.estate.wifis.get("members")
    return len(engine.standing(wifi).left) if wifi else 0


def done(admin: Admin) -> bool:
    engine = admin.stage.app.core.engine
    wifi = engine.estate.wifis["members"]
    plan = engine.standing(wifi).plan
    return wifi.apply and plan is not None and bool(plan.should.wanted) and not engine.standing(wifi).left
