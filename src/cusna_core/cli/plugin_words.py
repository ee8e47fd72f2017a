"""What must somebody know of the plugin interface that its signatures and docstrings do not say?

Each entry is for one member, and a test fails when a member has none. How long a call may take is not here:
it is taken from the engine.
"""

from collections.abc import Mapping
from typing import Final

HOOKS: Final[Mapping[str, str]] = {
    "cusna_sources": (
        "Asked once, when the program starts or a command needs the configuration. Finished classes of "
        "`Source` with `type`, `title` and `options_class`."
    ),
    "cusna_drivers": (
        "Asked once, right after `cusna_sources`. Finished classes of `Controller` with `type`, `title`, "
        "`options_class` and `network_options_class`; they make the `Network` objects."
    ),
    "cusna_sinks": (
        "Asked once, with the other two. Finished classes of `Sink` with `type`, `title` and `options_class`."
    ),
    "cusna_fakes": (
        "Asked last, and only by tests, the conformance kit and the demo: a server never calls it. So "
        "import the fake inside the hook, not at the top of the module."
    ),
}

MEMBERS: Final[Mapping[str, str]] = {
    "Source.type": "One word of `a-z`, `0-9` and `_`, unique over all enabled plugins.",
    "Source.title": 'Shown to admins and members in sentences: "Andcards could not be read".',
    "Source.options_class": (
        "A model derived from `Options`. It is checked before the source is made, drawn as a form in the "
        "console, and documented by itself."
    ),
    "Source.__init__": (
        "Makes no call. What it raises switches this integration off, with a finding; the others go on."
    ),
    "Source.open": "Once, before anything else is asked. `ConfigError` switches the integration off.",
    "Source.close": (
        "At the end, 90 seconds after the console changed the setup, and after an `open` that failed."
    ),
    "Source.check": (
        "At start, every hour, by `cusna check`, and when the console tries what was entered (then within "
        "20 seconds). Findings are replaced by the next answer: one that is gone vanishes."
    ),
    "Source.locations": "At start and by `cusna check`. If it fails, what was told last time counts.",
    "Source.snapshot": (
        "Every `sync_every` (10 minutes), when something nudges, and by `cusna plan` and `cusna apply`. "
        "After a failure again in 30 seconds, then twice as late each time, up to the interval. A section "
        "that is not in `complete` withdraws nobody."
    ),
    "Source.find": (
        "At every sign-in and at *check again* in the portal. A failure is no answer: the portal goes on "
        "with what is stored."
    ),
    "Source.again": (
        "After a snapshot, for subscriptions and bookings that a complete section no longer shows. Only "
        "what is in `gone` ends now; the rest ends when a second complete read does not show it either."
    ),
    "Source.hints": "Where it is not set, `hint` is never asked.",
    "Source.hint": (
        "When a webhook comes in. What it names is asked for again; nobody gains or loses by it alone."
    ),
    "Controller.type": "As at a source: what `type =` names.",
    "Controller.title": "Shown to admins, in forms and findings.",
    "Controller.options_class": "The options of `[controllers.NAME]`: address, credentials, certificate.",
    "Controller.network_options_class": "The options of `[networks.NAME]` on such a controller.",
    "Controller.__init__": "Makes no call. What it raises switches this controller off, with a finding.",
    "Controller.open": "Once, before anything else is asked. `ConfigError` switches the controller off.",
    "Controller.close": "As at a source.",
    "Controller.check": (
        "At start, every hour, by `cusna check`, and when the console tries credentials. Its networks are "
        "checked only if it answers."
    ),
    "Controller.networks": (
        "By `cusna check`, and by the console where a network is chosen. Each choice's `options` are what "
        "the console would store."
    ),
    "Controller.gauges": "Whenever the monitoring reads `/metrics`. Nothing depends on it.",
    "Controller.network": (
        "For each configured network, when the setup is built. Its networks share the controller's login "
        "and rate budget."
    ),
    "Network.features": (
        "Looked at after each `check` and `read`. A claim that is seen to be false is not believed again, "
        "and is the finding `network.false-claim`. See [features and limits](features-and-limits.md)."
    ),
    "Network.limits": "As `features`. See [features and limits](features-and-limits.md).",
    "Network.ssid": "Shown in the portal and in the QR code.",
    "Network.identity": (
        "Once. Two configured networks with the same identity are a mistake: the second one is switched off."
    ),
    "Network.segment_domain": "Once. Companies' VLAN numbers are unique within it, whatever the pools say.",
    "Network.check": "After the controller's check, at the same times.",
    "Network.read": (
        "Before every plan and after every batch of changes: only what is read back counts as working. A "
        "whole look is made every `verify_every` (15 minutes), after each read of a source, and at each "
        "promised end."
    ),
    "Network.segments": (
        "Before a plan, on networks with `Feature.VLAN` and a `vlan_pool`. Numbers that are there and not "
        "ours are given to nobody, unless they are `free`."
    ),
    "Network.create": (
        "For a key that is not there. An intent is stored before, so a lost answer makes neither twin nor "
        "orphan: the next `read` finds the key by its label or reference."
    ),
    "Network.revoke": (
        "For a key whose right ended, a twin, or (without `Feature.UPDATE`) the old one of a changed key."
    ),
    "Network.update": (
        "For a key whose passphrase, VLAN or end differs, on networks with `Feature.UPDATE`. Elsewhere the "
        "core asks for `revoke` and `create`."
    ),
    "Network.ensure_segment": "Before the keys of a company whose VLAN `segments` did not show.",
    "Network.clients": "By the conformance kit; a running server asks for `disconnect`.",
    "Network.disconnect": (
        "After keys were revoked because their right ended, with what was read of them before. Never after "
        "a member's own change. A failure is logged and not tried again: the keys are gone, nobody joins "
        "with them."
    ),
    "Network.apply": (
        "The one way in which the core writes. It gets at most `limits.batch` changes (all there are, "
        "where `write_interval` is set), in this order: revokes, VLANs, updates, creates. An outcome "
        "carries the very change that was given. It has 120 seconds and two more for each change; what has "
        "no outcome then was not tried."
    ),
    "Sink.type": "As at a source: one word, unique over all enabled plugins.",
    "Sink.title": "Shown to admins.",
    "Sink.options_class": "As at a source.",
    "Sink.__init__": "Makes no call.",
    "Sink.open": "Once, before anything else is asked.",
    "Sink.close": "At the end.",
    "Sink.check": "This default has nothing to say.",
    "Sink.target": "Shown to admins beside the sink's name.",
    "Sink.deliver": (
        "An event that comes twice has the same `id`: whoever must not see it twice compares that."
    ),
    "Fake.type": "",
    "Fake.__init__": "The clock is moved by hand in tests: ask it, and never the machine.",
    "Fake.start": "Once, before anything is asked. Plain http on 127.0.0.1; port 0 means any.",
    "Fake.stop": "Stops listening. Once, at the end. Calls that hang are cut.",
    "Fake.options": "After `start`. They must pass `options_class`.",
    "Fake.pages": "By the kit, to see that what is beyond the first page is read as well.",
    "FakeSource.tell": "For tests of `hint`: the webhooks are real HTTP calls.",
    "FakeSource.add_location": "Returns its id, as `locations` of the source tells it.",
    "FakeSource.add_company": "Returns its id.",
    "FakeSource.add_person": "Returns the person's id.",
    "FakeSource.subscribe": "Returns the subscription's id.",
    "FakeSource.book": "Returns the booking's id.",
    "FakeSource.cancel": "By the booking's id.",
    "FakeSource.block": "By the person's id.",
    "FakeSource.answer_with_nobody": (
        "Every list is there, well-formed and empty: nobody may lose access by it."
    ),
    "FakeWifi.network_options": "They must pass `network_options_class`.",
    "FakeWifi.join": (
        "Asked by tests and the demo as a phone would: it proves that a key works, and in which VLAN."
    ),
    "FakeWifi.online": "To see who was disconnected.",
    "FakeWifi.add_foreign_key": "Made before the driver comes, to be there untouched when it has gone.",
    "FakeWifi.foreign_keys": "Compared before and after.",
    "FakeWifi.add_foreign_segment": "Only for drivers with `Feature.VLAN`.",
    "FakeWifi.others": "The more it tells, the more is proven to be untouched.",
    "FakeWifi.break_down": "Every call is answered by an error, until it is switched off again.",
}

