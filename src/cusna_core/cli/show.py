"""How does a result look in a terminal?"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from cusna_core.config.plugins import Registry
from cusna_core.flow.changes import Cause, Verb
from cusna_core.words import causes, language, verb

Json = dict[str, Any]

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "revoke": ("-", "red"), "ensure": ("+", "cyan")}
LEVELS = {"error": ("error", "bold red"), "warning": ("warning", "yellow"), "info": ("note", "cyan")}


def console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def progress() -> Callable[[Json], None]:
    """Steps on the way go to standard error, so that the result can be piped."""
    err = Console(stderr=True, highlight=False)

    def show(event: Json) -> None:
        if "trouble" in event:
            err.print(Text(f"! {event['trouble']}", style="yellow"))
        elif "done" not in event:
            err.print(Text(f"· {event['progress']}", style="dim"))

    return show


class Bar:
    """A progress bar for `apply`."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True, highlight=False),
        )
        self._tasks: dict[str, Any] = {}
        self._say = progress()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def event(self, event: Json) -> None:
        if "done" not in event:
            self._say(event)
            return
        name = str(event["progress"])
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=event["of"])
        self._progress.update(self._tasks[name], completed=event["done"], total=event["of"])


def code(result: Json) -> int:
    """The exit code of a result: 1 for an error finding, a held set, or an outcome that is not done."""
    if any(one["level"] == "error" for one in result.get("findings", ())) or result.get("held"):
        return 1
    for network in result.get("networks", ()):
        if network.get("trouble") or network.get("failed") or network.get("untried"):
            return 1
    return 0


def findings(some: list[Json]) -> None:
    out = console()
    for one in some:
        word, style = LEVELS[one["level"]]
        line = Text(f"{word:<8}", style=style)
        if one["path"]:
            line.append(f"{one['path']}: ", style="bold")
        line.append(one["summary"], style="default")
        out.print(line)
        if one["fix"]:
            out.print(Text(f"         → {one['fix']}", style="dim"))


def check(result: Json) -> None:
    out = console()
    findings(result["findings"])
    if result.get("mail"):
        out.print(result["mail"])
    for one in result["unmapped"]:
        out.print()
        out.print(
            Text(f"{one['title']} is not mapped to a location yet. To give it a portal, paste:", style="cyan")
        )
        out.print(_block(one))
    for one in result.get("networks", []):
        out.print()
        out.print(Text(f"{one['title']} has no network yet. To use it, paste:", style="cyan"))
        if one["note"]:
            out.print(Text(one["note"], style="dim"))
        lines = [f"[networks.{_slug(one['ssid'])}]", f'controller = "{one["controller"]}"']
        lines += [f"{name} = {_toml(value)}" for name, value in one["options"].items()]
        out.print(Text("\n".join([*lines, "apply = false"])))
    if not result["findings"]:
        out.print(Text("✓ Everything answers, and nothing needs attention.", style="green"))


def _block(one: Json) -> Text:
    zone = "" if one["timezone"] else '\ntimezone = "Europe/Berlin"      # the source gives none'
    return Text(
        f"[locations.{_slug(one['title'])}]\n"
        f'integration = "{one["integration"]}"\n'
        f'source_location = "{one["id"]}"{zone}\n'
        'networks = ["…"]'
    )


def _slug(title: str) -> str:
    slug = "".join(one if one.isascii() and one.isalnum() else "-" for one in title.lower())
    return "-".join(part for part in slug.split("-") if part) or "name"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else f'"{value}"'


def plan(result: Json) -> None:
    out = console()
    for network in result["networks"]:
        out.print(_heading(network))
        if "trouble" in network:
            out.print(Text(f"  ! {network['trouble']}", style="red"))
            continue
        for step in network["steps"]:
            out.print(_step(step))
        for one in network["waiting"]:
            out.print(Text(f"  … {one['who']} waits ({one['why']})", style="yellow"))
        if not network["steps"]:
            out.print(Text("  nothing to change", style="green"))
        limit = f" of at most {network['limit']}" if network["limit"] else ""
        told = f"  {network['wanted']} keys{limit}; {network['foreign']} that we did not make stay untouched"
        out.print(Text(told, style="dim"))
        if not network["apply"]:
            out.print(Text("  apply = false: only planned. Set it to true to let this happen.", style="cyan"))
    held(result["held"])
    findings(result["findings"])


