"""How does a letter leave the house?

`letters` says what a letter of each kind holds, `compose` makes a mail of it, `smtp` hands it to the
configured server, and `worker` takes what is due from the outbox until it is delivered or too late.
"""

from cusna_core.mail.compose import Composer
from cusna_core.mail.kinds import write
from cusna_core.mail.letters import Letter
from cusna_core.mail.smtp import Deferred, MailError, Misconfigured, Smtp, Temporary, Undeliverable

__all__ = [
    "Composer",
    "Deferred",
    "Letter",
    "MailError",
    "Misconfigured",
    "Smtp",
    "Temporary",
    "Undeliverable",
    "write",
]
