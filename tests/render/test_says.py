"""Which values decided a page's words: heard while the template is filled, and told by the block that they stand in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from markdown import Markdown

from calc.ledger import Ledger
from render import claims
from render.listening import ALWAYS, Environment
from render.says import LOOKS, Says, spoken
from tests.configurations import computed

OPTIONS = {
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "block_start_string": "<%",
    "block_end_string": "%>",
}


def filled(template: str, **more: Any) -> str:
    """A template's Markdown, its page's vocabulary reduced to what looks at values."""
    ledger = computed("default").ledger
    says = Says(ledger)
    environment = Environment(
        loader=jinja2.DictLoader({"page": template} | more),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
        **OPTIONS,
    )
    vocabulary: dict[str, Any] = {name: getattr(claims, name) for name in (*LOOKS, *ALWAYS)}
    vocabulary |= {"e": ledger.__getitem__, "claim": claims.claim, "at": {"T": 2}, "n": ledger.sizes.__getitem__}
    vocabulary["val"] = lambda entry, **at: float(entry.value[tuple(at[a] for a in entry.axes)])
    vocabulary["other"] = SimpleNamespace(name="loss", value=1.0, axes=())
    return says.written(environment.get_template("page").render(says.listening(vocabulary)))


SET = '<% set p = e("output.probs") %>'


@pytest.mark.parametrize(
    ("template", "written"),
    [
        ("The largest is << largest(p, T=2) >>.", "The largest is 4. <!--says output.probs[2,:]-->"),
        ('At << val(e("loss")) > 0 >>', "At True <!--says loss-->"),
        ('It is<% if val(e("loss")) > 0 %> high<% else %> low<% endif %>.', "It is high. <!--says loss-->"),
        (
            "<% set best = largest(p, T=0) %>\nFirst.\n\nThen << best >>.",
            "First.\n\nThen 5. <!--says output.probs[0,:]-->",
        ),
        (
            "<% for t in range(2) %>\n<% set best = largest(p, T=t) %>\n- << t >>: << best >>\n<% endfor %>",
            "- 0: 5 <!--says output.probs[0,:]-->\n- 1: 5 <!--says output.probs[1,:]-->\n",
        ),
        (
            "<% set ns = namespace(n=0) %><% for t in range(2) %><% if largest(p, T=t) > 0 %>"
            "<% set ns.n = ns.n + 1 %><% endif %><% endfor %>\nAll << ns.n >>.",
            "\nAll 2. <!--says output.probs[0,:] output.probs[1,:]-->",
        ),
        (
            "<% set found = [] %><% for t in range(2) if largest(p, T=t) > 0 %><% do found.append(t) %><% endfor %>\n"
            "<< found >>",
            "[0, 1] <!--says output.probs[0,:] output.probs[1,:]-->",
        ),
        ("<< p.value.max() > 0 >> and << largest(p, T=1) >>", "True and 5 <!--says output.probs-->"),
        ("| a | << largest(p, T=1) >> |", "| a | 5 <!--says output.probs[1,:]--> |"),
        # What holds for all numbers, how many there are, and other runs, are not heard.
        ("<< sums_to(p, 1, over='V') >> << p.value.size >> << other.value >>", "True 60 1.0"),
        ("<< agree(e('loss').value, e('loss').value) >>", "True"),
        # A heading, code and what is drawn hold no such words.
        ("## Of << largest(p, T=1) >>", "## Of 5"),
        ("~~~worked\n<< largest(p, T=1) >>\n~~~\n<< n('T') >>", "~~~worked\n5\n~~~\n6"),
    ],
)
def test_words_carry_what_decided_them(template: str, written: str) -> None:
    assert filled(SET + template).strip("\n") == written.strip("\n")


def test_macros_are_heard_in_their_words_and_not_in_their_names() -> None:
    macros = (
        SET
        + "<% macro name(x) %>output.<< x >><% endmacro %><% macro say(t) %>It is << largest(p, T=t) >>.<% endmacro %>"
    )
    text = filled(macros + '<% if val(e("loss")) > 0 %><< e(name("probs")).name >><% endif %>\n\n<< say(1) >>')
    assert text == "output.probs <!--says loss-->\nIt is 5. <!--says output.probs[1,:]-->"


def test_a_template_that_is_imported_without_a_page_is_filled_as_it_is() -> None:
    text = filled('<% from "words" import some %><< some >>', words="<% set some = [1, 2] | length %>")
    assert text == "2"


def test_a_block_tells_what_decided_it() -> None:
    html = Markdown(extensions=["tables"]).convert(
        "One <!--says loss-->\ntwo <!--says a[0,:] a-->.\n\n- first\n- second <!--says b[1,2]-->\n\n"
        "| x | y |\n| --- | --- |\n| 1 | 2 <!--says c--> |\n"
    )
    told = spoken(html)
    assert "<!--" not in told
    assert '<p data-says="loss a">One\ntwo.</p>' in told
    assert "<li>first</li>" in told
    assert '<li data-says="b[1,2]">second</li>' in told
    assert '<td data-says="c">2</td>' in told


def test_without_such_words_nothing_is_written() -> None:
    html = "<p>One</p>"
    assert spoken(html) is html
    assert filled("Plain text, << n('T') >> words.") == "Plain text, 6 words."
    assert isinstance(computed("default").ledger, Ledger)
