"""How does a location look to its members: name, colour, logo, words, poster and mails?"""

from cusna_core.web.console.appearance import form, letters, preview
from cusna_core.web.console.appearance.form import MOST
from cusna_core.web.console.paper import SETTINGS
from cusna_core.web.routes import Route, Who, get, post


def routes() -> tuple[Route, ...]:
    """Who may enter is said here and nowhere else."""
    one = f"{SETTINGS}/locations/{{name}}"
    return (
        get(f"{one}/look", form.show, Who.ADMIN),
        post(f"{one}/look", form.take, Who.ADMIN, body=MOST, files=True),
        post(f"{one}/look/save", form.save, Who.ADMIN),
        post(f"{one}/look/discard", form.discard, Who.ADMIN),
        get(f"{one}/look/preview/{{page}}", preview.show, Who.ADMIN),
        get(f"{one}/mails", letters.listed, Who.ADMIN),
        get(f"{one}/mails/{{kind}}", letters.show, Who.ADMIN),
    )
