"""Contractors' web forms: open the page, fill the contact form in, submit it once, read whether it was taken.

Class N. Until the submit nothing can have been delivered. A form a machine must not fill in (a captcha, a trap for
robots, terms to agree to, a field we have nothing for) becomes a task for a person.

The recipient is the page's URL. `session_config`: `values` (phone, company …), `fields` (field name → text with
`{{role}}`), `sites` (host → {page, fields, success, failure}), `accept_terms`.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from app.channels import outside
from app.channels.form.filling import Filled, NeedsPerson, fill, judge
from app.channels.form.pages import WebForm, asks_captcha, contact_form
from app.channels.http_api import retry_after
from app.domain.channels import BeforeSend, Capabilities, Dispatch, Health, ManualTask, Outcome, Session
from app.settings import Settings

PAGES_MOST = 10
"""Pages of one account that are looked at in one check."""


class FormAdapter:
    """One visit per message: a client of its own, with its own cookies."""

    capabilities = Capabilities(
        provider="webform", channel="form", delivery_class="N", max_body_chars=5000, direction="out",
        recipient_interval_s=60.0, check_every_s=6 * 3600.0,
    )  # fmt: skip

    def __init__(self, private_hosts: frozenset[str] = frozenset()) -> None:
        self._private_hosts = private_hosts

    async def send(self, dispatch: Dispatch, before_send: BeforeSend) -> Outcome:
        """Submit one message through the contact form of the recipient's page."""
        async with outside.client(self._private_hosts) as visit:
            try:
                page = await outside.fetch(visit, "GET", dispatch.recipient)
            except (httpx.HTTPError, httpx.InvalidURL, outside.Refused, outside.Lost) as error:
                return _not_opened(error)
            try:
                if page.status >= 400 and asks_captcha(page.body):
                    raise NeedsPerson("captcha")
                if page.status >= 400:
                    return _page_refused(page)
                form = contact_form(page.body, page.url)
                if form is None:
                    raise NeedsPerson("no_form_found")
                filled = self._fill(form, dispatch)
            except NeedsPerson as error:
                return _for_a_person(error, dispatch)
            except ValueError as error:
                return Outcome(kind="rejected", provider="webform", error_code="no_page", error=str(error))
            await before_send()
            return await _submit(visit, form, filled, dispatch)

    async def check(self, session: Session) -> Health:
        """Whether the pages the account names still have a form with the fields it maps."""
        pages = _pages(session)[:PAGES_MOST]
        found = await asyncio.gather(*(self._trouble(session, page) for page in pages))
        return next(filter(None, found), Health(status="connected"))

    async def _trouble(self, session: Session, url: str) -> Health | None:
        """What is wrong with one page; None when nothing is."""
        try:
            async with outside.client(self._private_hosts) as visit:
                page = await outside.fetch(visit, "GET", url)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, outside.Refused) as error:
            return Health(status="disconnected", reason=f"{url[:200]} is not opened: {error}")
        except (httpx.HTTPError, outside.Lost) as error:
            return Health(status="degraded", reason=f"{url[:200]} does not answer: {type(error).__name__}")
        wrong = _wrong(page, _texts(_site_of(session.config, url).get("fields")))
        return Health(status="degraded", reason=f"{url[:200]} {wrong}") if wrong else None

    def _fill(self, form: WebForm, dispatch: Dispatch) -> Filled:
        config, site = dispatch.session_config, _site(dispatch)
        mapping = {**_texts(config.get("fields")), **_texts(site.get("fields"))}
        first, _, last = dispatch.sender_name.partition(" ")
        values = {
            "name": dispatch.sender_name, "first_name": first, "last_name": last or first,
            "email": dispatch.sender_address if "@" in dispatch.sender_address else "",
            "subject": dispatch.subject or dispatch.body.split("\n")[0][:100], "message": dispatch.body,
            **_texts(config.get("values")),
        }  # fmt: skip
        return fill(form, values, mapping, accept_terms=bool(config.get("accept_terms")))

    async def close(self) -> None:
        """Nothing is held."""


