"""What does somebody who helps need to know, without a secret in it?"""

from cusna_core.web.routes import Route


def routes() -> tuple[Route, ...]:
    return ()
