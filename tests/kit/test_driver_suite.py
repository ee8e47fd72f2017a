"""Does the driver suite let a healthy driver pass, and no broken one?"""

import inspect
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, ClassVar, cast

import pytest
from tests.kit import drivers_broken as broken
from tests.kit import drivers_sly as sly
from tests.kit.drivers_broken import calling, on, without
from tests.kit.orchard import Orchard
from tests.kit.orchard_fake import OrchardFake

from cusna_core.api import FakeWifi, Feature, Rejected
from cusna_core.testing import DriverSuite, driver_doors, driver_neighbours
from cusna_core.testing.driver_base import watched
from cusna_core.testing.driver_suite import OPEN
from cusna_core.testing.faults import BAD_ANSWERS
from cusna_core.testing.lab import Lab
from cusna_core.testing.overrides import unreasoned

GUARD = "test_no_standard_test_is_overridden_without_a_reason"
BAD = {str(one): one for one in BAD_ANSWERS}


class TestOrchard(DriverSuite):
    driver = Orchard
    fake = OrchardFake
    tight: ClassVar = {"max_keys": 6}

    def tighten(self, fake: FakeWifi) -> Mapping[str, Any]:
        assert isinstance(fake, OrchardFake)
        fake.most_keys = 6
        return self.tight


LOOK = "test_a_bad_answer_is_never_nobody"
HALF = "test_half_an_answer_is_no_answer"
CHANGE = "test_a_bad_answer_to_a_change_is_no_success"
LOST = "test_a_lost_answer_makes_neither_twin_nor_orphan"
OTHERS = "test_what_others_made_stays_to_the_letter"
CONVERGES = "test_a_changed_key_converges"
REFS = "test_references_are_stable"
LENGTH = "test_passphrases_as_long_as_the_limits_say"
OUTCOMES = "test_every_change_has_its_outcome"
REFUSED = "test_one_refused_key_lets_the_others_go_on"
ERRORS = "test_no_secret_is_in_an_error"
REPR = "test_no_secret_is_in_a_repr"
LOGGED = "test_no_secret_is_logged"
AWAY = "test_a_redirect_carries_nothing_to_another_host"
VOUCHED = "test_a_certificate_that_nobody_vouches_for_is_refused"
CALLED_OFF = "test_a_change_that_is_called_off_holds_up_nobody"
DROPS = "test_it_disconnects_or_says_so"

