"""How do findings look, and what is there to paste?"""

import json
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from cusna_core.cli.sheet import Json, Sheet
from cusna_core.config.plugins import Registry

WHOLE = ("integration", "controller", "network", "location")
"""What there has to be one of, before anybody gets WiFi."""
LEVELS = {"error": ("error", "bold red"), "warning": ("warning", "yellow"), "info": ("note", "cyan")}


def findings(some: Iterable[Json]) -> None:
    sheet = Sheet()
    for one in some:
        word, style = LEVELS[one["level"]]
        path = f"{one['path']}: " if one["path"] else ""
        # What a file gets wrong names its place by itself, for those who read the sentence alone.
        told = Text(path, style="bold").append(one["summary"].removeprefix(path), "not bold")
        sheet.row(word, told, label_style=style)
        if one["fix"]:
            sheet.row("", f"→ {one['fix']}", "dim")


def check(result: Json) -> None:
    sheet = Sheet()
    findings(result["findings"])
    if mail := result.get("mail"):
        word, style = ("mail", "green") if mail["sent"] else ("error", "bold red")
        sheet.row(word, mail["said"], label_style=style)
        if not mail["sent"]:
            sheet.row("", "→ Look at [mail]: host, port, security, username, password and sender.", "dim")
    for one in result.get("sinks", ()):
        went = (
            f"last delivery {one['went'][:16].replace('T', ' ')} UTC"
            if one["went"]
            else "nothing delivered yet"
        )
        waits = f", {_several(one['waiting'], 'event')} waiting" if one["waiting"] else ""
        sheet.row("sink", f"{one['name']}: {one['title']} {one['target']}, {went}{waits}".strip(), "dim")
    # Several blocks may be pasted at once: their names differ, and the first network is there for all.
    taken: dict[str, set[str]] = {"location": set(), "network": set()}
    fresh = [_network(one, taken["network"]) for one in result["networks"]]
    for one in result["unmapped"]:
        sheet.gap()
        sheet.line(f"{one['title']} is not mapped to a location. To give it a portal, paste:", "cyan")
        sheet.raw(_location(one, taken["location"], sorted(taken["network"])))
    for one, block in zip(result["networks"], fresh, strict=True):
        sheet.gap()
        sheet.line(f"{one['title']} has no network here. To use it, paste:", "cyan")
        if one["note"]:
            sheet.line(one["note"], "dim")
        sheet.raw(block)
    _verdict(sheet, result)


def _verdict(sheet: Sheet, result: Json) -> None:
    levels = [one["level"] for one in result["findings"]]
    errors, warnings = levels.count("error"), levels.count("warning")
    if (mail := result.get("mail")) and not mail["sent"]:
        errors += 1
    if errors or warnings:
        told = [_several(errors, "error"), _several(warnings, "warning")]
        sheet.gap()
        sheet.line(f"{' and '.join(filter(None, told))}. Everything else goes on.", "bold")
    elif len(result["missing"]) == len(WHOLE):
        sheet.line("Nothing is configured yet: no keys are made, and nobody can sign in.", "yellow")
        sheet.line(
            "→ Switch plugins on in [plugins]: `cusna plugins` lists them. Then set the rest up in the "
            "console's Settings (`cusna admin-link` prints a way in), or write it into the file."
        )
    elif missing := [one for one in WHOLE if one in result["missing"]]:
        sheet.gap()
        sheet.line("✓ Everything that is configured answers.", "green")
        told_missing = f"There is no {' and no '.join(missing)} yet, so nobody gets WiFi."
        sheet.line(f"{told_missing} Add it to the file, or in the console's Settings.", "yellow")
    else:
        sheet.line("✓ Everything answers, and nothing needs attention.", "green")


def _several(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}" if number else ""


def _location(one: Json, taken: set[str], fresh: Sequence[str]) -> str:
    lines = [
        f"[locations.{_name(one['title'], one['names'], taken)}]",
        f"integration = {_toml(one['integration'])}",
        f"source_location = {_toml(one['id'])}",
    ]
    if not one["timezone"]:
        lines.append('timezone = "Europe/Berlin"  # the source gives none')
    if networks := one["networks"] or fresh:
        chosen = f"networks = [{_toml(networks[0])}]"
        others = ", ".join(networks[1:])
        return "\n".join([*lines, chosen + (f"  # or: {others}" if others else "")])
    return "\n".join([*lines, 'networks = ["NAME"]  # there is none yet: name the one that you add'])


def _network(one: Json, taken: set[str]) -> str:
    name = _name(one["ssid"], one["names"], taken)
    lines = [f"[networks.{name}]", f"controller = {_toml(one['controller'])}"]
    lines += [f"{name} = {_toml(value)}" for name, value in one["options"].items()]
    return "\n".join([*lines, "apply = false  # plan only; true after reading `cusna plan`"])


def _name(title: str, names: Iterable[str], taken: set[str]) -> str:
    """A name that the file takes and that is free; it is taken from now on."""
    slug = "".join(one if one.isascii() and one.isalnum() else "-" for one in title.lower())
    name = "-".join(part for part in slug.split("-") if part) or "name"
    used, number = taken.union(names), 2
    free = name
    while free in used:
        free, number = f"{name}-{number}", number + 1
    taken.add(free)
    return free


def _toml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def plugins(registry: Registry) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("plugin", "version", "enabled", "brings", ""):
        table.add_column(column)
    for one in registry.installed:
        brings = ", ".join((*one.sources, *one.drivers))
        state = Text("yes", style="green") if one.enabled else Text("no", style="dim")
        table.add_row(one.name, one.version, state, brings, Text(one.problem, style="red"))
    Sheet().console.print(table)
    findings(
        {"level": it.level.value, "path": it.path, "summary": it.summary, "fix": it.fix}
        for it in registry.findings
    )