FEATURES: Final[Mapping[str, str]] = {
    "VLAN": (
        "With a `vlan_pool`, a company gets a number of its own: `segments` is asked, `ensure_segment` "
        "called, and keys carry the number. Without it, a location that should manage VLANs gets no new "
        "keys, with the finding `network.cannot-vlan`."
    ),
    "LABEL": (
        "A key is ours if its label and our memory say so. Without it, the reference is the keyed "
        "fingerprint of the passphrase, known before the key is made."
    ),
    "READ_PASSPHRASE": (
        "What is read is compared with what should be; a passphrase that somebody else's key has is "
        "replaced. Without it, our memory of what was written counts."
    ),
    "CHOOSE_PASSPHRASE": (
        "A key with another passphrase is brought to ours, which is what makes one passphrase work "
        "everywhere. Without it, passphrases are never compared, and roaming means several."
    ),
    "UPDATE": "A changed passphrase, VLAN or end is one `update`. Without it, a `revoke` and a `create`.",
    "EXPIRY": (
        "Ends are written and compared to the second. A safety net: Cusna ends keys itself. Without it, a "
        "key whose end comes while Cusna is down ends when Cusna is back."
    ),
    "CLIENTS": "`clients` may be asked. The kit does, to prove `DISCONNECT`.",
    "DISCONNECT": "`disconnect` is called when rights end. Without it, devices stay on until they next join.",
    "DISCONNECT_IS_GROUPWIDE": "Told in the support matrix; the core does nothing else because of it.",
}

