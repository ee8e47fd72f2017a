"""Which exit code has a result?

0 done (warnings and pending changes too), 1 an error finding, a held set, or something that was asked for
and is not done.
"""

from cusna_core.cli.sheet import Json

UNDONE = ("trouble", "failed", "untried", "missing", "refused")


def code(result: Json) -> int:
    if any(one["level"] == "error" for one in result.get("findings", ())):
        return 1
    mail = result.get("mail")
    if result.get("held") or result.get("unfinished") or (mail and not mail["sent"]):
        return 1
    return int(any(network.get(name) for network in result.get("networks", ()) for name in UNDONE))
