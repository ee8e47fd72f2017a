"""What can an admin have done, from the command line or the console?

Each operation tells its progress and its result as plain data (JSON), so that it reads the same whether
the program that runs does it or the command itself.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any

from cusna_core.admin.acts import Acts
from cusna_core.admin.acts_people import PeopleActs
from cusna_core.admin.looks import Looks
from cusna_core.engine.engine import Engine
from cusna_core.engine.sinks import Sinks

Json = dict[str, Any]
Events = AsyncGenerator[Json, None]
"""Any number of `{"progress": …}`, then one `{"result": …}` or `{"refused": sentence, "code": exit code}`."""
Operation = Callable[[Json, str], Events]


class Operations:
    """The admin's verbs, by their names. `who` is written to the audit log."""

    def __init__(
        self,
        engine: Engine,
        base_url: str,
        *,
        new_passphrase: Callable[[], str],
        new_code: Callable[[], str],
        new_token: Callable[[], str],
        try_mail: Callable[[str], Awaitable[Json]] | None = None,
        sinks: Sinks | None = None,
    ) -> None:
        looks = Looks(engine, try_mail, sinks)
        acts = Acts(
            engine, looks, base_url, new_passphrase=new_passphrase, new_code=new_code, new_token=new_token
        )
        people = PeopleActs(engine, looks, acts)
        self._operations: Mapping[str, Operation] = {
            "check": looks.check,
            "plan": looks.plan,
            "explain": looks.explain,
            "apply": acts.apply,
            "disable": acts.disable,
            "restore-access": acts.restore,
            "rotate": acts.rotate,
            "sign-in-code": acts.code,
            "override": people.override,
            "end-override": people.end_override,
            "sign-out": people.sign_out,
            "erase": people.erase,
            "let-back-in": people.let_in,
            "leave": acts.leave,
            "admin-link": acts.admin_link,
        }

    async def run(self, name: str, values: Json, who: str) -> Events:
        """Run one operation by its name."""
        operation = self._operations.get(name)
        if operation is None:
            yield {"refused": f"The program that runs knows no operation {name}: restart it.", "code": 1}
            return
        # Closed at once when the command goes away, so that it holds no network up.
        async with aclosing(operation(values, who)) as events:
            async for event in events:
                yield event
