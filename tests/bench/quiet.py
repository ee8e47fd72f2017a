"""How does nobody hear of what goes on while something is measured? Only as long as it is measured."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings are for whoever runs a space. Errors are told: what is measured is broken then."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
