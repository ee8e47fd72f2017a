"""How do plans, what became of them, and held sets look?"""

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.text import Text

from cusna_core.cli.check import findings
from cusna_core.cli.sheet import Json, Sheet
from cusna_core.flow.changes import Cause, Verb
from cusna_core.flow.keys import Wait
from cusna_core.flow.world import Because, Kind
from cusna_core.words import causes, ground, language, until, verb
from cusna_core.words.explain import waits

SIGNS = {"create": ("+", "green"), "update": ("~", "yellow"), "revoke": ("-", "red"), "ensure": ("+", "cyan")}
NAMED = 20
"""Names of a held set that are told."""


def plan(result: Json) -> None:
    sheet, now = Sheet(), datetime.fromisoformat(result["now"])
    _none(sheet, result)
    for network in result["networks"]:
        _heading(sheet, network)
        if "trouble" in network:
            sheet.row("!", network["trouble"], "red", indent=2, column=2, label_style="red")
            continue
        for step in network["steps"]:
            _step(sheet, step, now)
        for one in network["waiting"]:
            told = f"{one['who']} waits: {waits(Wait(one['why']), language('en'))}"
            sheet.row("…", told, "yellow", indent=2, column=2, label_style="yellow")
        if not network["steps"]:
            sheet.row("✓", "nothing to change", "green", indent=2, column=2, label_style="green")
        limit = f" of at most {network['limit']}" if network["limit"] else ""
        foreign = f"; {network['foreign']} that we did not make {_stays(network['foreign'])}"
        told = f"{_keys(network['wanted'])}{limit}" + (foreign if network["foreign"] else "")
        sheet.line(told, "dim", indent=4)
        if not network["apply"]:
            told = "apply = false: this is only planned. Set it to true to let it happen."
            sheet.line(told, "cyan", indent=4)
    _rest(result)


def applied(result: Json) -> None:
    sheet = Sheet()
    _none(sheet, result)
    for network in result["networks"]:
        _heading(sheet, network)
        if "skipped" in network:
            sheet.line(network["skipped"], "cyan", indent=4)
            continue
        _became(sheet, network)
        if not any(network.get(one) for one in ("done", "failed", "untried", "missing", "trouble")):
            told = "everything is as it should be"
            sheet.row("✓", told, "green", indent=2, column=2, label_style="green")
    _rest(result)


def _became(sheet: Sheet, network: Json) -> None:
    def say(sign: str, told: str, style: str) -> None:
        sheet.row(sign, told, style, indent=2, column=2, label_style=style)

    if done := network["done"]:
        say("✓", f"{done} {'change' if done == 1 else 'changes'} done", "green")
    for one in network["failed"]:
        say("!", f"{one['who']}: {one['why']}", "red")
    if "trouble" in network:
        say("!", network["trouble"], "red")
    if untried := network["untried"]:
        say("…", f"{untried} not done yet: Cusna goes on with them when it can", "yellow")
    if missing := network.get("missing"):
        say("…", f"{missing} accepted, and not shown by the controller yet: looked at again", "yellow")


def _rest(result: Json) -> None:
    """What is held, and errors."""
    held(result["held"])
    if result["findings"]:
        Sheet().gap()
        findings(result["findings"])


def _none(sheet: Sheet, result: Json) -> None:
    """Silence would read like success."""
    if not result["networks"]:
        sheet.line("No network is at work here, so there is nothing to do. `cusna check` says why.", "yellow")


def _heading(sheet: Sheet, network: Json) -> None:
    sheet.line(Text(f"{network['ssid']}", "bold").append(f"  networks.{network['network']}", "not bold dim"))


def _keys(number: int) -> str:
    return f"{number} {'key' if number == 1 else 'keys'}"


def _stays(number: int) -> str:
    return "stays untouched" if number == 1 else "stay untouched"


def _step(sheet: Sheet, step: Json, now: datetime) -> None:
    sign, style = SIGNS[step["verb"]]
    english = language("en")
    segment = step["verb"] == "ensure"
    who = f"VLAN {step['vlan']}" if segment else step["who"] or step["account"] or "?"
    parts = [f"{verb(Verb(step['verb']), english)} ({causes(map(Cause, step['causes']), english)})"]
    if because := step["because"]:
        company = "the company" if because["of_company"] else None
        reason = Because(Kind(because["kind"]), because["name"], "", company)
        parts.append(ground(reason, english, company=company))
        if step["vlan"]:
            parts.append(f"VLAN {step['vlan']}")
        ends = datetime.fromisoformat(step["until"]) if step["until"] else None
        parts.append(until(ends, ZoneInfo(step["zone"] or "UTC"), now, english))
    text = Text(who, style=style).append(f"  {', '.join(parts)}", style="default")
    sheet.row(sign, text, indent=2, column=2, label_style=style)


def held(some: list[Json]) -> None:
    sheet = Sheet()
    for one in some:
        sheet.gap()
        people = len(one["people"])
        told = (
            f"{one['integration']} says that {people} {'person loses' if people == 1 else 'people lose'} "
            f"access early. With the last 24 hours that is {one['counted']} rights; at most {one['limit']} "
            "pass by themselves. They keep their WiFi, everything else goes on."
        )
        sheet.row("held", told, label_style="bold red")
        names = ", ".join(one["people"][:NAMED])
        sheet.row("", names + (f" and {people - NAMED} more" if people > NAMED else ""))
        sheet.row("", f"→ If it is right: cusna apply --accept {one['digest']}", "dim")
        sheet.row("", "→ If not: mend it at the source, and this ends by itself.", "dim")


def leaving(result: Json) -> None:
    """What `leave` would do."""
    sheet = Sheet()
    if not result["networks"]:
        sheet.line(f"{result['location']} has no network, so there is nothing to remove.")
        return
    sheet.line(f"Leaving {result['location']} removes, of our keys only:")
    for network in result["networks"]:
        _heading(sheet, network)
        if "skipped" in network or "trouble" in network:
            sheet.line(network.get("skipped") or network["trouble"], "yellow", indent=4)
            continue
        foreign = network["foreign"]
        told = f"; {foreign} that we did not make {_stays(foreign)}" if foreign else ""
        sheet.line(f"{_keys(len(network['steps']))}{told}", indent=4)


def left(result: Json) -> None:
    sheet = Sheet()
    sheet.gap()
    for network in result["networks"]:
        if "skipped" in network:
            continue
        _heading(sheet, network)
        if "refused" in network:
            sheet.row("!", network["refused"], "red", indent=2, column=2, label_style="red")
        elif "done" in network:
            _became(sheet, network)
            if not any(network[one] for one in ("done", "failed", "untried")):
                sheet.line("none of our keys is there", indent=4)
        elif "trouble" in network:
            sheet.row("!", network["trouble"], "red", indent=2, column=2, label_style="red")
        else:
            told = "It changed since the plan was made, so nothing was done. Run it again."
            sheet.row("!", told, "red", indent=2, column=2, label_style="red")
