"""Does the driver suite let a healthy driver pass, and no broken one?"""

import inspect
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, ClassVar, cast

import pytest
from tests.kit import drivers_broken as broken
from tests.kit.drivers_broken import calling, on, without
from tests.kit.orchard import Orchard
from tests.kit.orchard_fake import OrchardFake

from cusna_core.api import FakeWifi, Feature
from cusna_core.testing import DriverSuite
from cusna_core.testing.driver_base import watched
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
DROPS = "test_it_disconnects_or_says_so"

Meant = tuple[type[Orchard], str, dict[str, Any], str]
"""The broken driver, the test that must see it, with what, and a piece of what it says."""
BROKEN: list[Meant] = [
    # What it reads
    (on(broken.Swallows), LOOK, {"bad": "503", "when": "warm"}, "read told 0 of"),
    (on(broken.Swallows), LOOK, {"bad": "HTML", "when": "cold"}, "read told 0 of"),
    (on(broken.MissingIsEmpty), LOOK, {"bad": "404", "when": "warm"}, "read told 0 of"),
    (calling(broken.PageOneApi), "test_pages_past_the_first", {}, "of 7 keys: the rest would be made anew"),
    (calling(broken.HalfApi), HALF, {"bad": "500"}, "raise, or tell the whole truth"),
    (calling(broken.BelievesAnythingApi), LOOK, {"bad": "{}", "when": "warm"}, "found nothing wrong"),
    (calling(broken.BelievesNullApi), LOOK, {"bad": "null", "when": "warm"}, "found nothing wrong"),
    (calling(broken.BelievesPagesApi), LOOK, {"bad": "HTML", "when": "warm"}, "found nothing wrong"),
    (on(broken.Remembers), "test_instances_share_nothing", {}, "does not see a new key"),
    (on(broken.HidesForeign), OTHERS, {}, "read() must show every key that works"),
    (on(broken.PositionRefs), REFS, {}, "is not the one that read() shows"),
    (on(broken.Raises), LOOK, {"bad": "{}", "when": "warm"}, "raised KeyError"),
    # What it writes
    (on(broken.NoVlan), "test_a_new_key_works_in_its_vlan", {}, "does not lead there"),
    (on(broken.NoEnd), "test_it_ends_keys_or_says_so", {}, "shows no end"),
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
    (on(broken.UpdatesHalf), CONVERGES, {"what": "vlan"}, "still something to change"),
    (on(broken.AnotherRef), "test_it_updates_or_says_so", {}, "by the reference that create() or update()"),
    # What it ends
    (on(broken.RevokesAll), "test_a_revoked_key_stops", {}, "took another one with it"),
    (on(broken.RevokesOthers), OTHERS, {}, "changed something that Cusna did not make"),
    (on(broken.RevokesNothing), "test_a_revoked_key_stops", {}, "A revoked key still works"),
    (on(broken.RevokesNothing), "test_a_key_comes_back_with_the_same_passphrase", {}, "does not stop"),
    (on(broken.OnlyOnce), "test_revoking_twice_is_no_error", {}, "failed the second time"),
    (on(broken.Tidies), OTHERS, {}, "changed something that Cusna did not make"),
    (on(broken.Touches), OTHERS, {}, "changed something that Cusna did not make"),
    # What it claims
    (on(broken.ClaimsGroupwide), DROPS, {}, "do not claim DISCONNECT_IS_GROUPWIDE"),
    (on(broken.DropsTheVlan), DROPS, {}, "claim ..._IS_GROUPWIDE"),
    (on(broken.DropsNobody), DROPS, {}, "left the device of a revoked key"),
    (on(broken.SeesNobody), "test_it_lists_clients_or_says_so", {}, "lists 0 devices"),
    (without(Feature.VLAN), "test_it_can_vlans_or_says_so", {}, "does not claim VLAN"),
    (without(Feature.LABEL), "test_it_shows_labels_or_says_so", {}, "LABEL"),
    (without(Feature.READ_PASSPHRASE), "test_it_shows_passphrases_or_says_so", {}, "READ_PASSPHRASE"),
    (
        without(Feature.CHOOSE_PASSPHRASE),
        "test_it_takes_our_passphrase_or_says_so",
        {},
        "claim CHOOSE_PASSPHRASE",
    ),
    (without(Feature.UPDATE), "test_it_updates_or_says_so", {}, "UPDATE"),
    (without(Feature.EXPIRY), "test_it_ends_keys_or_says_so", {}, "EXPIRY"),
    (without(Feature.CLIENTS), "test_it_lists_clients_or_says_so", {}, "does not claim CLIENTS"),
    (without(Feature.DISCONNECT), DROPS, {}, "does not claim DISCONNECT"),
    (on(broken.ClaimsUpdate), "test_it_updates_or_says_so", {}, "does not work with its new"),
    (on(broken.ClaimsReading), "test_it_shows_passphrases_or_says_so", {}, "READ_PASSPHRASE"),
    (on(broken.ClaimsExpiry), "test_it_ends_keys_or_says_so", {}, "shows no end"),
    (on(broken.NoLimit), "test_as_many_keys_as_the_limit_says", {}, "not Full"),
    (on(broken.HighVlans), "test_vlans_as_the_limits_say", {}, "beyond the limits"),
    (on(broken.WrongLimit), LENGTH, {"which": "shortest"}, "instead of Rejected"),
    (on(broken.NoSense), "test_features_and_limits_make_sense", {}, "WPA2 takes 8 to 63"),
    (on(broken.ManySegments), "test_as_many_segments_as_the_limit_says", {}, "without a word"),
    # How it fails
    (calling(broken.WeakLoginApi), LOOK, {"bad": "401", "when": "cold"}, "it must be AuthFailed"),
    (calling(broken.NoWaitApi), LOOK, {"bad": "429 with seconds", "when": "warm"}, "after=None"),
    (calling(broken.GatewayIsNoApi), CHANGE, {"bad": "502", "when": "warm"}, "it must be"),
    (on(broken.GoesOn), "test_a_stop_concerns_the_rest", {}, "stop at the first"),
    (on(broken.StopsAtOnce), REFUSED, {}, "gave 2 outcomes"),
    (on(broken.Forgets), OUTCOMES, {}, "told of"),
    (on(broken.Reorders), OUTCOMES, {}, "not in the order"),
    (on(broken.Copies), OUTCOMES, {}, "an outcome for a change it was not given"),
    (on(broken.RaisesInApply), CHANGE, {"bad": "500", "when": "warm"}, "instead of yielding an Outcome"),
    (on(broken.Sticks), "test_after_a_bad_day_all_is_well", {"bad": "500"}, "It was down"),
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
    (broken.NeverAgain, "test_it_can_be_opened_again", {}, "is not open"),
    (on(broken.WaitsForever), "test_it_can_be_closed_during_a_call", {"turns": 5}, "hangs when"),
    (broken.ClosesOnce, "test_it_opens_and_closes", {}, "failed the second time"),
    (broken.CallsAtStart, "test_it_opens_and_closes", {}, "made a call"),
    (on(broken.IdentityOfInstance), "test_identity_is_the_ssid", {}, "do not have the same identity()"),
    (on(broken.OneIdentity), "test_identity_is_the_ssid", {}, "Two SSIDs have the same identity()"),
    (broken.OneSsid, "test_networks_do_not_mix", {}, "it was not made for"),
    (broken.Cries, "test_a_healthy_network_has_no_errors", {}, "orchard.wolf"),
    (broken.TwoOfAKind, "test_gauges_are_plain_numbers", {}, "two numbers of one name"),
    (broken.OffersNothing, "test_networks_can_be_chosen", {}, "offers 0 times"),
    (broken.OffersWrong, "test_networks_can_be_chosen", {}, "ssid"),
    (broken.Untitled, "test_it_says_what_it_is", {}, "colour has no title"),
    (on(broken.SegmentsForget), "test_it_can_vlans_or_says_so", {}, "VLAN"),
    (broken.ChecksNothing, LOOK, {"bad": "503", "when": "cold"}, "must at least try the credentials"),
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
        finally:
            fixtures["monkeypatch"].undo()


@pytest.mark.parametrize(
    ("driver", "test", "given", "says"),
    BROKEN,
    ids=[f"{number}-{one[0].__name__}-{one[1]}" for number, one in enumerate(BROKEN)],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_broken_driver_is_seen(
    driver: type[Orchard], test: str, given: dict[str, Any], says: str
) -> None:
    with pytest.raises((Exception, pytest.fail.Exception), match=re.escape(says)):
        await ask(driver, test, given)


def test_there_are_enough_broken_drivers() -> None:
    assert len({one[0].__name__ for one in BROKEN}) >= 60


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


async def test_overrides_need_a_reason() -> None:
    assert unreasoned(Reasoned, DriverSuite) == []
    assert unreasoned(Quiet, DriverSuite) == ["test_a_new_key_works"]
    with pytest.raises(AssertionError, match="Quiet overrides or switches off test_a_new_key_works"):
        await Quiet().test_no_standard_test_is_overridden_without_a_reason()
    with pytest.raises(TypeError, match="overrides the test that looks"):

        class Sly(DriverSuite):
            async def test_no_standard_test_is_overridden_without_a_reason(self) -> None:
                return
