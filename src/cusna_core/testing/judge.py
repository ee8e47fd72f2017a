"""Was this the right error, and is this the whole truth?"""

from collections.abc import Sequence
from typing import Any

from cusna_core.api import Finding, Level, PluginError, Secret
from cusna_core.testing.faults import Bad
from cusna_core.testing.tour import Call


async def tried(call: Call, what: str) -> tuple[Any, PluginError | None]:
    try:
        return await call(), None
    except PluginError as error:
        return None, error
    except Exception as error:
        if type(error).__name__ == "BlockingError":
            raise
        raise AssertionError(
            f"{what}: raised {type(error).__name__}, which is no PluginError: what is the core to do?"
        ) from error


def right(error: PluginError, bad: Bad, what: str) -> None:
    assert isinstance(error, bad.right), (
        f"{what} raised {type(error).__name__} when the vendor answered {bad}: it must be {names(bad)}. "
        "The class of an error says what the core does next."
    )
    if bad.after is not None:
        after = getattr(error, "after", None)
        wrong = (
            f"{what} raised {type(error).__name__} with after={after}, and the vendor asked for "
            f"{bad.after:g} seconds in Retry-After: pass answer.retry_after on."
        )
        assert after is not None, wrong
        assert abs(after - bad.after) <= 1, wrong


def errors(found: object) -> bool:
    """Whether these are findings, and one of them is an error."""
    each = found if isinstance(found, list | tuple) else ()
    return any(isinstance(one, Finding) and one.level is Level.ERROR for one in each)


def names(bad: Bad) -> str:
    return " or ".join(one.__name__ for one in bad.right)


def comparable(found: Sequence[Any]) -> list[str]:
    """A list without its order, secrets told apart by what they are."""
    return sorted(f"{one!r} {_plain(one)}" for one in found)


def _plain(one: Any) -> str:
    secret = getattr(one, "passphrase", None)
    return secret.get_secret_value() if isinstance(secret, Secret) else ""