def _heading(network: Json) -> Text:
    return Text(f"{network['ssid']}", style="bold").append(f"  networks.{network['network']}", style="dim")


def _step(step: Json) -> Text:
    sign, style = SIGNS[step["verb"]]
    english = language("en")
    who = step["who"] or (f"VLAN {step['vlan']}" if step["verb"] == "ensure" else step["account"] or "?")
    line = Text(f"  {sign} {who}", style=style)
    parts = [f"{verb(Verb(step['verb']), english)}: {causes(map(Cause, step['causes']), english)}"]
    if step["because"]:
        parts.append(_because(step["because"]))
    if step["vlan"] and step["verb"] != "ensure":
        parts.append(f"VLAN {step['vlan']}")
    if step["because"]:
        parts.append(_until(step["until"]))
    line.append(f"  {', '.join(parts)}", style="default")
    return line


def _because(because: Mapping[str, str]) -> str:
    kind = {"plan": "plan", "desk": "desk booking", "room": "room booking", "override": "given by an admin"}
    return f"{kind[because['kind']]} {because['name']}".strip()


def _until(iso: str | None, zone: str | None = None) -> str:
    if iso is None:
        return "no end date"
    instant = datetime.fromisoformat(iso)
    local = instant.astimezone(ZoneInfo(zone)) if zone else instant.astimezone()
    return f"until {local:%a %d %b %Y, %H:%M}"


def held(some: list[Json]) -> None:
    out = console()
    for one in some:
        out.print()
        out.print(
            Text(
                f"Held: {one['integration']} says that {len(one['people'])} people lose access early. "
                f"With the last 24 hours that is {one['counted']} rights, and at most {one['limit']} "
                "pass by themselves. "
                "They keep their WiFi.",
                style="bold red",
            )
        )
        out.print("  " + ", ".join(one["people"][:20]) + (" …" if len(one["people"]) > 20 else ""))
        out.print(Text(f"  → If it is right: cusna apply --accept {one['digest']}", style="dim"))


def applied(result: Json) -> None:
    out = console()
    for network in result["networks"]:
        out.print(_heading(network))
        if "skipped" in network:
            out.print(Text(f"  {network['skipped']}", style="cyan"))
            continue
        if network["done"]:
            out.print(Text(f"  ✓ {network['done']} changes done", style="green"))
        for one in network["failed"]:
            out.print(Text(f"  ! {one['who']}: {one['why']}", style="red"))
        if network["untried"]:
            out.print(
                Text(f"  … {network['untried']} not tried yet: they go on by themselves", style="yellow")
            )
        if "trouble" in network:
            out.print(Text(f"  ! {network['trouble']}", style="red"))
        elif not network["done"] and not network["failed"]:
            out.print(Text("  ✓ everything is as it should be", style="green"))
    held(result["held"])
    findings(result["findings"])


def explained(result: Json) -> None:
    for account in result["accounts"]:
        _explained(account)