Meant = tuple[type[Orchard], str, dict[str, Any], str]
"""The broken driver, the test that must see it, with what, and a piece of what it says."""
BROKEN: list[Meant] = [
    # What it reads
    (on(broken.Swallows), LOOK, {"bad": "503", "when": "warm"}, "read told 0 of"),
    (on(broken.Swallows), LOOK, {"bad": "HTML", "when": "cold"}, "read told 0 of"),
    (on(broken.MissingIsEmpty), LOOK, {"bad": "404", "when": "warm"}, "read told 0 of"),
    (calling(broken.PageOneApi), "test_pages_past_the_first", {}, "of 7 keys: the rest would be made anew"),
    (broken.page_one_of("/vlans"), "test_pages_past_the_first", {}, "segments() does not show VLANs"),
    (broken.page_one_of("/clients"), "test_pages_past_the_first", {}, "clients() lists 2 of 7"),
    (broken.page_one_of("/ssids"), "test_pages_past_the_first", {}, "networks() does not offer"),
    (calling(broken.HalfApi), HALF, {"bad": "500"}, "raise, or tell the whole truth"),
    (calling(broken.BelievesAnythingApi), LOOK, {"bad": "{}", "when": "warm"}, "found nothing wrong"),
    (calling(broken.BelievesNullApi), LOOK, {"bad": "null", "when": "warm"}, "found nothing wrong"),
    (calling(broken.BelievesPagesApi), LOOK, {"bad": "HTML", "when": "warm"}, "found nothing wrong"),
    (
        broken.believes(lambda said: said.body[:1] == b"["),
        LOOK,
        {"bad": "[]", "when": "warm"},
        "found nothing",
    ),
    (broken.believes(lambda said: not said.body), LOOK, {"bad": "empty", "when": "warm"}, "found nothing"),
    (
        broken.believes(lambda said: said.body.endswith(b'"na')),
        LOOK,
        {"bad": "truncated", "when": "cold"},
        "found nothing",
    ),
    (broken.believes(lambda said: said.status == 500), LOOK, {"bad": "500", "when": "cold"}, "found nothing"),
    (on(broken.Remembers), "test_instances_share_nothing", {}, "does not see a new key"),
    (on(broken.HidesForeign), OTHERS, {}, "read() must show every key that works"),
    (on(broken.PositionRefs), REFS, {}, "is not the one that read() shows"),
    (on(broken.Raises), LOOK, {"bad": "{}", "when": "warm"}, "raised KeyError"),
    # What it writes
    (on(broken.NoVlan), "test_a_new_key_works_in_its_vlan", {}, "does not lead there"),
    (on(broken.NoEnd), "test_it_ends_keys_or_says_so", {}, "shows no end"),
    (on(broken.HidesEnds), "test_a_key_without_an_end_has_none", {}, "stopped within 400 days"),
    (on(broken.AlwaysEnds), "test_a_key_without_an_end_has_none", {}, "still something to change"),
    (on(broken.KeepsEnds), "test_a_key_without_an_end_has_none", {}, "still something to change"),
    (on(broken.EndsRead), "test_a_second_round_changes_nothing", {}, "still something to change"),
    (on(broken.NoLabel), "test_labels_as_long_as_the_limit_says", {}, "reads back otherwise"),
    (on(broken.NoLabel), "test_a_second_round_changes_nothing", {}, "still something to change"),
    (on(broken.Cuts), LENGTH, {"which": "longest"}, "does not work"),
    (on(broken.CutsLabels), "test_labels_as_long_as_the_limit_says", {}, "instead of Rejected"),
    (on(broken.Retries), LOST, {"what": "create", "how": "after"}, "keys of ours instead of 1"),
    (on(broken.LostIsRejected), LOST, {"what": "create", "how": "after"}, "nobody knows what happened"),
    (on(broken.SaysYes), CHANGE, {"bad": "503", "when": "warm"}, "told of success"),
    (on(broken.MakesNothing), "test_a_new_key_works", {}, "A new key does not work"),
    (on(broken.TwinLabels), "test_the_same_label_makes_no_twin", {}, "instead of Taken"),
    (on(broken.TooQuick), "test_many_changes_at_once", {}, "still something to change"),
    (on(broken.Replaces), "test_a_foreign_passphrase_cannot_be_taken", {}, "instead of Taken"),
    (on(broken.Replaces), "test_the_same_passphrase_makes_no_twin", {}, "instead of Taken"),
    (on(broken.UpdatesByMaking), CONVERGES, {"what": "passphrase"}, "After a changed passphrase"),
    (on(broken.UpdatesByMaking), LOST, {"what": "passphrase", "how": "after"}, "After a lost answer"),
    (on(broken.KeepsEnds), CONVERGES, {"what": "end"}, "still something to change: update (end)"),
    (on(broken.TwoSteps), LOST, {"what": "create", "how": "before"}, "next round failed: Taken"),
    (on(broken.UpdatesHalf), CONVERGES, {"what": "vlan"}, "still something to change"),
    (on(broken.AnotherRef), "test_it_updates_or_says_so", {}, "by the reference that create() or update()"),
    # What it ends
    (on(broken.RevokesAll), "test_a_revoked_key_stops", {}, "took another one with it"),
    (on(broken.RevokesOthers), OTHERS, {}, "changed something that Cusna did not make"),
    (on(broken.RevokesNothing), "test_a_revoked_key_stops", {}, "A revoked key still works"),
    (on(broken.RevokesNothing), "test_a_key_comes_back_with_the_same_passphrase", {}, "does not stop"),
    (on(broken.Remembers404), "test_a_key_comes_back_with_the_same_passphrase", {}, "That one has left"),
    (on(broken.OnlyOnce), "test_revoking_twice_is_no_error", {}, "failed the second time"),
    (on(broken.Tidies), OTHERS, {}, "changed something that Cusna did not make"),
    (on(broken.Touches), OTHERS, {}, "changed something that Cusna did not make"),
    # What it claims
    (on(broken.ClaimsGroupwide), DROPS, {}, "do not claim DISCONNECT_IS_GROUPWIDE"),
    (on(broken.DropsTheVlan), DROPS, {}, "claim ..._IS_GROUPWIDE"),
    (on(broken.DropsNobody), DROPS, {}, "left the device of a revoked key"),
    (on(broken.CountsNobody), DROPS, {}, "must say how many"),
    (on(broken.MixesUpVlans), "test_it_lists_clients_or_says_so", {}, "says VLAN 1 of a device in VLAN 120"),
    (on(broken.SeesNobody), "test_it_lists_clients_or_says_so", {}, "lists 0 devices"),
    (without(Feature.VLAN), "test_it_can_vlans_or_says_so", {}, "segments() works, and"),
    (without(Feature.LABEL), "test_it_shows_labels_or_says_so", {}, "does not claim LABEL"),
    (without(Feature.READ_PASSPHRASE), "test_it_shows_passphrases_or_says_so", {}, "does not claim READ_"),
    (
        without(Feature.CHOOSE_PASSPHRASE),
        "test_it_takes_our_passphrase_or_says_so",
        {},
        "claim CHOOSE_PASSPHRASE",
    ),
    (without(Feature.UPDATE), "test_it_updates_or_says_so", {}, "update() works, and"),
    (without(Feature.EXPIRY), "test_it_ends_keys_or_says_so", {}, "does not claim EXPIRY"),
    (without(Feature.CLIENTS), "test_it_lists_clients_or_says_so", {}, "does not claim CLIENTS"),
    (without(Feature.DISCONNECT), DROPS, {}, "does not claim DISCONNECT"),
    (on(broken.ClaimsLabel), "test_it_shows_labels_or_says_so", {}, "does not show the label"),
    (on(broken.ClaimsChoice), "test_it_takes_our_passphrase_or_says_so", {}, "does not open the WiFi"),
    (on(broken.ClaimsVlans), "test_it_can_vlans_or_says_so", {}, "It cannot, after all"),
    (on(broken.ClaimsClients), "test_it_lists_clients_or_says_so", {}, "It cannot, after all"),
    (on(broken.ClaimsDisconnect), DROPS, {}, "It cannot, after all"),
    (on(broken.ClaimsUpdate), "test_it_updates_or_says_so", {}, "does not work with its new"),
    (on(broken.ClaimsReading), "test_it_shows_passphrases_or_says_so", {}, "READ_PASSPHRASE"),
    (on(broken.ClaimsExpiry), "test_it_ends_keys_or_says_so", {}, "shows no end"),
    (on(broken.NoLimit), "test_as_many_keys_as_the_limit_says", {}, "not Full"),
    (on(broken.OneTooMany), "test_as_many_keys_as_the_limit_says", {}, "limits.keys is 7"),
    (on(broken.OneTooMany), "test_as_many_segments_as_the_limit_says", {}, "limits.segments is 21; "),
    (on(broken.OneTooMany), "test_vlans_as_the_limits_say", {}, "Orchard has no VLAN 4094"),
    (on(broken.HighVlans), "test_vlans_as_the_limits_say", {}, "beyond the limits"),
    (on(broken.WrongLimit), LENGTH, {"which": "shortest"}, "instead of Rejected"),
    (on(broken.NoSense), "test_features_and_limits_make_sense", {}, "WPA2 takes 8 to 63"),
    (on(broken.ManySegments), "test_as_many_segments_as_the_limit_says", {}, "without a word"),
    # How it fails
    (calling(broken.WeakLoginApi), LOOK, {"bad": "401", "when": "cold"}, "it must be AuthFailed"),
    (calling(broken.NoWaitApi), LOOK, {"bad": "429 with seconds", "when": "warm"}, "after=None"),
    (
        broken.failing(403, lambda _: Rejected("No.")),
        CHANGE,
        {"bad": "403", "when": "warm"},
        "create raised Rejected when the vendor answered 403",
    ),
    (
        broken.failing(429, broken.only_seconds),
        LOOK,
        {"bad": "429 with a date", "when": "warm"},
        "after=None",
    ),
    (broken.failing(429, broken.always_seconds), LOOK, {"bad": "429", "when": "warm"}, "raised KeyError"),
    (calling(broken.GatewayIsNoApi), CHANGE, {"bad": "502", "when": "warm"}, "it must be"),
    (on(broken.GoesOn), "test_a_stop_concerns_the_rest", {}, "stop at the first"),
    (on(broken.StopsAtOnce), REFUSED, {}, "gave 2 outcomes"),
    (on(broken.Forgets), OUTCOMES, {}, "told of"),
    (on(broken.Reorders), OUTCOMES, {}, "not in the order"),
    (on(broken.Copies), OUTCOMES, {}, "an outcome for a change it was not given"),
    (on(broken.RaisesInApply), CHANGE, {"bad": "500", "when": "warm"}, "instead of yielding an Outcome"),
    (on(broken.Sticks), "test_after_a_bad_day_all_is_well", {"bad": "500"}, "cannot even read: Unreachable"),
    # What it tells
    (on(broken.LogsPassphrase), LOGGED, {}, "wrote a secret (a passphrase)"),
    (calling(broken.LogsHeadersApi), LOGGED, {}, "wrote a secret (a token"),
    (on(broken.TellsPassphrase), ERRORS, {}, "holds a secret (a passphrase)"),
    (calling(broken.TellsBodyApi), ERRORS, {}, "holds a secret"),
    (calling(broken.CauseApi), ERRORS, {}, "holds a secret"),
    (broken.ShowsOptions, REPR, {}, "shows a secret"),
    (broken.ComplainsWithIt, "test_no_secret_is_in_a_complaint_about_options", {}, "makes an error that"),
    (broken.ShowsInRepr, REPR, {}, "The repr of the controller shows"),
    (calling(broken.FollowsApi), AWAY, {"status": 307}, "to another host"),
    (calling(broken.FollowsApi), AWAY, {"status": 301}, "to another host"),
    (on(broken.SaysYes), AWAY, {"status": 302}, "told of as a success"),
    # How it behaves
    (on(broken.Blocks), "test_nothing_blocks_the_loop", {}, "time.sleep"),
    (broken.LeavesSession, "test_it_leaves_nothing_open", {}, "something is open"),
    (broken.LeavesTask, "test_it_leaves_nothing_open", {}, "still runs"),
    (broken.NeverAgain, "test_it_can_be_opened_again", {}, "open() again, read() raised"),
    (on(broken.WaitsForever), "test_it_can_be_closed_during_a_call", {"turns": 5}, "hangs when"),
    (broken.ClosesOnce, "test_it_opens_and_closes", {}, "failed the second time"),
    (broken.CallsAtStart, "test_it_opens_and_closes", {}, "made a call"),
    (on(broken.IdentityOfInstance), "test_identity_is_the_ssid", {}, "do not have the same identity()"),
    (on(broken.OneIdentity), "test_identity_is_the_ssid", {}, "Two SSIDs have the same identity()"),
    (broken.OneSsid, "test_networks_do_not_mix", {}, "it was not made for"),
    (broken.Cries, "test_a_healthy_network_has_no_errors", {}, "orchard.wolf"),
    (broken.TwoOfAKind, "test_gauges_are_plain_numbers", {}, "two numbers of one name"),
    (broken.OffersNothing, "test_networks_can_be_chosen", {}, "offers 0 times"),
    (broken.OffersWrong, "test_networks_can_be_chosen", {}, "network_options_class refuses"),
    (broken.OffersAnother, "test_networks_can_be_chosen", {}, "lead to another SSID"),
    (broken.OffersNowhere, "test_networks_can_be_chosen", {}, "lead nowhere"),
    (broken.Untitled, "test_it_says_what_it_is", {}, "colour has no title"),
    (on(broken.SegmentsForget), "test_it_can_vlans_or_says_so", {}, "VLAN"),
    (broken.ChecksNothing, LOOK, {"bad": "503", "when": "cold"}, "must at least try the credentials"),
    # Where nobody looks
    (on(sly.StripsHyphens), "test_a_new_key_works", {}, "A new key does not work"),
    (calling(sly.BelievesAnybodyApi), VOUCHED, {}, "would read every passphrase"),
    (sly.TellsInFinding, ERRORS, {}, "What is told holds a secret (a credential of the options)"),
    (on(sly.Prints), LOGGED, {}, "called print wrote a secret (a passphrase)"),
    (on(sly.Warns), LOGGED, {}, "warnings wrote a secret (a passphrase)"),
    (on(sly.HoldsLock), CALLED_OFF, {}, "something is still locked"),
    (on(sly.Stubborn), CALLED_OFF, {}, "swallows CancelledError"),
    (calling(sly.SharedTokenApi), "test_wrong_credentials_are_refused", {}, "it must raise AuthFailed"),
    (on(sly.Insists), CHANGE, {"bad": "429", "when": "warm"}, "was sent again"),
    (on(sly.OneAtATime), "test_changes_side_by_side", {}, "at the same time, one does not work"),
    (on(sly.LocalEnds), "test_it_ends_keys_or_says_so", {}, "in another zone than UTC"),
    (on(sly.LowersForeign), "test_others_may_use_odd_names", {}, "a foreign passphrase to the letter"),
    (on(sly.PlainLabels), "test_others_may_use_odd_names", {}, "can't encode"),
    (on(sly.PlainPaths), "test_an_ssid_may_have_any_name", {}, "is the name quoted"),
    (sly.LeavesThread, "test_it_leaves_nothing_open", {}, "orchard-watch"),
    (on(sly.ChecksByTrying), "test_looking_changes_nothing", {}, "network.check wrote something: DELETE"),
    (on(sly.AsksEach), "test_reading_costs_no_call_a_key", {}, "read() of 2 keys makes"),
    (on(sly.Ponders), "test_nothing_blocks_the_loop", {}, "seconds of arithmetic"),
]


