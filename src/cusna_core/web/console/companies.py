"""Which companies are there, and which VLAN has each on each network?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