def _explained(one: Json) -> None:
    out = console()
    out.print(Text(one["name"] or one["email"] or one["id"], style="bold").append(f"  {one['email'] or ''}"))
    _row(
        out,
        "Account",
        f"{one['id']} in {one['integration']}, "
        + ("has used the portal" if one["visited"] else "has not used the portal yet"),
    )
    if one["suspended"]:
        _row(out, "", "disabled by an admin: no access until `cusna restore-access`", "red")
    if one["blocked"]:
        _row(out, "", "blocked at the source: never access", "red")
    if not one["known"]:
        _row(out, "", "the source does not know this person any more", "red")
    for it in one["affiliations"]:
        kind = "member" if it["member"] else "nonmember"
        told = f"{kind} at {it['location']}" + (f", of {it['company']}" if it["company"] else "")
        _row(out, "Known as", told + ("" if it["approved"] else ", waits for approval"))
    for it in one["subscriptions"]:
        of = f" of {it['company']}" if it["company"] else ""
        span = f"from {_day(it['starts'])}" + (f" to {_day(it['ends'])}" if it["ends"] else ", no end")
        _row(
            out,
            "Plan",
            f"{', '.join(it['plans']) or 'without a name'}{of} at {it['location']}: {it['state']}, {span}",
        )
    for it in one["bookings"]:
        span = f"{_moment(it['starts'])} to {_moment(it['ends'])}"
        _row(out, "Booking", f"{it['resource']} ({it['kind']}) at {it['location']}: {it['state']}, {span}")
    for it in one["rights"]:
        held_ = ", held by the brake" if it["held"] else ""
        _row(out, "Right", f"at {it['location']}: {_because(it)}, {_until(it['until'])}{held_}", "green")
    for it in one["claimable"]:
        _row(
            out, "Right", f"at {it['location']}: {_because(it)}, waits to be claimed in the portal", "yellow"
        )
    for it in one["coming"]:
        _row(out, "Coming", f"at {it['location']}: {_because(it)}, from {_moment(it['starts'])}")
    for it in one["locations"]:
        if it["access"]:
            via = ", by roaming" if it["roaming"] else ""
            _row(out, "Access", f"{it['location']}: yes, {_until(it['until'], it['zone'])}{via}", "green")
        else:
            refused = it["refused"] or {"code": "nothing", "name": "", "when": None, "location": None}
            _row(out, "Access", f"{it['location']}: no ({_refused(refused)})", "yellow")
    for it in one["keys"]:
        vlan = f", VLAN {it['vlan']}" if it["vlan"] else ""
        more = f": {it['error']}" if it["error"] else f": {it['wait']}" if it["wait"] else ""
        _row(out, "Key", f"{it['ssid'] or it['network']}: {it['state']}{vlan}{more}")
    out.print()


def _refused(refused: Mapping[str, Any]) -> str:
    words = [str(refused["code"]).replace("-", " ")]
    words += [str(refused[name]) for name in ("name", "location") if refused[name]]
    if refused["when"]:
        words.append(_moment(refused["when"]))
    return ", ".join(words)


def _row(out: Console, name: str, text: str, style: str = "default") -> None:
    out.print(Text(f"  {name:<9}", style="dim").append(text, style=style))


def _day(iso: str | None) -> str:
    return f"{datetime.fromisoformat(iso):%d %b %Y}" if iso else "the beginning"


def _moment(iso: str) -> str:
    instant = datetime.fromisoformat(iso)
    return f"{instant.astimezone():%a %d %b, %H:%M}" if instant.tzinfo else f"{instant:%a %d %b}"


def code_for_the_desk(result: Json) -> None:
    digits = result["code"]
    out = console()
    out.print(Text(f"{digits[:4]} {digits[4:]}", style="bold"))
    out.print(
        f"For {result['who']} at {result['location']}: good for 10 minutes, in the code field of the portal "
        "after they typed their address. They are told by mail that you made it."
    )


def leaving(result: Json) -> None:
    out = console()
    out.print(f"Leaving {result['location']} would remove, of our keys only:")
    for network in result["networks"]:
        out.print(_heading(network))
        if "skipped" in network or "trouble" in network:
            out.print(Text(f"  {network.get('skipped') or network.get('trouble')}", style="yellow"))
            continue
        out.print(f"  {len(network['steps'])} keys; {network['foreign']} that we did not make stay untouched")


def left(result: Json) -> None:
    out = console()
    for network in result["networks"]:
        out.print(_heading(network))
        out.print(f"  {network.get('done', 0)} keys removed")


def plugins(registry: Registry) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("plugin", "version", "enabled", "brings", ""):
        table.add_column(column)
    for one in registry.installed:
        brings = ", ".join((*one.sources, *one.drivers))
        state = Text("yes", style="green") if one.enabled else Text("no", style="dim")
        table.add_row(one.name, one.version, state, brings, Text(one.problem, style="red"))
    console().print(table)
    findings(
        [
            {"level": it.level.value, "path": it.path, "summary": it.summary, "fix": it.fix}
            for it in registry.findings
        ]
    )
