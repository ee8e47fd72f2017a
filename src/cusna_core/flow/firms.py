"""Which companies are one firm? Only those that an admin joined, never those that merely share a name."""

import unicodedata
from collections.abc import Iterable, Mapping

Company = tuple[str, str]
"""(integration, company id)."""
Links = Mapping[Company, Company]
"""Each joined company, and the one that stands for its firm: in one step, it is itself joined to none."""


def stands_for(company: Company, links: Links) -> Company:
    """The company whose groups this one's people are in."""
    return links.get(company, company)


def firm(company: Company, links: Links) -> tuple[Company, ...]:
    """All companies of its firm: the one that stands for it first."""
    first = stands_for(company, links)
    return (first, *sorted(one for one, other in links.items() if other == first))


def joined(links: Links, first: Company, other: Company) -> dict[Company, Company]:
    """The links after `other`, with all of its firm, became one with the firm of `first`."""
    head = stands_for(first, links)
    coming = [one for one in firm(other, links) if one != head]
    if stands_for(other, links) == head:
        return dict(links)
    return {**links, **dict.fromkeys(coming, head)}


def parted(links: Links, company: Company) -> dict[Company, Company]:
    """The links after a company stands by itself again. Of those that stay, the lowest stands for them."""
    staying = [one for one in firm(company, links) if one != company]
    left = {one: other for one, other in links.items() if one != company and other != company}
    if stands_for(company, links) != company or len(staying) < 2:
        return left
    return left | dict.fromkeys(staying[1:], staying[0])


def alike(names: Mapping[Company, str], links: Links) -> list[tuple[Company, ...]]:
    """Companies that are called the same and are not one firm: perhaps they should be."""
    called: dict[str, list[Company]] = {}
    for company, name in names.items():
        called.setdefault(_plain(name), []).append(company)
    return [
        tuple(sorted(some))
        for name, some in sorted(called.items())
        if name and len({stands_for(one, links) for one in some}) > 1
    ]


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def of_firms(companies: Iterable[Company], links: Links) -> frozenset[Company]:
    return frozenset(stands_for(one, links) for one in companies)