async def _submit(visit: httpx.AsyncClient, form: WebForm, filled: Filled, dispatch: Dispatch) -> Outcome:
    headers, content, url = _encode(visit, form, filled)
    try:
        answer = await outside.fetch(visit, form.method, url, content=content, headers=headers)
    except (outside.Refused, httpx.ConnectError) as error:
        return _not_opened(error)
    except (httpx.HTTPError, outside.Lost) as error:
        return Outcome(
            kind="unknown", provider="webform", error_code="no_answer", error=f"{type(error).__name__}: {error}"
        )
    outcome = _ending(answer, _site(dispatch), f"{dispatch.queue_id}@{url}"[:900])
    if outcome.kind != "accepted" and asks_captcha(answer.body):
        # The form had none: it is what the site asks before it takes the message.
        return _for_a_person(NeedsPerson("captcha"), dispatch)
    if answer.status == 429:
        return Outcome(kind="retry", provider="webform", error_code="429", retry_after_s=retry_after(answer.headers))
    return outcome


def _ending(answer: outside.Answer, site: Mapping[str, Any], provider_id: str) -> Outcome:
    verdict = judge(
        answer.status, answer.body, answer.headers.get("content-type", ""), success=site.get("success"),
        failure=site.get("failure"),
    )  # fmt: skip
    if verdict == "accepted":
        return Outcome(kind="accepted", provider="webform", provider_message_id=provider_id)
    said = f"The page answered {answer.status} at {answer.url[:200]}."
    if verdict == "rejected":
        return Outcome(kind="rejected", provider="webform", error_code="form_refused", error=said)
    return Outcome(kind="unknown", provider="webform", error_code="unclear_answer", error=said)


def _encode(visit: httpx.AsyncClient, form: WebForm, filled: Filled) -> tuple[dict[str, str], bytes | None, str]:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(form.action))
    headers = {"Origin": origin, "Referer": form.action}
    if form.method == "GET":
        return headers, None, form.action.split("?")[0] + "?" + urlencode(filled.values)
    if form.multipart:
        parts = [(name, (None, value.encode())) for name, value in filled.values]
        request = visit.build_request("POST", form.action, files=parts)
        return {**headers, "Content-Type": request.headers["content-type"]}, request.read(), form.action
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return headers, urlencode(filled.values).encode(), form.action


def _site(dispatch: Dispatch) -> Mapping[str, Any]:
    return _site_of(dispatch.session_config, dispatch.recipient)


def _site_of(config: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    sites = config.get("sites")
    site = sites.get(urlsplit(url).hostname or "") if isinstance(sites, dict) else None
    return site if isinstance(site, dict) else {}


def _wrong(page: outside.Answer, mapped: Mapping[str, str]) -> str:
    """What would keep a message from being written there; empty when nothing would."""
    if page.status >= 400:
        return f"answers {page.status}"
    try:
        form = contact_form(page.body, page.url)
    except ValueError as error:
        return f"shows nothing: {error}"
    if form is None:
        return "has no contact form"
    missing = sorted(mapped.keys() - {field.name for field in form.fields})
    return f"has a form without the field {', '.join(missing)[:80]}" if missing else ""


def _pages(session: Session) -> list[str]:
    """The pages to look at: the account's address where that is one, and the `page` of each site."""
    sites = session.config.get("sites")
    named = [site.get("page") for site in sites.values() if isinstance(site, dict)] if isinstance(sites, dict) else []
    own = [session.address] if session.address.startswith(("https://", "http://")) else []
    return own + [page for page in named if isinstance(page, str)]


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _not_opened(error: Exception) -> Outcome:
    if isinstance(error, outside.Refused | httpx.InvalidURL | httpx.UnsupportedProtocol):
        return Outcome(kind="rejected", provider="webform", error_code="not_public", error=str(error))
    return Outcome(kind="retry", provider="webform", error_code="connection", error=f"{type(error).__name__}: {error}")


def _page_refused(page: outside.Answer) -> Outcome:
    code = str(page.status)
    if page.status == 429 or page.status >= 500:
        return Outcome(kind="retry", provider="webform", error_code=code, retry_after_s=retry_after(page.headers))
    return Outcome(kind="rejected", provider="webform", error_code=code, error=f"The page answered {code}.")


def _for_a_person(error: NeedsPerson, dispatch: Dispatch) -> Outcome:
    host = urlsplit(dispatch.recipient).hostname or dispatch.recipient
    task = ManualTask(kind="form", title=f"Fill in the contact form of {host}"[:300])
    return Outcome(kind="manual", provider="webform", error_code=error.reason, error=str(error), task=task)


def create_adapter(settings: Settings) -> FormAdapter:
    """The adapter of this process."""
    return FormAdapter(frozenset(settings.private_host_names()))