@asynccontextmanager
async def boxed(suite: DriverSuite, *, tight: bool) -> AsyncIterator[Lab]:
    """The suite's own lab, without pytest's fixtures around it."""
    with watched(suite.driver):
        async with aclosing(cast("Any", suite._boxed(tight=tight))) as labs:
            async for lab in labs:
                yield lab


async def ask(driver: type[Orchard], test: str, given: dict[str, Any]) -> None:
    """One test of the suite, as pytest would run it."""

    class Suite(TestOrchard):
        __test__ = False

    Suite.driver = driver
    suite = Suite()
    method = getattr(suite, test)
    wanted = inspect.signature(method).parameters.keys()
    if "bad" in given:
        given = given | {"bad": BAD[given["bad"]]}
    async with boxed(suite, tight="tight_lab" in wanted) as lab:
        fixtures: dict[str, Any] = {
            "lab": lab,
            "tight_lab": lab,
            "vendor": lab.vendor,
            "fake_wifi": lab.fake,
            "monkeypatch": pytest.MonkeyPatch(),
        }
        try:
            await method(**{name: value for name, value in fixtures.items() if name in wanted}, **given)
        except pytest.skip.Exception as skipped:
            pytest.fail(f"{test} was not asked at all: {skipped}")
        finally:
            fixtures["monkeypatch"].undo()


