"""What was not judged, was held or was stopped is seen by its recipient nowhere: on no surface, whatever the moderator does.

The moderator is first dead, then slow (it waits for a model), then killed with the messages in its hands.
"""

import contextlib
import json
import os
import re
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.api.kit import Client as ApiClient
from tests.api.kit import serving
from tests.db.moderation.kit import EVERYTHING, Judged
from tests.db.moderation.test_held_words import DISGUISED
from tests.support.database import Cluster
from tests.support.messages_api import MessagesAPI, Reply
from tests.support.nursery import Worker
from tests.support.surface import LocalProject
from tests.workers.harness import wait_until

BUCKET = "parley-attachments"
RELATIONS = (
    "select c.relname from pg_class as c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')"
    " and has_table_privilege('authenticated', c.oid, 'select') order by 1"
)


def word() -> str:
    """A text that stands nowhere else."""
    return f"zq{uuid.uuid4().hex}"


class Frames:
    """Everything one person's Realtime connection was sent, from before the first message on."""

    def __init__(self, url: str, key: str, token: str, topics: list[str]) -> None:
        address = f"{url.replace('http', 'ws')}/realtime/v1/websocket?apikey={key}&vsn=2.0.0"
        self.socket = connect(address, max_size=None, proxy=None)
        self.text = ""
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self.join(token, topics, {})
        wait_until(lambda: self.text.count('"status":"ok"') >= len(topics), 60, 0.02, lambda: self.text)

    def join(self, token: str, topics: list[str], broadcast: dict[str, Any]) -> None:
        """Ask for topics, with these wishes; returns once each was answered."""
        before = self.text.count('"phx_reply"')
        config = {"private": True, "broadcast": broadcast, "presence": {"enabled": True}, "postgres_changes": []}
        for number, topic in enumerate(topics, 1):
            told = {"config": config, "access_token": token}
            self.socket.send(json.dumps([str(number), str(number), f"realtime:{topic}", "phx_join", told]))
        wait_until(lambda: self.text.count('"phx_reply"') >= before + len(topics), 60, 0.02, lambda: self.text)

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for frame in self.socket:
                self.text += frame if isinstance(frame, str) else frame.decode("utf-8", "replace")

    def close(self) -> None:
        """Hang up."""
        self.socket.close()
        self._thread.join(60)


