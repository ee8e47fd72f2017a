"""Is a pool fit for members' keys, and if not, what mends it? Facts in, findings out."""

from collections.abc import Iterable, Sequence

from cusna_core.api import ConfigError, Finding, Level
from cusna_ruckus.one.models import IdentityGroup, Pool, Some, Wlan
from cusna_ruckus.one.options import DisableMode, RuckusOneOptions

SHORTEST = 19
"""Characters of the shortest passphrase that Cusna makes: four groups of four and three hyphens."""
NEARLY_FULL = 0.8
SERVICE = "RUCKUS One: Network Control → My Services → DPSK → the pool → Edit"

LEVELS = (Level.ERROR, Level.WARNING, Level.INFO)


def errors_first(findings: Iterable[Finding]) -> Sequence[Finding]:
    return sorted(findings, key=lambda finding: LEVELS.index(finding.level))


def error(code: str, summary: str, fix: str, path: str = "") -> Finding:
    return Finding(Level.ERROR, f"ruckus-one.{code}", summary, fix, path)


def warning(code: str, summary: str, fix: str, path: str = "") -> Finding:
    return Finding(Level.WARNING, f"ruckus-one.{code}", summary, fix, path)


def of_place(problem: ConfigError) -> Finding:
    return error(
        "pool-not-visible",
        str(problem),
        "Correct pool (`cusna check` lists those of the tenant), or give the application token a scope that "
        "may see it.",
        problem.path,
    )


def shared(problem: ConfigError) -> Finding:
    fix = "Keep one of the two networks, and let both locations use it."
    return error("pool-shared", str(problem), fix, problem.path)


def of_host(options: RuckusOneOptions) -> Iterable[Finding]:
    if not options.usual:
        yield warning(
            "unusual-host",
            f"The credentials go to {options.address}, which is no address of RUCKUS's.",
            "Leave base_url out and set region to na, eu or asia, unless this is a proxy of your own.",
            "base_url",
        )


def of_pools(pools: Some[Pool]) -> Iterable[Finding]:
    if not pools.complete:
        yield warning(
            "pools-in-part",
            f"RUCKUS One tells of {len(pools.data)} of the tenant's {pools.total} DPSK pools: the others are "
            "not offered.",
            "Nothing, if yours is among them; else write its id into the file.",
        )
    elif not pools.data:
        yield warning(
            "no-pools",
            "The application token works, but sees no DPSK pool in this tenant.",
            "Add a DPSK service in RUCKUS One, or set delegated_tenant_id if the pools are a customer's.",
            "tenant_id",
        )


def of_pool(pool: Pool) -> Iterable[Finding]:
    name = f'Pool "{pool.name}"'
    if pool.notifies:
        yield error(
            "notifies",
            f"{name} sends every new passphrase in clear by e-mail or SMS. Until that is off, Cusna makes "
            "and changes no key there; ends go through.",
            f"{SERVICE}: switch the automatic notifications off.",
            "pool",
        )
    if pool.shortest is not None and pool.shortest > SHORTEST:
        yield error(
            "length",
            f"{name} wants {pool.shortest} characters or more; Cusna's passphrases have {SHORTEST} or more, "
            "so some or all members get no key.",
            f"{SERVICE}: set the passphrase length to {SHORTEST} or less.",
            "pool",
        )
    if pool.expiration is not None:
        yield error(
            "expires",
            f'Keys of pool "{pool.name}" run out by themselves ({pool.expiration}): members '
            "lose their WiFi while their plan goes on.",
            f"{SERVICE}: set the expiration to Never.",
            "pool",
        )


def of_wlans(pool: Pool, wlans: Sequence[Wlan], chosen: str | None) -> Iterable[Finding]:
    names = sorted({one.ssid for one in wlans if one.ssid})
    if pool.network_ids is not None and not pool.network_ids:
        yield error(
            "not-attached",
            f'Pool "{pool.name}" is attached to no network: its keys open no WiFi.',
            "Add a network of type DPSK with this pool, and activate it at your venues.",
            "pool",
        )
    elif chosen is None and not names:
        yield error(
            "no-ssid",
            f'RUCKUS One does not tell by which SSID people reach pool "{pool.name}": what members are shown '
            "would not be the name of their WiFi.",
            "Set ssid to the name that members see.",
            "ssid",
        )
    elif chosen is None and len(names) > 1:
        yield error(
            "several-ssids",
            f'Pool "{pool.name}" is attached to several SSIDs ({", ".join(names)}): members are shown the '
            f'first, "{names[0]}".',
            "Set ssid to the one that members are to see.",
            "ssid",
        )
    elif chosen is not None and names and chosen not in names:
        yield error(
            "other-ssid",
            f'Pool "{pool.name}" is not attached to "{chosen}", but to {", ".join(names)}: what members are '
            "shown would not let them in.",
            "Correct ssid, or attach the pool to that network.",
            "ssid",
        )


def of_groups(pool: Pool, groups: Sequence[IdentityGroup], chosen: str | None) -> Iterable[Finding]:
    known = ", ".join(f"{one.name or 'without a name'} ({one.id})" for one in groups)
    if chosen is None and len(groups) > 1:
        yield error(
            "several-groups",
            f'Pool "{pool.name}" has several identity groups, and RUCKUS One makes no key without being told '
            "which is meant.",
            f"Set identity_group_id to one of: {known}.",
            "identity_group_id",
        )
    if chosen is not None and groups and all(one.id != chosen for one in groups):
        yield error(
            "other-group",
            f'The identity group is none of pool "{pool.name}"\'s: no key can be made.',
            f"Leave identity_group_id out, or set it to one of: {known}.",
            "identity_group_id",
        )


def of_room(working: int, most: int | None) -> Iterable[Finding]:
    if most is not None and working >= most:
        yield error(
            "keys-full",
            f"The pool holds {working} of at most {most} keys: no new one is made.",
            "Raise max_keys, or delete passphrases that nobody needs.",
            "max_keys",
        )


def of_ends(mode: DisableMode, revoke_does_nothing: bool) -> Iterable[Finding]:
    if not revoke_does_nothing:
        return
    if mode == "revoke":
        yield error(
            "revoke-does-nothing",
            "This tenant says that it revokes keys, and does not: keys that should have ended still work.",
            "Set disable_mode to auto or delete.",
            "disable_mode",
        )
    elif mode == "auto":
        yield Finding(
            Level.INFO,
            "ruckus-one.revoke-does-nothing",
            "This tenant does not revoke keys, so Cusna deletes them. The same passphrase comes back.",
            'Nothing needs to be done; disable_mode = "delete" spares the attempt after each start.',
            "disable_mode",
        )
