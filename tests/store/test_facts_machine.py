"""Rule 9 as a machine: whatever a source does, nobody is removed on a guess."""

import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cusna_core.api import Affiliation, Person, Section, Snapshot, Subscription, SubscriptionState
from cusna_core.store import facts, migrations
from cusna_core.store.db import connect
from cusna_core.store.merge import Merged, merge

NUMBERS = [str(n) for n in range(8)]
PEOPLE = (Section.PEOPLE, "A")
PLANS = (Section.SUBSCRIPTIONS, "A")


def told(people: set[str], plans: set[str], **rest: object) -> Snapshot:
    return Snapshot(
        people=tuple(Person(n, f"{n}@example.com") for n in sorted(people)),
        affiliations=tuple(Affiliation(f"a{n}", n, "A") for n in sorted(people)),
        subscriptions=tuple(
            Subscription(f"s{n}", "A", n, None, SubscriptionState.ACTIVE) for n in sorted(plans)
        ),
        **rest,  # type: ignore[arg-type]
    )


class Source(RuleBasedStateMachine):
    """A model counts, independently, in how many complete reads each fact was absent since it was seen."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "m.db"
        migrations.migrate(path, path.parent)
        self.tx = connect(path)
        self.tx.execute("BEGIN")
        self.now = datetime(2024, 3, 4, tzinfo=UTC)
        self.people: dict[str, int] = {}
        self.plans: dict[str, int] = {}
        self.stated: set[str] = set()
        self.missing: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "tx"):
            with closing(self.tx):
                pass
            self.folder.cleanup()

    def _merge(self, snapshot: Snapshot, partial: bool = False) -> Merged:
        return merge(self.tx, "hq", snapshot, partial=partial)

    def _see(self, people: set[str], plans: set[str]) -> None:
        for n in people:
            self.people[n] = 0
        for n in plans:
            self.plans[n] = 0
            self.stated.discard(n)
            self.missing.discard(n)

    @rule(
        people=st.sets(st.sampled_from(NUMBERS)),
        plans=st.sets(st.sampled_from(NUMBERS)),
        ended=st.sets(st.sampled_from([PEOPLE, PLANS])),
        during=st.sets(st.sampled_from(NUMBERS), max_size=2),
    )
    def read(
        self, people: set[str], plans: set[str], ended: set[tuple[Section, str]], during: set[str]
    ) -> None:
        """A whole read; meanwhile a sign-in finds somebody."""
        self.now += timedelta(minutes=10)
        began = self.now
        self.now += timedelta(seconds=5)
        self._merge(told(during, during, began=self.now), partial=True)
        self._see(during, during)
        self._merge(told(people, plans, began=began, complete=frozenset(ended)))
        self._see(people, plans)
        if PEOPLE in ended:
            for n in self.people.keys() - people - during:
                self.people[n] += 1
        if PLANS in ended:
            for n in self.plans.keys() - plans - during:
                self.plans[n] += 1

    @rule()
    def repeat_what_is_known(self) -> None:
        self.read(set(self.people), set(self.plans), {PEOPLE, PLANS}, set())

    @rule(alive=st.sets(st.sampled_from(NUMBERS)), gone=st.sets(st.sampled_from(NUMBERS)))
    def again(self, alive: set[str], gone: set[str]) -> None:
        """The source is asked by id for some, and says of some that they are no more."""
        self.now += timedelta(seconds=5)
        stated = gone - alive
        ids = frozenset((Section.SUBSCRIPTIONS, f"s{n}") for n in stated)
        self._merge(told(set(), alive & self.plans.keys(), began=self.now, gone=ids), partial=True)
        self._see(set(), alive & self.plans.keys())
        self.stated |= stated

    @invariant()
    def nobody_is_gone_on_a_guess(self) -> None:
        if not hasattr(self, "tx"):
            return
        known = facts.load(self.tx, "hq")
        for n, absent in self.people.items():
            if n not in known.people or f"a{n}" not in known.affiliations:
                assert absent >= 2
        for n in self.plans:
            # Mere absence never removes a plan, however often.
            assert f"s{n}" in known.subscriptions or n in self.stated

    @invariant()
    def what_was_stated_is_gone(self) -> None:
        if not hasattr(self, "tx"):
            return
        known = facts.load(self.tx, "hq")
        assert not {f"s{n}" for n in self.stated} & known.subscriptions.keys()
        assert {f"s{n}" for n in self.stated} <= facts.gone(self.tx, "hq")


TestSource = Source.TestCase
TestSource.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