class Scene:
    """Ann writes to Bob: something that is shown, and in every way there is something that is not."""

    def __init__(self, local: LocalProject, api_url: str) -> None:
        self.local, self.world = local, local.room.world
        self.chat = Judged(self.world)
        document = {"regions": ["US"], "lanes": EVERYTHING, "second_opinion": {"when": "always"}}
        self.chat.decree(document)
        self.world.owner.execute("select private.set_ai_budget(%s, 10)", [self.chat.tenant.id])
        self.ann, self.bob = self.chat.pair()
        self.thread = self.chat.start(self.ann, self.bob)["thread_id"]
        self.token = local.project.token(self.bob.user)
        self.api = ApiClient(api_url, self.token)
        self.http = httpx.Client(
            base_url=local.project.url, timeout=60, trust_env=False,
            headers={"apikey": local.project.publishable_key, "authorization": f"Bearer {self.token}"},
        )  # fmt: skip
        self.frames = Frames(local.project.url, local.project.publishable_key, self.token,
                             [f"thread:{self.thread}", f"user:{self.bob.user}"])  # fmt: skip
        self.shown, self.mask = word(), word()
        self.hidden: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self._write()

    def _write(self) -> None:
        shown = self.say("shown", self.shown, attach=True)
        self.chat.judge(shown)
        wait_until(lambda: str(shown) in self.frames.text, 60, 0.02, lambda: self.frames.text)
        for name, decision in (("review", "review"), ("blocked", "blocked"), ("original", "filtered")):
            self.hidden[name] = word()
            self.chat.judge(self.say(name, self.hidden[name]), decision, filtered_content=self.mask)
        self.hidden["pending"], self.hidden["edit"] = word(), word()
        self.say("pending", self.hidden["pending"], attach=True)
        edited = self.say("edited", word())
        self.chat.judge(edited)
        self.chat.call(self.ann, "edit_own_message", message_id=edited, body=self.hidden["edit"])
        self.hidden["words"] = word()
        self.book(f"{self.hidden['words']}: {DISGUISED}")

    def book(self, description: str) -> None:
        """Ann asks Bob for work, as supabase-js does it."""
        asked = {"title": "Visit", "description": description, "provider_id": str(self.bob.contact)}
        answer = self.http.post(
            "/rest/v1/rpc/create_booking", json={"p_booking": asked, "p_tenant_slug": self.chat.tenant.slug},
            headers={"authorization": f"Bearer {self.local.project.token(self.ann.user)}"},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        assert self.http.get("/rest/v1/bookings", params={"select": "title,description"}).json() == [
            {"title": "…", "description": None}
        ]

    def say(self, name: str, body: str, *, attach: bool = False) -> uuid.UUID:
        """A message of Ann's; with a file that was found clean."""
        more: dict[str, Any] = {}
        if attach:
            place = self.chat.call(
                self.ann, "reserve_attachment", filename=f"{name}.jpg", content_type="image/jpeg", size_bytes=35
            )
            self.files[name] = place
            headers = {"content-type": "image/jpeg", "apikey": self.local.project.publishable_key,
                       "authorization": f"Bearer {self.local.project.token(self.ann.user)}"}  # fmt: skip
            put = httpx.post(f"{self.local.project.url}/storage/v1/object/{BUCKET}/{place['path']}", headers=headers,
                             content=(body + " ").encode()[:35].ljust(35), trust_env=False)  # fmt: skip
            assert put.status_code == 200, put.text
            more["attachments"] = [uuid.UUID(place["attachment_id"])]
        sent = uuid.UUID(self.chat.say(self.ann, self.thread, body, **more)["message_id"])
        if attach:
            self.world.owner.execute(
                "delete from private.attachment_work where attachment_id = %s", [place["attachment_id"]]
            )
            self.world.owner.execute(
                "update public.message_attachments set status = 'released', sha256 = repeat('0', 64), checked_by = 'rules', checked_at = now() where message_id = %s",
                [sent],
            )
        self.ids[name] = str(sent)
        return sent

    def held(self) -> set[str]:
        """Ids of messages that Bob is to know nothing of."""
        return {self.ids[name] for name in ("review", "blocked", "pending")}

    def close(self) -> None:
        """Hang up."""
        self.frames.close()
        self.http.close()
        self.api.http.close()


# ── the moderator ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesAPI]:
    """A model that thinks for ever."""
    with MessagesAPI(lambda _: Reply(delay_s=600)) as api:
        yield api


@pytest.fixture(scope="module")
def scene(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory, model: MessagesAPI
) -> Iterator[Scene]:
    """The surface and the API in front of one database."""
    database = cluster.create(template=template)
    local = LocalProject(database, tmp_path_factory.mktemp("unmoderated"), **model.settings(), decider_deadline_s=500.0)
    try:
        settings = database.settings(supabase_jwt_secret=local.project.jwt_secret)
        with serving(settings) as url:
            made = Scene(local, url)
            yield made
            made.close()
    finally:
        local.close()
        database.drop()


@pytest.fixture(scope="module", params=["dead", "slow", "killed"])
def looking(request: pytest.FixtureRequest, scene: Scene, model: MessagesAPI, running: list[Worker]) -> Scene:
    """The scene while the moderator is dead, waits for its model with both messages in hand, or was killed so."""
    if request.param == "slow":
        running += scene.local.room.start("moderator")
        wait_until(lambda: len(model.asked("moderate")) >= 2, 60, 0.05, scene.local.room.logs)
    elif request.param == "killed":
        os.kill(running[0].pid, signal.SIGKILL)
        running[0].wait(60)
    return scene


@pytest.fixture(scope="module")
def running() -> list[Worker]:
    """The moderators that were started."""
    return []


# ── the surfaces ─────────────────────────────────────────────────────────────────────────────────────────────────


def psql(scene: Scene) -> str:
    """Every row of every relation that a signed-in person may select from, and every call of the chat."""
    relations = [row["relname"] for row in scene.world.all(RELATIONS)]
    found = []
    with scene.world.acting(scene.bob.user) as connection:
        for name in relations:
            try:
                with connection.transaction():
                    row = connection.execute(
                        f'select string_agg(t::text, chr(10)) as rows from public."{name}" as t'
                    ).fetchone()
                found.append(f"{name}: {row['rows']}")
            except psycopg.errors.InsufficientPrivilege:
                continue
    calls: list[tuple[str, dict[str, Any]]] = [
        ("poll_messages", {"thread_id": uuid.UUID(scene.thread), "since": 0}),
        ("poll_messages", {"thread_id": uuid.UUID(scene.thread), "before_seq": 100}),
        ("get_conversation", {"thread_id": uuid.UUID(scene.thread)}), ("list_conversations", {}), ("unread_total", {}),
        *(("my_message_moderation", {"message_id": uuid.UUID(one)}) for one in scene.ids.values()),
        ("mark_read", {"thread_id": uuid.UUID(scene.thread), "seq": 1}),
    ]  # fmt: skip
    return "\n".join(
        found + [json.dumps(scene.chat.call(scene.bob, name, **given), default=str) for name, given in calls]
    )


def rest(scene: Scene) -> str:
    """Every relation over PostgREST, every call by POST."""
    names = [row["relname"] for row in scene.world.all(RELATIONS)]
    answers = [scene.http.get(f"/rest/v1/{name}", params={"select": "*"}) for name in names]
    thread = scene.thread
    for name, given in (
        ("poll_messages", {"p_thread_id": thread}),
        ("poll_messages", {"p_thread_id": thread, "p_before_seq": 100}),
        ("list_conversations", {}),
        ("get_conversation", {"p_thread_id": thread}),
        *(("react_to_message", {"p_message_id": one, "p_reaction": "x"}) for one in scene.held()),
        *(("my_message_moderation", {"p_message_id": one}) for one in scene.held()),
        *(("read_original", {"p_message_id": one, "p_reason": "I want to know"}) for one in scene.ids.values()),
    ):
        answers.append(scene.http.post(f"/rest/v1/rpc/{name}", json=given))
    assert all(answer.status_code < 500 for answer in answers)
    return "\n".join(_without_question(answer) for answer in answers)


def api(scene: Scene) -> str:
    """Lists, pages, single messages, and what became of them."""
    thread = f"/v1/conversations/{scene.thread}"
    paths = [
        "/v1/conversations",
        "/v1/conversations/unread",
        thread,
        f"{thread}/messages",
        f"{thread}/messages?before_seq=100",
    ]
    for one in scene.ids.values():
        paths += [f"/v1/messages/{one}/{more}" for more in ("moderation", "comments")] + [f"/v1/messages/{one}"]
    paths += _every_get(scene)
    answers = [scene.api.get(path) for path in paths]
    answers += [
        scene.api.post(f"/v1/messages/{one}/original", {"reason": "I want to know"}) for one in scene.ids.values()
    ]
    return "\n".join(_without_question(answer) for answer in answers)


def _every_get(scene: Scene) -> list[str]:
    """Everything the API can be asked for, about this conversation and whatever of it is held."""
    people = {"contact_id": str(scene.ann.contact), "user_id": str(scene.ann.user), "thread_id": scene.thread}
    files = [str(place["attachment_id"]) for place in scene.files.values()]
    made = []
    for pattern, operations in scene.api.get("/openapi.json").json()["paths"].items():
        if "get" not in operations:
            continue
        named = re.findall(r"{(\w+)}", pattern)
        for one in (*scene.held(), *files) if set(named) - set(people) else ("",):
            made.append(pattern.format(**{name: people.get(name, one) for name in named}))
    assert len(made) > 50
    return made


def storage(scene: Scene) -> str:
    """The objects by every door: listed, opened, read, asked about, signed, copied, moved, and put anew."""
    found, folder = [], f"{scene.chat.tenant.id}/{scene.ann.user}"
    for prefix in (str(scene.chat.tenant.id), folder, f"{folder}/"):
        for kind in ("list", "list-v2"):
            found.append(scene.http.post(f"/storage/v1/object/{kind}/{BUCKET}", json={"prefix": prefix}).text)
    for name, place in scene.files.items():
        path, to = f"{BUCKET}/{place['path']}", f"{scene.chat.tenant.id}/{scene.bob.user}/{name}.jpg"
        opened = [
            scene.http.post("/rest/v1/rpc/open_attachment", json={"p_attachment_id": place["attachment_id"], **more})
            for more in ({"p_thumbnail": True}, {"p_reason": "I want to know"}, {})
        ]
        asked = [scene.http.get(f"/storage/v1/object/{door}{path}")
                 for door in ("", "public/", "authenticated/", "info/", "info/public/", "info/authenticated/")]  # fmt: skip
        signed = scene.http.post(f"/storage/v1/object/sign/{path}", json={"expiresIn": 60})
        if signed.status_code == 200:
            asked.append(scene.http.get(f"/storage/v1{signed.json()['signedURL']}"))
        if name != "shown":
            body = {"bucketId": BUCKET, "sourceKey": place["path"], "destinationKey": to}
            asked += [scene.http.post(f"/storage/v1/object/{verb}", json=body) for verb in ("copy", "move")]
            asked += [scene.http.request(verb, f"/storage/v1/object/{path}", content=b"x") for verb in ("PUT", "POST")]
            scene.http.delete(f"/storage/v1/object/{path}")
            many = scene.http.post(
                f"/storage/v1/object/sign/{BUCKET}", json={"paths": [place["path"]], "expiresIn": 60}
            )
            found += [str(one["signedURL"]) for one in many.json() if one["signedURL"]]
        found += [_without_question(answer) for answer in (*opened, *asked)]
    return "\n".join(found)


def realtime(scene: Scene) -> str:
    """Every frame since before the first message; and all that is told to one who comes later and asks for what was
    said before, here and where others are told."""
    late = Frames(scene.local.project.url, scene.local.project.publishable_key, scene.token, [])
    topics = [
        f"thread:{scene.thread}",
        f"user:{scene.bob.user}",
        f"user:{scene.ann.user}",
        f"inbox:{scene.chat.tenant.id}",
    ]
    late.join(scene.token, topics, {"replay": {"since": 0, "limit": 25}})
    wait_until(lambda: scene.ids["shown"] in late.text, 60, 0.02, lambda: late.text)
    late.close()
    assert "replayed" in late.text and scene.ids["shown"] in late.text and "Unauthorized" in late.text
    return scene.frames.text + late.text


def notifications(scene: Scene) -> str:
    """What is kept to be told or pushed to anybody."""
    tables = [row["name"] for row in scene.world.all(
        "select c.oid::regclass::text as name from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname in ('public', 'private') and c.relkind = 'r' and c.relname ~ 'notif|push|insight'"
    )]  # fmt: skip
    assert tables
    return "\n".join(str(scene.world.value(f"select string_agg(t::text, chr(10)) from {name} as t")) for name in tables)


def _without_question(answer: httpx.Response) -> str:
    return answer.text if answer.status_code < 400 else ""


SURFACES: list[Callable[[Scene], str]] = [psql, rest, api, storage, realtime, notifications]


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.__name__)
def test_a_recipient_sees_nothing_that_was_not_released(looking: Scene, surface: Callable[[Scene], str]) -> None:
    """No text, no original, no file, and not that there is something; what was released is there."""
    found = surface(looking)
    assert [name for name, text in looking.hidden.items() if text in found] == []
    assert [name for name, one in looking.ids.items() if one in looking.held() and one in found] == []
    if surface in {psql, rest, api}:
        assert looking.shown in found and looking.mask in found
    elif surface is storage:
        assert looking.shown in found
    elif surface is realtime:
        assert looking.ids["shown"] in found


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_staff_is_told_nothing_without_a_reason(looking: Scene, role: str) -> None:
    """Whatever it asks the API for: neither what people were shown, nor what is held, nor what is under a mask."""
    tenant = looking.chat.tenant
    claims = {"app_metadata": {"tenant_id": str(tenant.id)}}
    staff = ApiClient(str(looking.api.http.base_url), looking.local.project.token(tenant.people[role], **claims))
    answers = [staff.get(path) for path in _every_get(looking)]
    staff.http.close()
    assert sum(answer.status_code == 200 for answer in answers) > 20
    found = "\n".join(answer.text for answer in answers)
    texts = {**looking.hidden, "shown": looking.shown, "mask": looking.mask}
    assert [name for name, text in texts.items() if text in found] == []


def test_all_of_it_still_waits(looking: Scene) -> None:
    """Nothing slipped through while we looked, and the books are right."""
    assert {name: looking.chat.status(one) for name, one in looking.ids.items()} == {
        "shown": "approved", "review": "review", "blocked": "blocked", "original": "filtered", "pending": "pending",
        "edited": "pending",
    }  # fmt: skip
    assert looking.world.violations(looking.chat.tenant) == {}