LIMITS: Final[Mapping[str, str]] = {
    "keys": "Who comes last waits with the reason *full*; admins hear at 80 % and at 100 %.",
    "segments": "VLANs of companies. Told in the support matrix; beyond it the driver answers `Full`.",
    "passphrase_min": (
        "The kit proves that one of this length works. Those that Cusna makes have 19 characters or more."
    ),
    "passphrase_max": "The kit proves that one of this length works, and one beyond is refused.",
    "label_max": "Labels are `cusna-<installation>-<account>`; the kit proves the longest.",
    "vlan_min": "Numbers of a `vlan_pool` below it are not given out.",
    "vlan_max": "Numbers of a `vlan_pool` above it are not given out.",
    "write_interval": (
        "Changes of one network go as one list, at most once in so many seconds. A member's own change "
        "goes at once when the pause is over."
    ),
    "settle": 'The portal says "allow about 30 s", and claims are judged only after it.',
    "batch": "",
}


class Whose:
    """Whom an error concerns."""

    NETWORK: Final = "the whole network"
    KEY: Final = "this key only"


ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "PluginError": (
        Whose.KEY,
        "As `Rejected`. Raise one of the classes below instead.",
    ),
    "Transient": (
        Whose.NETWORK,
        "Waits and tries again: {first:.0f} to 2 seconds after the first failure, twice as long each time, "
        "{longest:.0f} at most, and never earlier than `after`. From the second failure on, the finding "
        "`controller.unreachable`.",
    ),
    "RateLimited": (Whose.NETWORK, "As `Transient`. Give `after` where the vendor says how long."),
    "Unreachable": (
        Whose.NETWORK,
        "As `Transient`. What was being written may or may not be there: the next read decides.",
    ),
    "BadAnswer": (Whose.NETWORK, "As `Transient`. Nothing of the answer is believed."),
    "AuthFailed": (
        Whose.NETWORK,
        "Stops: the finding `controller.auth` (`source.auth`) at once, and one try in {longest:.0f} "
        "seconds, whoever waits in the portal.",
    ),
    "Rejected": (
        Whose.KEY,
        "This change failed, the others go on. It is tried again at the next look; the finding "
        "`network.refused` has the reason.",
    ),
    "Missing": (
        Whose.KEY,
        "As `Rejected`. From `revoke` it should not come: what is gone already is no error.",
    ),
    "Taken": (
        Whose.KEY,
        "As `Rejected`, and the account gets a new passphrase at once; the member is told by mail.",
    ),
    "Full": (Whose.KEY, "As `Rejected`. Keys beyond `limits.keys` are not even tried."),
    "ConfigError": (
        Whose.NETWORK,
        "Stops, with the finding `network.options` and `path` in it, and tries once in {longest:.0f} "
        "seconds. From `open` or a constructor: what is configured is switched off. In the console: the "
        "text stands beside the field.",
    ),
    "Unsupported": (
        Whose.KEY,
        "As `Rejected` from a write. If the driver claims the feature, the claim is not believed again: "
        "the finding `network.false-claim`.",
    ),
}
