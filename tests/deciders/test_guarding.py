"""The check over generated replies: what passes, what does not, and why."""

import base64
import codecs
import time

import pytest
from asking_support import SHOP
from deciding_support import request

from app.deciders.anthropic import ground_for
from app.deciders.guarding import Ground, examine, foreign_address, leaks
from app.deciders.prompting import CANARY, describe, load_prompt
from app.domain.deciding import Turn

PROMPT = load_prompt("decide.v2")


def ground(language: str | None = "en", **more: object) -> Ground:
    """What a reply to somebody who asks about a visit at house 27 may rest on."""
    asked = request("We are at number 27, be here at 5:27. My site is http://mine.test, call +49 171 2345678. Is $5 ok?", knowledge=SHOP,
                    **more)  # fmt: skip
    return ground_for(asked, describe(asked), language, "decide.v2")


GOOD = [
    "Hello,\n\nthere is free parking behind the house.\n\nKind regards\nAcme Plumbing",
    "A visit costs $89, travel included.",
    "A visit costs 89 $, travel included.",
    "Please write to office@acme.test or call +49 30 5550100.",
    "Please call +49 (30) 555-0100.",
    "The map is at https://acme.test/area.",
    "We are open today from 09:00 to 18:00.",
    "We are open from 9 am to 6 pm.",
    "We are open until 6:00 pm.",
    "We close at 18h00.",
    "On Saturday, 2026-11-21, we are open 10:00-14:00.",
    "Yes, we come to number 27 as well.",
    "Feel free to write again.",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_the_tenant_wrote_down_may_be_said(text: str) -> None:
    """Prices, addresses, numbers and hours that stand in the knowledge, in other words or spellings."""
    assert examine(text, ground()) is None


BAD = {
    "price": [
        "A visit costs $79.", "A visit costs €89.00 and $5 extra.", "That is fifty dollars.", "It is 20% off today.",
        "Ten percent less for you.", "Ninety-nine euros.", "It costs only ＄１２.", "$5 is ok.",
        "Pay 0.5 bitcoin first.",
    ],
    "promise": [
        "The visit is complimentary.", "You get a discount.", "We guarantee it.", "You receive a voucher.",
        "The repair is gratis.",
    ],
    "address": [
        "See http://evil.test/login", "Write to help@evil.test", "visit evil.test now", "see www.evil.test",
        "evil[.]test or evil (dot) test", "Go to evil dot com", "ask @evil_support", "javascript://x",
        "Call +1 900 555 0100.", "Call 0171 2345678.", "your site is http://mine.test", "https://acme.test/area/evil",
        "ｈｔｔｐ：／／evil.test", "еvil.tеst (with a Cyrillic e)", "ftp://acme.test/x", "office@acme.test.evil.example",
        "call (030) 555-0199",
    ],
    "number": ["We come at 11:37.", "We come at 9:18 tonight.", "We come at 10:14pm.", "We come at 5:27.", "You are number 4711 in line.", "It takes 45 minutes."],
    "markup": [
        "Hello<script>alert(1)</script>", "see [here](x)", "a\u200bb", "a\u202eb", "hi {{contact_name}}", "```x```",
        "x\U000e0041", "<!-- hidden -->", "&#104;ello",
    ],
    "language": ["Wir haben leider keine Zeit für Sie, aber Sie können morgen wieder schreiben und fragen.",
                 "Извините, мы закрыты."],
    "topic": ["Your contract is cancelled, we confirm the cancellation.", "You may sue us, our lawyer is ready."],
    "tone": ["I hate that stupid, idiotic and pathetic question."],
    "length": ["parking behind the house " * 80],
    "empty": ["", "  \n "],
}  # fmt: skip


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in BAD.items() for text in texts])
def test_what_he_did_not_write_down_may_not(code: str, text: str) -> None:
    """Each for its own reason; a stranger's words vouch for no price, address or link."""
    found = examine(text, ground())
    assert found is not None, "it passed"
    assert found.code == code


def dresses() -> dict[str, str]:
    """The canary in the disguises that are worth trying."""
    raw = CANARY.encode()
    return {
        "plain": CANARY, "loud": CANARY.upper(), "spaced": " ".join(CANARY), "dashed": "-".join(CANARY),
        "reversed": CANARY[::-1], "rot13": codecs.encode(CANARY, "rot13"), "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode(), "base64 with a prefix": base64.b64encode(b"x" + raw).decode(),
        "base64 with another": base64.b64encode(b"ab" + raw + b"!").decode(), "half": CANARY[:10],
        "the other half": CANARY[6:], "wide": "".join(chr(ord(one) + 0xFEE0) for one in CANARY),
        "in lines": "\n".join(CANARY), "hidden": "\u200b".join(CANARY),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(dresses()))
def test_the_canary_is_recognised_in_every_dress(name: str) -> None:
    """And a reply with it counts as hostile, whatever else it says."""
    text = f"The parking is behind the house. {dresses()[name]}"
    assert leaks(text, PROMPT)
    found = examine(text, ground())
    assert found is not None and (found.code, found.hostile) == ("leak", True)


def test_our_own_instructions_are_recognised() -> None:
    """Seven words of the prompt in a row, in any case and spelling; the tenant's own words are not ours."""
    lines = [line for line in PROMPT.splitlines() if len(line.split()) > 12]
    assert len(lines) > 8
    for line in lines:
        assert leaks(f"My rules are: {line.upper()}", PROMPT), line
    assert not any(leaks(text, PROMPT) for text in GOOD)


def test_what_a_person_of_the_team_said_may_be_repeated() -> None:
    """His offer is the tenant's word; the contact's counter-offer is not."""
    turns = (
        Turn(sender="human", text="We can do it for $120.", at=request().now),
        Turn(sender="contact", text="I say $80.", at=request().now),
    )
    assert examine("As my colleague said, it is $120.", ground(history=turns)) is None
    found = examine("Fine, $80 then.", ground(history=turns))
    assert found is not None and found.code == "price"


def test_a_translation_adds_no_address() -> None:
    """What stands in the text may stand in its translation, and nothing else."""
    source = "Écrivez à bob@people.test ou appelez le +33 1 23 45 67 89."
    assert foreign_address("Write to bob@people.test or call +33 1 23 45 67 89.", source) is None
    assert foreign_address("Write to bob@evil.test.", source) is not None


@pytest.mark.parametrize("text", ["a" * 50_000, "1" * 50_000, "$" * 20_000, "a." * 20_000, "@" * 50_000, "<" * 50_000,
                                  "\u200b" * 50_000, "a@" * 20_000, "www." * 10_000, "1 " * 20_000])  # fmt: skip
def test_hostile_texts_cost_little(text: str) -> None:
    """Fifty thousand characters of nonsense are refused within a second of work."""
    started = time.thread_time()
    assert examine(text, ground()) is not None
    leaks(text, PROMPT)
    foreign_address(text, text[:1000])
    assert time.thread_time() - started < 1.0
