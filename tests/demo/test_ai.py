"""A key and an address are all it takes: the whole product, as anybody starts it, runs on a model."""

import json
import smtplib
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.demo.test_demo import Stack
from tests.support.messages_api import MessagesAPI
from tests.workers.harness import write_mail

ANN = "ann@people.test"
PARKING = "Hi there, where can I leave my car while you look at it? Thanks, Ann"
"""No keyword of any FAQ entry is in it: the rules hand it to a person, a model can answer it."""
COUNT = 150
"""So many write that of the answers each provider loses at least one."""
MODEL, PROMPT = "claude-haiku-5-5", "decide.v2"


def pointed_at(api: MessagesAPI) -> dict[str, str]:
    """What the operator sets; nothing else says that there is a model."""
    return {"ANTHROPIC_API_KEY": api.key, "ANTHROPIC_BASE_URL": api.url, "PARLEY_DECIDER": ""}


def until(what: Callable[[], Any], wanted: Callable[[Any], Any]) -> Any:
    """The first answer that is as wanted."""
    deadline = time.monotonic() + 60
    while not wanted(found := what()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


class Client:
    """The API as the owner of the demo tenant uses it."""

    def __init__(self, stack: Stack) -> None:
        token = stack.run("token", "--email", "owner@acme.test").stdout.strip()
        url = f"http://127.0.0.1:{stack.environment['PARLEY_API_PORT']}/v1"
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def __call__(self, method: str, path: str, data: Any = None) -> Any:
        answer = self.http.request(method, path, json=data)
        assert answer.is_success, answer.text
        return answer.json()

    def when_done(self, path: str) -> Any:
        """What was asked for, once it does not wait any more."""
        return until(lambda: self("GET", path), lambda state: state["status"] != "waiting")


@pytest.mark.prove
def test_the_whole_product_runs_on_the_model(stack: Stack) -> None:
    """`parley up` with a made-up key: mail, insights, drafts, translations and the shadow, all from outside."""
    with MessagesAPI() as api:
        stack.environment |= pointed_at(api) | {"PARLEY_SHADOW_DECIDER": "rules"}
        up = stack.run("up", "--detach")
        assert up.returncode == 0, up.stderr + up.stdout
        report = stack.demo()
        assert (report["lost"], report["errors"], report["violations"]) == (0, 0, 0)
        owner = Client(stack)
        answer = "You can leave your car in our yard behind the house."
        owner("POST", "/faq", {"question": "Is there parking?", "keywords": ["stellplatz"], "answer": answer})
        owner("PATCH", "/tenant", {"settings": {"voice_signature": "Warmly\nOlivia", "voice_tone": "warm"}})
        with smtplib.SMTP("127.0.0.1", int(stack.environment["PARLEY_SMTP_PORT"])) as client:
            client.send_message(
                write_mail(ANN, "support@acme.test", PARKING, "Your place", Message_ID="<ann-1@people.test>")
            )
        (sent,) = json.loads(stack.run("mail", "--json", "--to", ANN, "--wait", "60").stdout)
        assert (sent["subject"], sent["in_reply_to"]) == ("Re: Your place", "<ann-1@people.test>")
        explained = json.loads(stack.run("explain", "ann-1@people.test", "--json").stdout)
        decision, message = explained["decision"], explained["message"]
        assert (decision["decider"], decision["model"], decision["prompt_version"]) == ("anthropic", MODEL, PROMPT)
        assert decision["action"] == "auto_reply" and decision["cost_usd"] > 0
        thread = explained["thread"]["id"]
        texts = [one["body"] for one in owner("GET", f"/threads/{thread}/messages")["messages"]]
        assert len(texts) == 2 and texts[1].endswith(f"{answer}\n\nWarmly\nOlivia")
        insight = until(
            lambda: owner("GET", f"/threads/{thread}/insights"), lambda found: found.get("read_seq", 0) >= 2
        )
        assert (insight["model"], insight["prompt_version"]) == (MODEL, "summarize.v1")
        asked = owner("POST", f"/threads/{thread}/suggestions")
        drafts = owner.when_done(f"/suggestions/{asked['request_id']}")
        assert (drafts["decider"], drafts["model"]) == ("anthropic", MODEL) and answer in drafts["drafts"][0]["body"]
        owner("POST", f"/messages/{message['id']}/translation", {"language": "de"})
        translated = owner.when_done(f"/messages/{message['id']}/translation?language=de")
        assert translated["text"].startswith("[de] Hi there")
        diff = until(
            lambda: json.loads(
                stack.run("decisions", "diff", "--json", "--made-by", f"anthropic:{MODEL}:{PROMPT}").stdout
            ),
            lambda found: found["exact"] and found["actions"],
        )
        assert "auto_reply → human_takeover" in diff["actions"]
        assert json.loads(stack.run("check", "--json").stdout)["violations"] == 0
        calls = {task: len(api.asked(task)) for task in ("decide", "summarize", "suggest", "translate")}
        print(report, calls)
        assert min(calls.values()) >= 1 and api.refused == []
        assert not any(api.key in path.read_text() for path in stack.home.glob("logs/*.log"))


@pytest.mark.prove
@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "sms", "email"])
def test_every_channel_runs_on_the_model(stack: Stack, channel: str) -> None:
    """The main job of each, over providers that lose some of their answers: the same figures as by rules."""
    with MessagesAPI() as api:
        stack.environment |= pointed_at(api)
        report = stack.demo("--channel", channel, "--count", str(COUNT), "--private")
        print(report, len(api.asked("decide")))
        assert (report["sent"], report["received"], report["lost"], report["duplicates"]) == (COUNT, COUNT, 0, 0)
        assert (report["violations"], report["decisions"]) == (0, COUNT)
        assert 0 < report["replies"] <= report["decisions"]
        for told in report.get("providers", []):
            assert (told["doubled"], told["lost"], told["unlisted"]) == (0, 0, 0)
            assert told["answers_lost"] > 0, "no answer was lost: the test proved nothing"
        questions = [call.newest for call in api.asked("decide")]
        assert len(set(questions)) >= 5 and api.refused == [], "what is asked twice is answered from the cache"
