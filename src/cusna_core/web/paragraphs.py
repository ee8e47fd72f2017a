"""How does plain text that an admin typed become safe paragraphs, with its addresses as links?"""

import re

from markupsafe import Markup, escape

ADDRESS = re.compile(
    r"(?P<web>https?://[^\s<>\"'“”‘’]+)|(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})", re.ASCII
)
AFTER = ".,;:!?)]}"
"""What ends a sentence and not an address."""


def paragraphs(text: str) -> Markup:
    """An empty line begins a paragraph, a single one a new line. Everything else is text."""
    some = [one for one in str(text).split("\n\n") if one.strip()]
    return Markup("\n").join(Markup("<p>{}</p>").format(_lines(one)) for one in some)


def _lines(paragraph: str) -> Markup:
    return Markup("<br>").join(linked(one) for one in paragraph.strip("\n").split("\n"))


def linked(line: str) -> Markup:
    found, position = [], 0
    for match in ADDRESS.finditer(line):
        said = match.group()
        plain = said.rstrip(AFTER)
        if plain.count("(") > plain.count(")") and said[len(plain) :].startswith(")"):
            plain += ")"
        target = f"mailto:{plain}" if match["mail"] else plain
        found.append(escape(line[position : match.start()]))
        found.append(Markup('<a href="{}" rel="noreferrer nofollow">{}</a>').format(target, plain))
        position = match.start() + len(plain)
    found.append(escape(line[position:]))
    return Markup("").join(found)
