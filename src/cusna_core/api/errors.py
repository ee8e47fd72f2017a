"""What may a plugin raise, and what does the core do next?

The class of an error is an instruction. Its text is a sentence for an admin: what happened and
what it means. No text ever holds a secret or a piece of a vendor's answer.
"""


class PluginError(Exception):
    """The root of all errors that a plugin may raise on purpose."""


class Transient(PluginError):
    """Wait and try again; `after` is how many seconds the vendor asked for, if it said so."""

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class RateLimited(Transient):
    """Too many calls. Wait."""


class Unreachable(Transient):
    """No connection, a timeout, a gateway's 502 to 504: nobody knows what happened. Wait."""


class BadAnswer(Transient):
    """An answer that is not what the API promises (HTML, another shape). Wait; believe nothing."""


class AuthFailed(PluginError):
    """The credentials are refused or too weak. Stop calling, tell an admin."""


class Rejected(PluginError):
    """The vendor refuses this key. The others go on."""


class Missing(Rejected):
    """The object that was to be changed is not there."""


class Taken(Rejected):
    """The passphrase, name or number is in use already."""


class Full(Rejected):
    """There is no room for one more."""


class ConfigError(PluginError):
    """An option is wrong; `path` says which, in dots below the plugin's own options."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class Unsupported(PluginError):
    """The core asked for something that the driver never claimed: a bug in Cusna."""
