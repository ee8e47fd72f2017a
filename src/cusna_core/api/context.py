"""What does a plugin get from the core? A few fields, and no way back into the application."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cusna_core.api.clock import Clock


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every source and controller when it is made."""

    name: str
    """The configured name (`rack` in `[controllers.rack]`), for logs."""
    installation: str
    """A few letters that tell this installation's objects from another's."""
    clock: Clock
    fingerprint: Callable[[str], str] = field(repr=False)
    """A keyed, one-way fingerprint (hex) of a passphrase; the same for the installation's life."""
    progress: Callable[[int], None] = field(default=lambda _: None, repr=False)
    """A source may tell, while it reads everything, that it got so many more records."""

    @property
    def label_prefix(self) -> str:
        """What every label of ours begins with."""
        return f"cusna-{self.installation}-"
