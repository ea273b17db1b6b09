"""Contact forms: filled in as a person would, submitted once, and left to a person where that is right."""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app.channels import outside
from app.channels.form.web import FormAdapter
from app.domain.channels import Outcome, Session
from tests.channels.dispatches import Mark, dispatch
from tests.channels.form.site import Site, site

LOCAL = frozenset({"127.0.0.1"})


@pytest.fixture(scope="module")
def sites() -> Iterator[Site]:
    """The sites of this module."""
    with site() as found:
        yield found


async def submit(there: Site, path: str, mark: Mark | None = None, **config: Any) -> Outcome:
    """Send one message through the form at a path."""
    there.submitted.clear()
    text = "Do you repair roofs?\nWe are in Hoboken."
    message = dispatch(recipient=there.url + path, body=text, subject="Roof", session_config=config)
    return await FormAdapter(LOCAL).send(message, mark or Mark())


async def test_a_plain_form_is_filled_in_and_the_thanks_are_read(sites: Site) -> None:
    """Roles by label, type and placeholder; hidden tokens and cookies go along; the search form is left alone."""
    mark = Mark()
    outcome = await submit(sites, "/plain", mark, values={"phone": "+12025550100"})
    assert outcome.kind == "accepted" and mark.calls == 1
    ((path, cookie, fields),) = sites.submitted
    assert (path, cookie) == ("/take", "visit=v1")
    assert fields == {
        "fullname": "Olivia Owner", "mail": "desk@acme.test", "tel": "+12025550100", "csrf": "c-123",
        "msg": "Do you repair roofs?\nWe are in Hoboken.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/captcha", "captcha"),
        ("/turnstile", "captcha"),
        ("/invisible", "captcha"),
        ("/widget", "captcha"),
        ("/picture", "captcha"),
        ("/sum", "captcha"),
        ("/guarded", "captcha"),
        ("/trap", "honeypot"),
        ("/named-trap", "honeypot"),
        ("/unseen-trap", "honeypot"),
        ("/styled-trap", "honeypot"),
        ("/ticked-trap", "honeypot"),
        ("/terms", "terms"),
        ("/license", "required_field"),
        ("/login", "no_form_found"),
    ],
)
async def test_what_a_machine_must_not_fill_in_goes_to_a_person(sites: Site, path: str, reason: str) -> None:
    """Nothing is submitted, no mark is set, and the task says why."""
    mark = Mark()
    outcome = await submit(sites, path, mark)
    assert (outcome.kind, outcome.error_code) == ("manual", reason)
    assert outcome.task is not None and outcome.task.kind == "form" and "127.0.0.1" in outcome.task.title
    assert sites.submitted == [] and mark.calls == 0


async def test_a_captcha_that_comes_after_the_submit_is_for_a_person_too(sites: Site) -> None:
    """The site took nothing yet: it is not tried again, and not said to have failed."""
    mark = Mark()
    outcome = await submit(sites, "/asks-later", mark)
    assert (outcome.kind, outcome.error_code, mark.calls) == ("manual", "captcha", 1)
    assert len(sites.submitted) == 1


async def test_a_field_that_only_looks_like_a_trap_is_named_by_the_account(sites: Site) -> None:
    """A form in steps hides its later ones: what the config names is filled in as it says, or left empty. What only small
    screens hide is no trap."""
    assert (await submit(sites, "/narrow")).kind == "accepted"
    assert (await submit(sites, "/second-step")).error_code == "honeypot"
    for text in ("Acme of {{name}}", ""):
        own = {"127.0.0.1": {"fields": {"company_name": text}}}
        assert (await submit(sites, "/second-step", sites=own)).kind == "accepted"
        assert sites.submitted[0][2]["company_name"] == text.replace("{{name}}", "Olivia Owner")


async def test_an_account_may_agree_to_terms_and_name_fields(sites: Site) -> None:
    """Config decides what a machine cannot: terms, and fields only this site has."""
    assert (await submit(sites, "/terms", accept_terms=True)).kind == "accepted"
    assert sites.submitted[0][2]["agree"] == "yes"
    own = {"127.0.0.1": {"fields": {"license_no": "NJ-77 {{name}}"}}}
    assert (await submit(sites, "/license", sites=own)).kind == "accepted"
    assert sites.submitted[0][2]["license_no"] == "NJ-77 Olivia Owner"


