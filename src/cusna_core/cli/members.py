"""What can be done for, or about, one person?"""

import typer

from cusna_core.cli import people
from cusna_core.cli.codes import code
from cusna_core.cli.line import Config, Email, LocationName, app
from cusna_core.cli.perform import perform
from cusna_core.cli.progress import progress
from cusna_core.cli.sheet import Json


@app.command()
def explain(email: Email, config: Config = None) -> None:
    """Why is this person on the WiFi, or not? Step by step."""
    people.explained(perform(config, "explain", {"email": email}, progress()))


@app.command()
def disable(email: Email, config: Config = None) -> None:
    """Take somebody's access away until it is restored. The passphrase stays theirs."""
    _told(perform(config, "disable", {"email": email}, progress()))


@app.command("restore-access")
def restore_access(email: Email, config: Config = None) -> None:
    """Undo `disable`: the same passphrase comes back."""
    _told(perform(config, "restore-access", {"email": email}, progress()))


@app.command()
def rotate(email: Email, config: Config = None) -> None:
    """Give somebody a new passphrase. They are told by mail, and see it in the portal."""
    _told(perform(config, "rotate", {"email": email}, progress()))


@app.command("sign-in-code")
def sign_in_code(email: Email, location: LocationName, config: Config = None) -> None:
    """Make a sign-in code for the front desk to give.

    For a member who gets no mail. It is audited, and told to the member.
    """
    people.desk_code(perform(config, "sign-in-code", {"email": email, "location": location}, progress()))


def _told(result: Json) -> None:
    people.explained(result)
    raise typer.Exit(code(result))
