"""Who may be on the WiFi, why and until when, and what can an admin do for one person?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
