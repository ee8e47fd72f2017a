"""How do sentences get onto a page?"""

import pytest

from cusna_core.web.pages import code


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("Run `cusna plan`.", "Run <code>cusna plan</code>."),
        ("Nothing to mark", "Nothing to mark"),
        ("`<b>` & `x`", "<code>&lt;b&gt;</code> &amp; <code>x</code>"),
        ("a lone ` <i>", "a lone ` &lt;i&gt;"),
        ("", ""),
    ],
)
def test_commands_in_sentences_are_set_as_code_and_the_rest_stays_text(sentence: str, shown: str) -> None:
    assert str(code(sentence)) == shown
