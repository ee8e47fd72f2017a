"""What does pytest learn from Cusna? The option that runs a plugin's suite on a real system."""

import signal

import pytest

SUITES = (
    *(
        f"driver_{one}"
        for one in (
            *(
                "base",
                "doors",
                "faults",
                "limits",
                "manners",
                "neighbours",
                "secrets",
                "suite",
                "truth",
                "works",
            ),
            "writes",
        )
    ),
    *(f"source_suite{one}" for one in ("", "_base", "_bad", "_discreet", "_reads", "_story")),
    "ground",
    "judge",
    "lab",
    "rounds",
)
MARK = "cusna-live: "
"""How the reason of a skip begins where a real system does not allow a test."""
LEFT = pytest.StashKey[list[str]]()
"""Scratch keys that could not be taken away."""
EARLIER = pytest.StashKey[list[str]]()
"""Scratch keys that were there already: a run that was killed left them, or one is going on beside this."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cusna")
    group.addoption(
        "--cusna-live",
        metavar="CONFIG",
        help="run driver suites on the lab controller of this cusna.toml, with scratch keys only; "
        "and source suites on its account, which they only read",
    )
    group.addoption(
        "--cusna-live-network", metavar="NAME", help="which network of that file, if the driver has several"
    )


def pytest_configure(config: pytest.Config) -> None:
    pytest.register_assert_rewrite(*(f"cusna_core.testing.{one}" for one in SUITES))
    if config.getoption("cusna_live"):
        config.pluginmanager.register(Told(), "cusna-live")


class Told:
    """Says at the end which tests a real system did not allow, and what was left behind there."""

    def __init__(self) -> None:
        self._untried: dict[str, list[str]] = {}
        # Whoever ends the run politely is no reason to leave keys behind: as with Ctrl+C.
        self._before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))

    def pytest_unconfigure(self) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if report.skipped and MARK in reason:
            why = reason.partition(MARK)[2].rstrip(".")
            name = report.location[2].partition("[")[0]
            self._untried.setdefault(why, []).append(name)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        left = config.stash.get(LEFT, [])
        if left:
            terminalreporter.section("cusna-live: scratch keys that are still there", sep="=", red=True)
            terminalreporter.write_line("Take them away by hand: " + ", ".join(dict.fromkeys(left)))
        earlier = {*config.stash.get(EARLIER, [])} - {*left}
        if earlier:
            terminalreporter.section("cusna-live: scratch keys of another run", sep="=", red=True)
            terminalreporter.write_line("They were there before. If nobody else runs the kit there now,")
            terminalreporter.write_line("take them away by hand: " + ", ".join(sorted(earlier)))
        if self._untried:
            terminalreporter.section("cusna-live: not tried on the real system", sep="=")
        for why, names in sorted(self._untried.items()):
            terminalreporter.write_line(f"{why}:")
            for name in dict.fromkeys(names):
                terminalreporter.write_line(f"  {name}")
