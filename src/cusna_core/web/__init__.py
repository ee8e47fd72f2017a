"""What do people see in a browser? The portal, the console, and the gate in front of both.

application = build(Parts(base_url, db, vault, members, clock, …))
runner = await listen(application, "127.0.0.1", 8080)
"""

from cusna_core.web.app import build
from cusna_core.web.routes import Route, Who
from cusna_core.web.serve import listen
from cusna_core.web.site import SITE, Parts, Site

__all__ = ["SITE", "Parts", "Route", "Site", "Who", "build", "listen"]
