"""Does the page of plugins say what is there, what is used, and what does not work and why?"""

import re
from dataclasses import replace

from cusna_core.api import Finding, Level
from cusna_core.config.plugins import Installed
from cusna_core.web.console.paper import BENCH

from .admin import SETTINGS, Admin, needs_plugins

pytestmark = needs_plugins
HERE = f"{SETTINGS}/plugins"


def row(text: str, name: str) -> str:
    """The words of one plugin's line."""
    found = re.search(rf'data-plugin="{name}">(.*?)</li>', text, re.DOTALL)
    assert found, name
    return " ".join(re.sub(r"<[^>]+>", " ", found.group(1)).split())


async def test_what_is_used_and_what_each_brings(admin: Admin) -> None:
    text = (await admin.get(HERE)).text
    assert "In use cusna-andcards" in row(text, "andcards")
    assert "Memberships from Andcards" in row(text, "andcards")
    assert "WiFi by Cisco Meraki" in row(text, "meraki")
    memory = row(text, "memory")
    assert "Not in use" in memory
    assert "A WiFi that is in memory only" in memory
    assert "by signed webhooks" in row(text, "webhook")
    if 'data-plugin="ruckus"' in text:
        assert "Not in use cusna-ruckus" in row(text, "ruckus")
        assert "RUCKUS One and SmartZone" in row(text, "ruckus"), "what its package says it is"
    assert "enable = [&#34;andcards&#34;, &#34;unifi&#34;, &#34;meraki&#34;, &#34;memory&#34;]" in memory
    assert str(admin.stage.app.core.file.path) in memory
    assert f'href="{HERE}" aria-current="page"' in text


async def test_a_broken_one_says_why_and_what_to_do(admin: Admin) -> None:
    runner = admin.stage.app._runner
    assert runner is not None
    bench = runner.app[BENCH]
    broken = Finding(
        Level.ERROR, "plugins.broken", "It <b>cannot</b> be imported.", "Run `pip`.", "", "omada"
    )
    absent = Finding(Level.ERROR, "plugins.absent", "It is not there.", "Install it.", "", "aruba")
    registry = replace(
        bench.workshop.registry,
        installed=(Installed("omada", "cusna-omada", "1.2", True, problem=broken.summary),),
        findings=(broken, absent),
    )
    bench.workshop.registry = registry
    text = (await admin.get(HERE)).text
    line = row(text, "omada")
    assert "Does not work" in line
    assert "It &lt;b&gt;cannot&lt;/b&gt; be imported." in line
    assert "<code>pip</code>" in text
    assert "It is not there." in text, "one that is not even installed stands above"
    assert text.count("cannot&lt;/b&gt; be") == 1
    bench.workshop.registry = replace(registry, installed=(), findings=())
    assert "No plugin is installed" in (await admin.get(HERE)).text
