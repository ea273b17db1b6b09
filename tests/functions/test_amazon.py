"""SES over SNS: Amazon's certificate, the expected topic, and subscriptions that are confirmed safely."""

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.db.helpers import Row, Tenant
from tests.functions.aws import HOST, TOPIC, Amazon, certificate, notification, pem, subscription
from tests.functions.kit import Edge
from tests.functions.storm import COPIES, volleys


@pytest.fixture(autouse=True)
def afresh(amazon: Amazon) -> None:
    """Each test meets an Amazon that has answered nothing yet."""
    amazon.reset()


@pytest.fixture
def session(edge: Edge, tenant: Tenant) -> Any:
    """An account whose config names its topic."""
    return edge.account(tenant, "email", "smtp", {"kind": "ses", "topic_arn": TOPIC})


def post(edge: Edge, session: Any, body: bytes) -> httpx.Response:
    """SNS calls."""
    return edge.http.post(
        f"/email-events/{session}", content=body, headers={"content-type": "text/plain; charset=UTF-8"}
    )


def test_both_versions_of_the_signature_are_read(edge: Edge, session: Any, amazon: Amazon) -> None:
    """SHA-1 as Amazon still sends it, SHA-256, with and without a subject; the certificate is fetched once."""
    for number, version in enumerate(("1", "2", "2")):
        extra = {"Subject": "Amazon SES"} if number == 2 else {}
        assert post(edge, session, amazon.sign(notification(f"v{number}", **extra), version)).status_code == 200
    assert len(edge.rows(session)) == 3
    assert amazon.asked.count(amazon.certificate.removeprefix(f"https://{HOST}")) == 1
    assert post(edge, session, amazon.sign(notification("v0"), "1")).status_code == 200
    assert len(edge.rows(session)) == 3


def test_calls_that_come_together_fetch_the_certificate_once(edge: Edge, session: Any, amazon: Amazon) -> None:
    """50 at once before anybody knows the certificate: one fetch, 200 for all, one row."""
    body = amazon.sign(notification("together"))
    outcomes = volleys(edge, iter([(f"/email-events/{session}", body, {"content-type": "text/plain; charset=UTF-8"})]))
    assert [status for status, _ in outcomes] == [200] * COPIES
    assert len(edge.rows(session)) == 1
    assert amazon.asked.count(amazon.certificate.removeprefix(f"https://{HOST}")) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"Message": "{}"}, {"MessageId": str(uuid.UUID(int=1))}, {"Timestamp": "2027-01-01T00:00:00.000Z"},
        {"Signature": "AAAA"}, {"Signature": "!"}, {"Signature": 7}, {"SignatureVersion": "3"}, {"Subject": "added"},
        {"TopicArn": TOPIC + "x"}, {"SigningCertURL": None}, {"SigningCertURL": "not a url"}, {"Type": "Other"},
    ],
    ids=lambda change: "-".join(f"{k}={v}"[:30] for k, v in change.items()),
)  # fmt: skip
def test_a_changed_message_is_refused(edge: Edge, session: Any, amazon: Amazon, change: Row) -> None:
    """Every signed field, and everything about the signature."""
    message = json.loads(amazon.sign(notification("changed")))
    assert post(edge, session, json.dumps({**message, **change}).encode()).status_code == 401
    assert edge.rows(session) == [] and edge.refusals(session) == {"signature": 1}


@pytest.mark.parametrize(
    ("part", "instead"),
    [
        ("https", "http"), (HOST, f"{HOST}.evil.test"), (HOST, f"evil.test#{HOST}"), (HOST, f"{HOST}@evil.test"),
        (HOST, f"{HOST}:444"), (HOST, "sns.us-east-1.amazonaws.com"), (HOST, "bucket.s3.amazonaws.com"),
        (".pem", ".pem?x=1"), (".pem", ".txt"), ("/Simple", "/other/Simple"), ("Simple", "Other"),
    ],
)  # fmt: skip
def test_a_certificate_from_elsewhere_is_not_even_fetched(
    edge: Edge, session: Any, amazon: Amazon, part: str, instead: str
) -> None:
    """Only https, Amazon's host of the topic's region, its own kind of path; nothing is asked of anybody else."""
    message = json.loads(amazon.sign(notification("elsewhere")))
    url = message["SigningCertURL"].replace(part, instead)
    assert post(edge, session, json.dumps({**message, "SigningCertURL": url}).encode()).status_code == 401
    assert amazon.asked == []


