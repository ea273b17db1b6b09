"""One conversation, everybody who has no part in it, and the surface in front of them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.db.chat.kit import Chat, Person
from tests.db.helpers import Tenant, World
from tests.db.policies.test_matrix import fill
from tests.support.database import Cluster
from tests.support.surface import LocalProject

WORDS = "between Ann and Bob, who are nobody else's business"


@dataclass(frozen=True)
class Actor:
    """Somebody who tries. `works` is the tenant he has a seat in the office of, by his token."""

    name: str
    user: uuid.UUID | None
    headers: dict[str, str]
    token: str
    works: uuid.UUID | None = None
    is_outsider: bool = True
    """Nobody at the tenant: not even a contact of its."""


class Scene:
    """The tenant with a row in every table, the conversation, and the actors by name."""

    def __init__(self, world: World, local: LocalProject) -> None:
        self.world, self.local = world, local
        self.chat = Chat(world, world.tenant("agent", "viewer", "admin", sends_per_minute=1000))
        fill(world, self.tenant)
        chat = self.chat
        self.ann, self.bob, self.gone, cid, dan = (chat.person(name) for name in ("Ann", "Bob", "Gone", "Cid", "Dan"))
        booking = chat.share(self.ann, self.bob, self.gone)
        chat.share(cid, dan)
        made = chat.start(self.ann, self.bob)  # a conversation of two, which nobody leaves
        group = chat.call(self.ann, "start_thread", contact_ids=[self.bob.contact, self.gone.contact], subject="Three",
                          context_kind="booking", context_id=booking)  # fmt: skip
        chat.call(self.gone, "leave_conversation", thread_id=uuid.UUID(group["thread_id"]))
        self.pair, self.thread = uuid.UUID(made["thread_id"]), uuid.UUID(group["thread_id"])
        place = chat.call(self.ann, "reserve_attachment", filename="plan.jpg", content_type="image/jpeg", size_bytes=5)
        self.path, self.attachment = str(place["path"]), uuid.UUID(place["attachment_id"])
        self.spare = str(chat.call(self.ann, "reserve_attachment", filename="b.jpg", content_type="image/jpeg",
                                   size_bytes=5)["path"])  # fmt: skip
        self.http = httpx.Client(base_url=local.project.url, timeout=60, trust_env=False)
        self.actors = self._actors(cid)
        assert self.put(self.as_person(self.ann), self.path).status_code == 200
        sent = chat.say(self.ann, self.thread, WORDS, attachments=[self.attachment])
        self.message = uuid.UUID(sent["message_id"])
        chat.start(cid, dan, body="Something else")

    @property
    def tenant(self) -> Tenant:
        """Whose everything is."""
        return self.chat.tenant

    def _actors(self, cid: Person) -> dict[str, Actor]:
        other = self.world.tenant("agent")
        eve = Chat(self.world, other).person("Eve")
        key = self.local.project.publishable_key
        return {actor.name: actor for actor in (
            self.actor("stranger", self.world.user()),
            self.actor("anonymous sign-in", self.world.user(), is_anonymous=True),
            Actor("anon key", None, {"apikey": key}, key),
            self.actor("person elsewhere", eve.user),
            self.actor("member elsewhere", other.people["owner"], other.id),
            self.actor("other participant", cid.user, is_outsider=False),
            self.actor("removed participant", self.gone.user, is_outsider=False),
            self.actor("viewer", self.tenant.people["viewer"], self.tenant.id, is_outsider=False),
        )}  # fmt: skip

    def actor(
        self, name: str, user: uuid.UUID, works: uuid.UUID | None = None, *, is_outsider: bool = True, **claims: Any
    ) -> Actor:
        """Somebody with a token."""
        if works:
            claims["app_metadata"] = {"tenant_id": str(works)}
        token = self.local.project.token(user, **claims)
        headers = {"apikey": self.local.project.publishable_key, "authorization": f"Bearer {token}"}
        return Actor(name, user, headers, token, works, is_outsider)

    def as_person(self, person: Person) -> Actor:
        """Somebody who takes part."""
        return self.actor(person.name, person.user, is_outsider=False)

    def ask(self, actor: Actor, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        headers = actor.headers | options.pop("headers", {})
        return self.http.request(method, path, headers=headers, **options)

    def put(self, actor: Actor, path: str, data: bytes = b"bytes", **headers: str) -> httpx.Response:
        """Upload to a path of the private bucket."""
        given = {"content-type": "image/jpeg"} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(actor, "POST", f"/storage/v1/object/parley-attachments/{path}", content=data, headers=given)

    def attempts(self) -> list[dict[str, Any]]:
        """What is on record for the tenant, in order."""
        return self.world.all(
            "select actor, surface, action, object_kind, object_id from public.access_denials where tenant_id = %s"
            " order by at, id", self.tenant.id,
        )  # fmt: skip

    def told(self, answer: httpx.Response, *, but: tuple[Any, ...] = ()) -> list[str]:
        """What of the conversation an answer gives away."""
        secrets = (WORDS, self.thread, self.message, self.attachment, self.path, self.spare, self.pair)
        return [str(secret) for secret in secrets if secret not in but and str(secret) in answer.text]

    def close(self) -> None:
        """Hang up."""
        self.http.close()


@pytest.fixture(scope="package")
def scene(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The surface on a database of its own, for all who try."""
    database = cluster.create(template=template)
    world = World(database)
    local = LocalProject(database, tmp_path_factory.mktemp("isolation"))
    try:
        made = Scene(world, local)
        yield made
        made.close()
    finally:
        local.close()
        world.close()
        database.drop()
