"""What does pytest learn from Cusna? The option that runs a driver's suite on a real controller."""

import pytest

SUITES = ("base", "faults", "limits", "manners", "secrets", "suite", "truth", "works")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cusna")
    group.addoption(
        "--cusna-live",
        metavar="CONFIG",
        help="run the driver suites on the lab controller of this cusna.toml, with scratch keys only",
    )
    group.addoption(
        "--cusna-live-network", metavar="NAME", help="which network of that file, if the driver has several"
    )


def pytest_configure(config: pytest.Config) -> None:
    modules = [f"cusna_core.testing.driver_{one}" for one in SUITES]
    pytest.register_assert_rewrite(*modules, "cusna_core.testing.lab", "cusna_core.testing.source_suite")