async def test_a_multipart_form_in_another_language(sites: Site) -> None:
    """First and last name apart, the general topic chosen, an optional file left out."""
    assert (await submit(sites, "/upload")).kind == "accepted"
    assert sites.submitted[0][2] == {
        "vorname": "Olivia", "nachname": "Owner", "email": "desk@acme.test", "topic": "other",
        "nachricht": "Do you repair roofs?\nWe are in Hoboken.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "kind", "code"),
    [
        ("/api", "accepted", None),
        ("/api-no", "rejected", "form_refused"),
        ("/errors", "rejected", "form_refused"),
        ("/mute", "unknown", "unclear_answer"),
        ("/hangs-up", "unknown", "no_answer"),
        ("/leads-inside", "unknown", "no_answer"),
        ("/busy", "retry", "429"),
        ("/gone", "rejected", "410"),
    ],
)
async def test_every_answer_has_its_ending(sites: Site, path: str, kind: str, code: str | None) -> None:
    """Thanks are accepted, errors rejected, silence and doubt unknown; a page that is gone is not submitted to."""
    outcome = await submit(sites, path)
    assert (outcome.kind, outcome.error_code) == (kind, code)
    assert len(sites.submitted) == (0 if path == "/gone" else 1)


async def test_an_accounts_own_words_decide_first(sites: Site) -> None:
    """A site that says neither thanks nor error in words we know."""
    own = {"127.0.0.1": {"success": "our services"}}
    assert (await submit(sites, "/mute", sites=own)).kind == "accepted"


async def test_nobody_there_is_tried_again() -> None:
    """A refused connection delivered nothing."""
    outcome = await FormAdapter(LOCAL).send(dispatch(recipient="http://127.0.0.1:9/contact"), Mark())
    assert (outcome.kind, outcome.error_code) == ("retry", "connection")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:80/", "http://localhost/", "http://169.254.169.254/", "http://[::1]/", "file:///etc/passwd",
            "http://10.0.0.1/", "http://0.0.0.0/"],
)  # fmt: skip
async def test_addresses_inside_are_never_opened(url: str) -> None:
    """A stranger's page address leads to public hosts only."""
    mark = Mark()
    outcome = await FormAdapter().send(dispatch(recipient=url), mark)
    assert (outcome.kind, outcome.error_code) == ("rejected", "not_public") and mark.calls == 0


async def test_a_huge_page_is_cut(sites: Site) -> None:
    """Two MiB are enough to find a form in."""
    async with outside.client(LOCAL) as visit:
        answer = await outside.fetch(visit, "GET", sites.url + "/plain")
    assert answer.status == 200 and len(answer.body) < outside.MOST_BYTES


async def test_a_page_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps no router slot for hours: nothing was sent, so it is tried again."""
    monkeypatch.setattr(outside, "PATIENCE_S", 0.5)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        with contextlib.suppress(OSError):
            while not writer.is_closing():
                writer.write(b"<")
                await writer.drain()
                await asyncio.sleep(0.05)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/contact"
    mark = Mark()
    outcome = await asyncio.wait_for(FormAdapter(LOCAL).send(dispatch(recipient=url), mark), 60)
    server.close()
    assert (outcome.kind, mark.calls) == ("retry", 0)


def account(there: Site, *paths: str, **fields: str) -> Session:
    """An account that names pages of the site, the first as its address, and maps fields there."""
    sites = {"127.0.0.1": {"fields": fields, "page": there.url + paths[-1]}}
    return Session(tenant_id="t", session_id="s", channel="form", provider="webform", address=there.url + paths[0],
                   config={"sites": sites}, secrets={})  # fmt: skip


async def test_a_page_with_its_form_is_in_order(sites: Site) -> None:
    """It opens, shows a contact form, and has the fields the account maps; nothing is submitted. An account that names
    no page has none to look at."""
    sites.submitted.clear()
    adapter = FormAdapter(LOCAL)
    assert (await adapter.check(account(sites, "/plain", msg="{{message}}"))).status == "connected"
    bare = msgspec.structs.replace(account(sites, "/plain"), address="forms", config={})
    assert (await FormAdapter().check(bare)).status == "connected"
    assert sites.submitted == []


@pytest.mark.parametrize(
    ("paths", "mapped", "words"),
    [
        (("/gone",), {}, "answers 410"), (("/plain", "/login"), {}, "no contact form"),
        (("/license",), {"msg": "x"}, "without the field msg"),
    ],
)  # fmt: skip
async def test_a_page_that_changed_is_told(
    sites: Site, paths: tuple[str, ...], mapped: dict[str, str], words: str
) -> None:
    """Gone, another page, a field renamed: degraded, before a message finds out."""
    health = await FormAdapter(LOCAL).check(account(sites, *paths, **mapped))
    assert health.status == "degraded" and words in str(health.reason)


async def test_a_page_inside_the_network_is_not_looked_at(sites: Site) -> None:
    """The check goes the guarded way as well; a page nobody serves is degraded."""
    health = await FormAdapter().check(account(sites, "/plain"))
    assert health.status == "disconnected" and "not a public address" in str(health.reason)
    silent = msgspec.structs.replace(account(sites, "/plain"), address="http://127.0.0.1:9/", config={})
    assert "does not answer" in str((await FormAdapter(LOCAL).check(silent)).reason)
