"""What is switched off because of its configuration, and what is an admin told about it?"""

from collections.abc import Collection, Iterable
from pathlib import Path

from cusna_core.api import Finding, Level
from cusna_core.config.problems import Problem, sentence
from cusna_core.config.setup import Kind, Off, Origin, path
from cusna_core.config.values import did_you_mean

KEPT = "keys that exist keep their promised ends"


class Trouble:
    """Gathers findings, and the things that are off."""

    def __init__(self, file: Path, findings: Iterable[Finding]) -> None:
        self.file = file
        self.findings = list(findings)
        self.off: list[Off] = []

    def bad(self, kind: Kind, name: str, origin: Origin, problems: Iterable[Problem]) -> None:
        """It is wrong itself."""
        told = list(problems)
        for problem in told:
            self._say(
                Level.ERROR,
                f"config.{kind}",
                f"{sentence(problem)} The {kind} {name} is switched off until that is mended; {KEPT}.",
                self._mend(origin),
                problem.path,
                problem.path,
            )
        self.off.append(Off(kind, name, origin, "; ".join(map(str, told))))

    def bad_sink(self, name: str, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self._say(
                Level.ERROR,
                "config.sink",
                f"{sentence(problem)} Nothing is delivered to the sink {name} until that is mended; "
                "its events wait for three days.",
                self._mend("file"),
                problem.path,
                problem.path,
            )

    def needs(self, kind: Kind, name: str, origin: Origin, where: str, other: Kind, others: str) -> None:
        """It is good, but something that it cannot do without is off."""
        why = f"its {other} {others} is switched off"
        self._say(
            Level.ERROR,
            "config.needs",
            f"The {kind} {name} is switched off, because {why}; {KEPT}.",
            f"Mend the {other} {others} first.",
            where,
            where,
        )
        self.off.append(Off(kind, name, origin, why))

    def without(self, location: str, network: str, where: str) -> None:
        self._say(
            Level.WARNING,
            "config.needs",
            f"The location {location} goes on without its network {network}, which is switched off.",
            f"Mend the network {network}.",
            where,
            f"{where} {network}",
        )

    def clash(self, where: str) -> None:
        self._say(
            Level.WARNING,
            "config.clash",
            f"{where} is in the file and was made in the console as well. The file's counts.",
            f"Take [{where}] out of {self.file}, or delete the one in the console.",
            where,
            where,
        )

    def bad_mail(self, problem: Problem) -> None:
        self._say(
            Level.ERROR,
            "config.mail",
            f"{sentence(problem)} No mail can be sent until that is mended.",
            self._mend("console"),
            problem.path,
            problem.path,
        )

    def no_mail(self) -> None:
        self._say(
            Level.ERROR,
            "config.no-mail",
            "No mail server is configured: nobody can get a sign-in link.",
            "Add [mail], or set it in the console; `cusna admin-link` signs you in there without a mail.",
            "mail",
        )

    def no_admins(self) -> None:
        self._say(
            Level.WARNING,
            "config.no-admins",
            "No admin is named: nobody is told when something needs attention.",
            f'Add admins = ["you@example.com"] at the top of {self.file}.',
            "admins",
        )

    def unused(self, network: str) -> None:
        where = path("network", network)
        self._say(
            Level.WARNING,
            "config.unused",
            f"No location uses the network {network}: nobody gets a key there.",
            "Name it in the networks of a location.",
            where,
            where,
        )

    def readable(self, secret: str) -> None:
        self._say(
            Level.WARNING,
            "config.readable",
            f"{self.file} holds a secret ({secret}), and everybody on this machine may read it.",
            f"Run `chmod 640 {self.file}`, or write env:NAME or file:/path instead of the secret.",
            secret,
        )

    def _mend(self, origin: Origin) -> str:
        if origin == "console":
            return "Correct it in the console."
        return f"Correct it in {self.file}; `cusna check` says whether it is good."

    def _say(self, level: Level, code: str, summary: str, fix: str, where: str, about: str = "") -> None:
        self.findings.append(Finding(level, code, summary, fix, where, about))


def no_such(kind: Kind, name: object, known: Collection[str], where: str) -> Problem | None:
    """A reference to something that is not configured at all."""
    if not isinstance(name, str) or name in known:
        return None
    near = did_you_mean(name, known)
    hint = f"Did you mean {near}?" if near else f"It would be the table [{path(kind, name)}]"
    return Problem(where, f"there is no {kind} called {name[:40]}. {hint}")
