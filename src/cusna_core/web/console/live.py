"""How do pages show what changes without being loaded again?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
