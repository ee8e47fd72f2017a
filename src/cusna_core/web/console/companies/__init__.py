"""Which companies are there, and which VLAN has each on each network?"""

from cusna_core.web.console.companies.area import HERE, Area
from cusna_core.web.console.companies.firms import Firms
from cusna_core.web.console.companies.pins import Pins
from cusna_core.web.routes import Route, Who, get, post


def routes() -> tuple[Route, ...]:
    """Who may enter is said here and nowhere else."""
    area = Area()
    pins, firms = Pins(area), Firms(area)
    one = f"{HERE}/{{integration}}/{{company}}"
    return (
        get(HERE, area.listed, Who.ADMIN),
        get(one, area.show, Who.ADMIN),
        get(f"{one}/pin/{{network}}", pins.show, Who.ADMIN),
        post(f"{one}/pin/{{network}}", pins.pin, Who.ADMIN),
        post(f"{one}/unpin/{{network}}", pins.unpin, Who.ADMIN),
        get(f"{one}/join", firms.choose, Who.ADMIN),
        post(f"{one}/join", firms.join, Who.ADMIN),
        get(f"{one}/part", firms.leave, Who.ADMIN),
        post(f"{one}/part", firms.part, Who.ADMIN),
    )
