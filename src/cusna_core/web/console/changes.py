"""What would change on each network and why, and what is held back?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