def test_an_account_without_a_topic_takes_nothing(edge: Edge, tenant: Tenant, amazon: Amazon) -> None:
    """Anybody has a topic Amazon signs for: only the one that is expected counts."""
    session = edge.account(tenant, "email", "smtp", {"kind": "ses"})
    assert post(edge, session, amazon.sign(notification("no topic", TopicArn=""))).status_code == 401
    assert post(edge, session, amazon.sign(notification("some topic"))).status_code == 401
    assert amazon.asked == []


@pytest.mark.parametrize("served", ["expired", "garbage", "huge", "missing"])
def test_a_certificate_that_is_none_convinces_nobody(edge: Edge, session: Any, amazon: Amazon, served: str) -> None:
    """Expired, no certificate, too large, not there: refused."""
    answers = {"expired": (200, pem(certificate("sns.amazonaws.com", amazon.key, days=-1))), "garbage": (200, b"-----BEGIN"),
               "huge": (200, amazon.signing + b"x" * 40_000), "missing": (404, b"")}  # fmt: skip
    amazon.answers = lambda _: answers[served]
    assert post(edge, session, amazon.sign(notification(served))).status_code == 401
    assert edge.rows(session) == []


def test_without_the_certificate_amazon_is_asked_to_come_again(edge: Edge, session: Any, amazon: Amazon) -> None:
    """503 while the certificate cannot be fetched, since the call may well be good; it is kept when it comes again."""

    def broken(_: str) -> tuple[int, bytes]:
        raise OSError

    amazon.answers = broken
    body = amazon.sign(notification("later"))
    answer = post(edge, session, body)
    assert answer.status_code == 503 and answer.headers["retry-after"]
    assert edge.rows(session) == []
    amazon.answers = amazon.answer
    assert post(edge, session, body).status_code == 200


def test_a_subscription_to_the_topic_is_confirmed_at_amazon(edge: Edge, session: Any, amazon: Amazon) -> None:
    """The address is made of what Amazon signed; the one that came along is not followed. The call is kept, too."""
    body = amazon.sign(subscription(SubscribeURL="https://evil.test/?Action=ConfirmSubscription"))
    assert post(edge, session, body).status_code == 200
    (asked,) = [target for target in amazon.asked if "ConfirmSubscription" in target]
    assert "TopicArn=arn%3Aaws%3Asns%3A" in asked and "Token=2336412f37fb687f5d51e6e2425e929f" in asked
    assert {one for one in amazon.asked if ":443" in one} == {f"{HOST}:443"}
    assert len(edge.rows(session)) == 1


def test_a_subscription_to_another_topic_is_not_confirmed(edge: Edge, session: Any, amazon: Amazon) -> None:
    """A stranger's topic is signed by Amazon just as well."""
    assert post(edge, session, amazon.sign(subscription(TopicArn=TOPIC.replace("1234", "9999")))).status_code == 401
    assert amazon.asked == []


def test_a_confirmation_that_failed_is_tried_again(edge: Edge, session: Any, amazon: Amazon) -> None:
    """503, so that SNS asks again; then it is confirmed, and kept once."""
    body = amazon.sign(subscription())
    amazon.answers = lambda target: amazon.answer(target) if ".pem" in target else (500, b"")
    assert post(edge, session, body).status_code == 503
    amazon.answers = amazon.answer
    assert post(edge, session, body).status_code == 200
    assert len(edge.rows(session)) == 1
