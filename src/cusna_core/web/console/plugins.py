"""Which plugins are installed, what does each bring, and what is wrong with those that do not work?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
