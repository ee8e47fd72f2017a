"""How do mails go out, and do they?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
