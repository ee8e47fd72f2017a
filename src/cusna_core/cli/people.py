"""How does it look why somebody is on, or not?"""

from datetime import datetime

from rich.text import Text

from cusna_core.cli.sheet import Json, Sheet
from cusna_core.words import language
from cusna_core.words.explain import steps

TONES = {"plain": "", "good": "green", "wait": "yellow", "bad": "red"}


def explained(result: Json) -> None:
    """Every account of an address, from what the source says to the keys."""
    sheet = Sheet()
    now = datetime.fromisoformat(result["now"])
    for number, account in enumerate(result["accounts"]):
        if number:
            sheet.gap()
        name = account["name"] or account["email"] or account["id"]
        aside = account["email"] if account["name"] and account["email"] else ""
        title = Text(name, style="bold").append(f"  {aside}" if aside else "", "not bold")
        sheet.line(title.append(f"  {account['id']} in {account['integration']}", "not bold dim"))
        before = ""
        for one in steps(account, language("en"), now):
            sheet.row(
                one.label if one.label != before else "", one.text, TONES[one.tone], indent=2, column=10
            )
            before = one.label
    for one in result.get("unfinished", ()):
        told = "has no working key yet" if one["wanted"] else "may still have a key that works"
        sheet.row(
            "!",
            f"{one['who']} {told} on {one['ssid']}: the controller did not do it yet. "
            "Cusna goes on trying by itself; `cusna check` says what is wrong.",
            "red",
            column=2,
            label_style="red",
        )


def desk_code(result: Json) -> None:
    """For the front desk to read aloud."""
    digits = result["code"]
    sheet = Sheet()
    sheet.raw(f"{digits[:4]} {digits[4:]}", "bold")
    told = " They are told by mail that you made it." if result["mailed"] else ""
    sheet.line(
        f"For {result['who']} at {result['location']}: good for 10 minutes. They type their address in the "
        f"portal, then this into the field Code.{told}"
    )
