"""How do findings look, and what is there to paste?"""

import json
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from cusna_core.cli.sheet import Json, Sheet
from cusna_core.config.plugins import Registry

LEVELS = {"error": ("error", "bold red"), "warning": ("warning", "yellow"), "info": ("note", "cyan")}


def findings(some: Iterable[Json]) -> None:
    sheet = Sheet()
    for one in some:
        word, style = LEVELS[one["level"]]
        told = Text(f"{one['path']}: " if one["path"] else "", style="bold").append(
            one["summary"], "not bold"
        )
        sheet.row(word, told, label_style=style)
        if one["fix"]:
            sheet.row("", f"→ {one['fix']}", "dim")


def check(result: Json) -> None:
    sheet = Sheet()
    findings(result["findings"])
    if mail := result.get("mail"):
        word, style = ("mail", "green") if mail["sent"] else ("error", "bold red")
        sheet.row(word, mail["said"], label_style=style)
    for one in result["unmapped"]:
        sheet.gap()
        sheet.line(f"{one['title']} is not mapped to a location. To give it a portal, paste:", "cyan")
        sheet.raw(_location(one))
    for one in result["networks"]:
        sheet.gap()
        sheet.line(f"{one['title']} has no network here. To use it, paste:", "cyan")
        if one["note"]:
            sheet.line(one["note"], "dim")
        sheet.raw(_network(one))
    bad = sum(1 for one in result["findings"] if one["level"] != "info")
    if not bad:
        sheet.line("✓ Everything answers, and nothing needs attention.", "green")
    else:
        errors = sum(1 for one in result["findings"] if one["level"] == "error")
        told = [_several(errors, "error"), _several(bad - errors, "warning")]
        sheet.gap()
        sheet.line(f"{' and '.join(filter(None, told))}. Everything else goes on.", "bold")


def _several(number: int, word: str) -> str:
    return f"{number} {word}{'s' if number > 1 else ''}" if number else ""


def _location(one: Json) -> str:
    lines = [
        f"[locations.{_name(one['title'], one['names'])}]",
        f"integration = {_toml(one['integration'])}",
        f"source_location = {_toml(one['id'])}",
    ]
    if not one["timezone"]:
        lines.append('timezone = "Europe/Berlin"  # the source gives none')
    if one["networks"]:
        chosen = f"networks = [{_toml(one['networks'][0])}]"
        others = ", ".join(one["networks"][1:])
        return "\n".join([*lines, chosen + (f"  # or: {others}" if others else "")])
    return "\n".join([*lines, "networks = []  # name one as soon as there is one"])


def _network(one: Json) -> str:
    lines = [f"[networks.{_name(one['ssid'], one['names'])}]", f"controller = {_toml(one['controller'])}"]
    lines += [f"{name} = {_toml(value)}" for name, value in one["options"].items()]
    return "\n".join([*lines, "apply = false  # plan only; true after reading `cusna plan`"])


def _name(title: str, taken: Iterable[str]) -> str:
    """A name that the file takes and that is free."""
    slug = "".join(one if one.isascii() and one.isalnum() else "-" for one in title.lower())
    name = "-".join(part for part in slug.split("-") if part) or "name"
    used, number = set(taken), 2
    free = name
    while free in used:
        free, number = f"{name}-{number}", number + 1
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
