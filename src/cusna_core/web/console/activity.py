"""What happened, when, and who did it?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
