"""What does somebody read when a request comes to nothing?"""

from collections.abc import Mapping

from aiohttp import web

from cusna_core.web.site import Site
from cusna_core.words import Language, Told


def told(status: int, language: Language) -> tuple[str, Told]:
    """A heading, what it means and what to do. Nothing about the inside."""
    _ = language.text
    match status:
        case 403:
            return _("This came from another page"), Told(
                _("For your safety, forms are only accepted from this site itself."),
                _("Go back, reload the page and try again. If it happens again, use another browser."),
            )
        case 404:
            return _("There is nothing here"), Told(
                _("The address may be mistyped, or the location has another one now."),
                _("Choose your location from the list."),
            )
        case 405:
            return _("That does not work this way"), Told(
                _("The page was asked for in a way it does not answer."),
                _("Start again from your location's page."),
            )
        case 408:
            return _("That took too long"), Told(
                _("The connection was too slow, or it broke."), _("Go back and try again.")
            )
        case 413:
            return _("That is too much"), Told(
                _("More was sent than any form here needs."), _("Go back and try again with less.")
            )
        case 421:
            return _("Wrong address"), Told(
                _("This server does not answer to the address that was asked for."),
                _("Use the address that is printed at the location."),
            )
        case 429:
            return _("A little too fast"), Told(
                _("Too many attempts came from this connection."), _("Wait five minutes, then try again.")
            )
        case status if status >= 500:
            return _("Something went wrong on our side"), Told(
                _("Nothing you did caused it, and your WiFi keeps working as it was."),
                _("Try again in a minute. If it stays, tell the team this reference:"),
            )
        case _:
            return _("That could not be read"), Told(
                _("The request was not complete."), _("Go back, reload the page and try again.")
            )


def refusal(
    request: web.Request,
    site: Site,
    status: int,
    extra: Mapping[str, str] | None = None,
    *,
    reference: str = "",
) -> web.Response:
    # A request whose Host is not ours gets no hint of what is here.
    language = site.language(request)
    heading, sentence = told(status, language)
    console = request.path.startswith("/console")
    if console and status == 404:
        sentence = Told(
            language.text("The address may be mistyped, or what was there has been removed."),
            language.text("Start again from the overview."),
        )
    values = {
        "heading": heading,
        "told": sentence,
        "reference": reference,
        "status": status,
        "here": "/console" if console else "/portal",
        "console": console,
        "door": None,
    }
    response = site.pages.answer(request, "error.html", language, values, status=status)
    if extra:
        response.headers.update(extra)
    return response