@pytest.mark.parametrize(
    ("driver", "test", "given", "says"),
    BROKEN,
    ids=[f"{number}-{one[0].__name__}-{one[1]}" for number, one in enumerate(BROKEN)],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_broken_driver_is_seen(
    driver: type[Orchard], test: str, given: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (driver_doors, driver_neighbours):
        monkeypatch.setattr(module, "SOON", 0.5)  # what is broken hangs for sure
    with pytest.raises((Exception, pytest.fail.Exception), match=re.escape(says)):
        await ask(driver, test, given)


def test_there_are_enough_broken_drivers() -> None:
    assert len({one[0] for one in BROKEN}) >= 100


def test_every_test_of_the_suite_has_seen_a_broken_driver() -> None:
    seen = {test for _, test, _, _ in BROKEN} | {GUARD}
    assert {name for name in dir(DriverSuite) if name.startswith("test_")} - seen == set()


# Overrides


class Reasoned(DriverSuite):
    __test__ = False

    @pytest.mark.xfail(reason="The vendor counts keys of all networks together: no number.", strict=True)
    async def test_as_many_keys_as_the_limit_says(self) -> None:  # type: ignore[override]  # as plugins will
        raise AssertionError


class Quiet(DriverSuite):
    __test__ = False

    async def test_a_new_key_works(self) -> None:  # type: ignore[override]  # as plugins will write it
        return


LONG = "The vendor is known to be like that, and its support will not say when."


class Evades(DriverSuite):
    """A condition that is never met, a test that is not run, and fixtures that leave tests out."""

    __test__ = False
    test_references_are_stable = None  # type: ignore[assignment]  # as somebody may write it

    @pytest.mark.xfail(False, reason=LONG, strict=True)
    async def test_a_new_key_works(self) -> None:  # type: ignore[override]  # as plugins will write it
        return

    @pytest.mark.xfail(run=False, reason=LONG, strict=True)
    async def test_a_revoked_key_stops(self) -> None:  # type: ignore[override]  # as plugins will write it
        return

    @pytest.fixture
    def vendor(self) -> None:  # type: ignore[override]  # as plugins will write it
        pytest.skip("No faults here.")

    async def _boxed(self, *, tight: bool = False) -> AsyncIterator[Lab]:
        raise NotImplementedError
        yield


async def test_overrides_need_a_reason() -> None:
    assert unreasoned(Reasoned, DriverSuite, OPEN) == []
    assert unreasoned(Quiet, DriverSuite, OPEN) == ["test_a_new_key_works"]
    assert unreasoned(Evades, DriverSuite, OPEN) == [
        "_boxed", "test_a_new_key_works", "test_a_revoked_key_stops", "test_references_are_stable", "vendor"
    ]  # fmt: skip
    with pytest.raises(AssertionError, match="Quiet overrides or switches off test_a_new_key_works"):
        await Quiet().test_no_standard_test_is_overridden_without_a_reason()
    with pytest.raises(TypeError, match="overrides the test that looks"):

        class Sly(DriverSuite):
            async def test_no_standard_test_is_overridden_without_a_reason(self) -> None:
                return
