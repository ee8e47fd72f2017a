"""How does a location look to its members: name, colour, logo, words, poster and mails?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
