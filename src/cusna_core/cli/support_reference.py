"""What can each driver do? Asked of the drivers themselves, made with their default options."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from cusna_core.api import Context, FakeWifi, Feature, Limits, SystemClock
from cusna_core.cli.plugin_reference import filled
from cusna_core.config.plugins import Registry

PAGE: Final = Path("docs/reference/support-matrix.md")
HEADER: Final = "<!-- Written by script/docs from the drivers. Change them. -->"
FOR_TESTS: Final = "cusna_core."
SECONDS: Final = frozenset({"write_interval", "settle"})


@dataclass(frozen=True, slots=True)
class Support:
    """What one driver says of a network of its own."""

    type: str
    title: str
    features: Feature
    limits: Limits
    for_tests: bool


def supported(registry: Registry) -> list[Support]:
    """Every driver that has a fake (whose options reach it), the one for tests last."""
    found = asyncio.run(_asked(registry))
    return sorted(found, key=lambda one: (one.for_tests, one.type))


async def _asked(registry: Registry) -> list[Support]:
    found = []
    clock = SystemClock()
    for type_, driver in registry.drivers.items():
        made = registry.fakes.get(type_)
        if made is None or not issubclass(made, FakeWifi):
            continue
        fake: Any = made(clock)
        await fake.start()
        try:
            context = Context(type_, "reference", clock, lambda text: text)
            controller = driver(driver.options_class.model_validate(fake.options()), context)
            options = driver.network_options_class.model_validate(_only_needed(driver, fake))
            network = controller.network(options)
            ours = driver.__module__.startswith(FOR_TESTS)
            found.append(Support(type_, driver.title, network.features, network.limits, ours))
        finally:
            await fake.stop()
    return found


def _only_needed(driver: Any, fake: FakeWifi) -> dict[str, Any]:
    """The options without which there is no network: all others stay at their defaults."""
    given = fake.network_options("Members")
    known = driver.network_options_class.model_fields
    return {name: one for name, one in given.items() if known[name].default != one and type(one) is not bool}


def page(found: Sequence[Support]) -> str:
    return "\n\n".join([HEADER, *map(filled, _parts(found))]) + "\n"


def write(root: Path, registry: Registry) -> None:
    (root / PAGE).write_text(page(supported(registry)), encoding="utf-8")


def _parts(found: Sequence[Support]) -> Iterator[str]:
    yield "# Support matrix"
    yield (
        "What each driver claims with its default options, asked of the drivers themselves; the "
        "conformance kit proves both that what is claimed works and that what is not is absent. None of "
        "the vendors' drivers has met real hardware yet. What the words mean: [features and "
        "limits](features-and-limits.md)."
    )
    names = [f"`{one.type}`" + (" *(for tests)*" if one.for_tests else "") for one in found]
    yield "## Features"
    rows = [
        [f"`{feature.name}`", *("yes" if feature in one.features else "–" for one in found)]
        for feature in Feature
    ]
    yield _table(["feature", *names], rows)
    yield "## Limits"
    rows = [
        [f"`{field.name}`", *(_value(field.name, getattr(one.limits, field.name)) for one in found)]
        for field in fields(Limits)
    ]
    yield _table(["limit", *names], rows)
    yield (
        "`keys` and several others can be set for each network: see the [options of the "
        "plugins](configuration.md)."
    )
    yield "## What it means for members"
    for one in found:
        yield f"**{one.title}** (`{one.type}`). " + " ".join(sentences(one))


def sentences(one: Support) -> Iterator[str]:
    """What a feature or its absence means for the people who use the WiFi."""
    features, limits = one.features, one.limits
    if Feature.UPDATE in features:
        yield "A member who changes the passphrase keeps the key; only what it says is changed."
    else:
        yield "Changing the passphrase makes a new key in place of the old one, and so does another VLAN."
    if Feature.CHOOSE_PASSPHRASE in features:
        yield "The passphrase is the same as everywhere."
    if Feature.EXPIRY in features:
        yield "The vendor knows when access ends, should Cusna be down."
    else:
        yield "Cusna ends access: if it is down at midnight, day passes end when it is back."
    if Feature.DISCONNECT_IS_GROUPWIDE in features:
        yield (
            "When somebody's access ends, the devices of the same VLAN drop for a moment, and good ones "
            "come back by themselves."
        )
    elif Feature.DISCONNECT in features:
        yield "When access ends, that member's devices are disconnected."
    else:
        yield "When access ends, devices that are on stay until they next join."
    if Feature.VLAN in features:
        yield "Companies can have a VLAN of their own."
    else:
        yield "There are no VLANs: everybody shares one network."
    yield from _pace(limits)


def _pace(limits: Limits) -> Iterator[str]:
    if limits.keys is not None:
        yield f"At most {limits.keys:,} keys on a network, those of others included."
    if limits.write_interval:
        yield (
            f"Changes gather for {limits.write_interval:.0f} seconds, because each one disturbs the WiFi "
            "for a moment."
        )
    if limits.settle:
        yield f"A new key works after about {limits.settle:.0f} seconds."


def _value(name: str, value: Any) -> str:
    if value is None:
        return "none known"
    if name in SECONDS:
        return f"{value:g} s" if value else "–"
    return f"{value:,}" if name in {"keys", "segments"} else f"{value:g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
