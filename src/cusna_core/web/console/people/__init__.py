"""Who may be on the WiFi, why and until when, and what can an admin do for one person?"""

from cusna_core.web.console.paper import MUCH
from cusna_core.web.console.people import doing, erasing, importing, listing, person
from cusna_core.web.console.people.area import HERE
from cusna_core.web.routes import Route, Who, get, post


def routes() -> tuple[Route, ...]:
    """Who may enter is said here and nowhere else."""
    one = f"{HERE}/{{account:[0-9a-zA-Z_-]{{1,64}}}}"
    return (
        get(HERE, listing.show, Who.ADMIN),
        post(f"{HERE}/export", listing.export, Who.ADMIN),
        post(f"{HERE}/let-in", listing.let_in, Who.ADMIN),
        get(f"{HERE}/import", importing.show, Who.ADMIN),
        post(f"{HERE}/import", importing.take, Who.ADMIN, body=importing.BODY, files=True),
        get(one, person.show, Who.ADMIN),
        post(f"{one}/disable", doing.suspending("disable"), Who.ADMIN),
        post(f"{one}/restore", doing.suspending("restore-access"), Who.ADMIN),
        post(f"{one}/rotate", doing.rotate, Who.ADMIN),
        post(f"{one}/override", doing.override, Who.ADMIN, body=MUCH),
        post(f"{one}/end-override", doing.end_override, Who.ADMIN),
        post(f"{one}/sign-out", doing.sign_out, Who.ADMIN),
        post(f"{one}/code", doing.code, Who.ADMIN),
        get(f"{one}/reveal", doing.reveal, Who.ADMIN),
        post(f"{one}/reveal", doing.reveal, Who.ADMIN),
        get(f"{one}/erase", erasing.show, Who.ADMIN),
        post(f"{one}/erase", erasing.erase, Who.ADMIN),
    )
