"""The desk in real browsers: two of the staff, one inbox, mail coming in, and everything that can go wrong."""

import json
import re
import smtplib
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path

import msgspec
import pytest

from app.demo.seed.build import seed_tenant
from app.secrets import Vault
from app.settings import PROJECT, Settings
from devstack import bridge
from devstack.ports import free_port
from tests.browser import enclosed, letters
from tests.browser.quiet import Quiet
from tests.browser.test_chat import PICTURES, serve
from tests.browser.visitors import Visitors
from tests.support import npm
from tests.support.database import Cluster
from tests.support.loopback import Telegrams
from tests.support.surface import LocalProject
from tests.workers.harness import wait_until

HERE = Path(__file__).parent
SUITES = sorted((HERE / "js" / "desk").glob("*.test.mjs"))
"""Half of them are tried here, half in test_desk_too.py: by two processes, each with an office of its own."""
STAFF = {"Olivia": "owner@acme.test", "Ana": "agent@acme.test"}
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
MAILBOX, ELSEWHERE = "support@acme.test", "hallo@birch.test"
HOSTILE = '<img src=x onerror="globalThis.hacked=1"><script>globalThis.hacked=1</script>\u202egnp.exe\u200b[x](javascript:alert(1))'
RIGHT_TO_LEFT = "\u05e9\u05dc\u05d5\u05dd, \u05de\u05d4 \u05e9\u05e2\u05d5\u05ea \u05d4\u05e4\u05ea\u05d9\u05d7\u05d4 \u05e9\u05dc\u05db\u05dd?"
NEWEST = (
    "select t.tenant_id, t.id, c.display_name from public.et_threads as t inner join public.contacts as c"
    " on c.tenant_id = t.tenant_id and c.id = t.contact_id inner join public.tenants as x on x.id = t.tenant_id"
    " where x.slug = 'acme' and t.channel = 'email' order by t.created_at desc limit 1"
)
FOLLOW_UP = (
    "insert into public.et_thread_insights (tenant_id, thread_id, summary, follow_up_at, follow_up_text,"
    " follow_up_status, read_seq, model) values (%(tenant)s, %(thread)s, 's', now() + interval '3 days',"
    " 'Does Thursday still suit you?', 'scheduled', 1, 'rules')"
)
TASK = (
    "insert into public.manual_tasks (tenant_id, kind, title, target, queue_id, message_id, thread_id, due_at)"
    " select e.tenant_id, 'call', 'Call about the keys', '+442079460000', e.id, e.message_id, e.thread_id,"
    " now() - interval '1 day' from public.et_outbound_queue as e where e.thread_id = %(thread)s limit 1"
)
NO_HEADERS: Mapping[str, str] = {}
TIMEOUT_S = 560


@dataclass
class Office:
    """The product with the people of the seed, its API, its workers, and strangers who write."""

    local: LocalProject
    visitors: Visitors
    quiet: Quiet = field(default_factory=Quiet)
    writers: int = 0
    last: EmailMessage | None = None

    def write(
        self, name: str, body: str, *, to: str = MAILBOX, headers: Mapping[str, str] = NO_HEADERS
    ) -> dict[str, str]:
        """Somebody writes a mail."""
        mail = EmailMessage()
        mailbox = name.lower().replace(" ", ".") if name.isascii() else "noa"
        mail["From"], mail["To"] = f"{name} <{mailbox}@people.test>", to
        mail["Subject"], mail["Message-ID"] = "A question", make_msgid(domain="people.test")
        for header, value in headers.items():
            mail[header] = value
        mail.set_content(body)
        self.last = mail
        with smtplib.SMTP("127.0.0.1", self.local.room.smtp_port, timeout=60) as server:
            server.send_message(mail)
        return {"name": name}

    def mail(self) -> dict[str, str]:
        """Somebody new writes."""
        self.writers += 1
        return self.write(f"Person Number {self.writers}", "Hello, what are your opening hours?")

    def newsletter(self) -> dict[str, str]:
        """A list writes to its subscribers."""
        self.writers += 1
        headers = {"List-Id": "Offers <offers.people.test>", "Precedence": "bulk"}
        return self.write(f"Newsletter Number {self.writers}", "Offers of the week", headers=headers)

    def spam(self) -> dict[str, str]:
        """Somebody new writes what everybody takes for spam."""
        self.writers += 1
        return self.write(f"Person Number {self.writers}", f"Hello, what are your opening hours?\n{GTUBE}")

    def spam_again(self) -> dict[str, str]:
        """Whoever wrote last writes spam."""
        return self.write(f"Person Number {self.writers}", f"When are you open on Sundays?\n{GTUBE}")

    def mail_again(self) -> dict[str, str]:
        """Whoever wrote last writes once more."""
        return self.write(f"Person Number {self.writers}", "And on Sundays?")

    def mail_angry(self) -> dict[str, str]:
        """Somebody new writes, who is about to lose his patience."""
        self.writers += 1
        anger = "This is unacceptable, the worst service ever. I want a refund or you hear from my lawyer!"
        return self.write(f"Person Number {self.writers}", anger)

    def newcomer(self) -> dict[str, str]:
        """Somebody who has just made a tenant: no account, no knowledge, no message."""
        self.writers += 1
        email = f"newcomer{self.writers}@empty.test"
        with self.local.room.database.connect() as owner:
            owner.execute(
                "with u as (insert into auth.users (id, email, email_confirmed_at, aud, role, instance_id, encrypted_password,"
                " raw_app_meta_data, raw_user_meta_data, confirmation_token, recovery_token, email_change_token_new,"
                " email_change, created_at, updated_at) select gen_random_uuid(), %s, now(), 'authenticated', 'authenticated',"
                " instance_id, encrypted_password, raw_app_meta_data, '{}', '', '', '', '', now(), now() from auth.users"
                " where email = %s returning id), t as (insert into public.tenants (slug, name) values (%s, 'Empty Shop')"
                " returning id) insert into public.tenant_members (tenant_id, user_id, role, display_name)"
                " select t.id, u.id, 'owner', 'Nele New' from t, u",
                [email, STAFF["Olivia"], f"empty-{self.writers}"],
            )  # fmt: skip
        return {"email": email, "password": self.local.keys["demo_password"], "slug": f"empty-{self.writers}"}

    def first_mail(self) -> dict[str, str]:
        """Somebody writes to the mailbox that was connected last."""
        address = (
            "select address from public.et_channel_sessions where channel = 'email' order by created_at desc limit 1"
        )
        return self.write("Ada First", "Hello, what are your opening hours?", to=self.local.room.world.value(address))

    def link(self) -> dict[str, str]:
        """The link in the newest mail to Ana."""
        mail = wait_until(lambda: self.local.room.caught(STAFF["Ana"]))[-1]
        text = mail.get_body(("plain", "html")).get_content()  # type: ignore[union-attr]
        found = re.search(r"https?://\S+/verify\?[^\s\"<>]+", text)
        assert found, text
        return {"url": found[0].replace("&amp;", "&")}

    def refused(self) -> dict[str, list[str]]:
        """What browsers reported of our pages."""
        return {"lines": [line for line in self.local.room.logs().splitlines() if "browser refused" in line]}

    def between(self) -> dict[str, str]:
        """Two people of the first tenant have written to each other: 53 messages, of every sort."""
        self.writers += 1
        names = [f"{name} Number {self.writers}" for name in ("Ann", "Bob")]
        world = self.local.room.world
        tenant = world.one("select id from public.tenants where slug = 'acme'")["id"]
        ann, bob = (
            world.one("insert into public.contacts (tenant_id, display_name, kind) values (%s, %s, %s) returning id",
                      tenant, name, kind)["id"]
            for name, kind in zip(names, ("customer", "provider"), strict=True)
        )  # fmt: skip
        thread = world.one("select private.open_conversation(%s, %s, %s) as id", tenant, ann, bob)["id"]
        bodies = [f"Line {n}" for n in range(1, 50)] + [HOSTILE, "Call me at ***", "I meant nine", ""]
        for n, body in enumerate(bodies, 1):
            world.owner.execute(
                "insert into public.et_messages (tenant_id, thread_id, channel, direction, delivery_status, sender_kind,"
                " sender, sender_contact_id, body, moderation_status, edited_at, deleted_at) values (%s, %s, 'in_app',"
                " 'internal', 'sent', 'participant', %s, %s, %s, %s, case when %s then now() end, case when %s then now()"
                " end)",
                [tenant, thread, f"contact:{bob if n % 2 else ann}", bob if n % 2 else ann, body,
                 "filtered" if "***" in body else "approved", "nine" in body, not body],
            )  # fmt: skip
        return {"customer": names[0], "provider": names[1]}

    def to_do(self) -> dict[str, str]:
        """For the newest conversation: a call somebody has to make, a day late, and a follow-up that is to come."""
        world = self.local.room.world
        thread = world.all(NEWEST)[0]
        values = {"tenant": thread["tenant_id"], "thread": thread["id"]}
        world.owner.execute(FOLLOW_UP, values)
        world.owner.execute(TASK, values)
        return {"name": thread["display_name"], "thread": str(thread["id"])}

    def undelivered(self) -> dict[str, str]:
        """Three answers in the newest conversation: one failed, of one nobody knows, one was stopped by a rule."""
        world = self.local.room.world
        thread = world.all(NEWEST)[0]
        ends = {"failed": "554", "dispatch_unknown": "connection", "cancelled": "window_closed"}
        for status, reason in ends.items():
            with world.owner.transaction():
                sent = world.one("select message_id, queue_id from private.enqueue_outbound(%s, %s, %s, 'agent', 'agent', '{}')",
                                 thread["tenant_id"], thread["id"], f"This one ends as {status}.")  # fmt: skip
                world.owner.execute("delete from private.outbound_work where queue_id = %s", [sent["queue_id"]])
                for step in ("sending", status):
                    world.owner.execute("update public.et_outbound_queue set status = %s, status_reason = %s"
                                        " where id = %s", [step, reason, sent["queue_id"]])  # fmt: skip
        return {"name": thread["display_name"], "thread": str(thread["id"])}

    def secret(self) -> dict[str, str]:
        """The secret that was set last, as whoever holds the key reads it; and whether the database could."""
        newest = "select encode(ciphertext, 'base64') as sealed from private.channel_secrets order by updated_at desc limit 1"
        sealed = str(self.local.room.world.one(newest)["sealed"])
        value = Vault(self.local.room.settings.secret_keys()).open(sealed)
        return {"value": value, "is_bare": str(value in sealed)}

    def pair(self) -> dict[str, str]:
        """The bridge shows a code for the account somebody wants to pair."""
        world, code = self.local.room.world, "2@a-code-of-a-bridge,for,tests=="
        sealed = Vault(self.local.room.settings.secret_keys()).seal(code)
        wait_until(lambda: world.all("select 1 from private.bridge_pairings where wanted_until > now()"))
        world.owner.execute(
            "update private.bridge_pairings set ciphertext = %s, expires_at = now() + interval '1 minute'", [sealed]
        )
        return {"code": code}

    def paired(self) -> None:
        """A phone has scanned the code."""
        self.local.room.world.owner.execute(
            "update public.et_channel_sessions set status = 'connected', status_reason = null where provider = 'baileys'"
        )

    def lapse(self) -> None:
        """Whoever holds a review has held it for too long."""
        self.local.room.world.owner.execute(
            "update public.moderation_reviews set claim_until = now() - interval '1 second' where claim_until is not null"
        )

    def restart(self) -> None:
        """The API and the surface end and start again."""
        for kind in ("api", "surface"):
            process = self.api if kind == "api" else self.local.process
            process.terminate()
            process.wait(60)
        self.local.start()
        self.start_api()

    def start_api(self) -> None:
        """Start the API and return once it listens."""
        [self.api] = self.local.room.start("api")
        self.local.room.wait_for_listener_port(self.local.room.settings.api_port)


@pytest.fixture(scope="module")
def office(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Everything a desk needs, at work."""
    database = cluster.create(template=template)
    with database.connect() as owner:
        owner.execute((PROJECT / "supabase" / "seed.sql").read_bytes())
        owner.execute("update public.tenant_settings set search_policy = 'full', business_hours = %s", [json.dumps(
            [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)])])  # fmt: skip
        owner.execute(
            "insert into public.canned_replies (tenant_id, intent, body) select t.id, 'parking', 'Please park in the yard.'"
            " from public.tenants as t where t.slug = 'acme'"
        )
    home = tmp_path_factory.mktemp("desk")
    telegrams = Telegrams().__enter__()
    local = LocalProject(database, home, api_port=free_port(), telegram_url=telegrams.url)
    made = Office(local, Visitors(telegrams))
    local.room.settings = _with_key(local)
    local.room.start("catcher", "receive", "inbound", "outbound", "assistant", "housekeeper")
    made.start_api()
    yield made
    local.close()
    made.visitors.close()
    telegrams.__exit__()
    database.drop()


def _with_key(local: LocalProject) -> Settings:
    return msgspec.structs.replace(
        local.room.settings, supabase_key=local.project.publishable_key,
        supabase_jwks_url=f"{local.project.url}/auth/v1/.well-known/jwks.json",
    )  # fmt: skip


@pytest.fixture(scope="module")
def foreign_thread(office: Office) -> str:
    """A conversation of another tenant, whose text nobody of the first may ever see."""
    office.write("Secret of Birch", "Secret of Birch", to=ELSEWHERE)
    found = (
        "select t.id::text as id from public.et_threads as t inner join public.et_channel_sessions as s on s.tenant_id"
    )
    found += " = t.tenant_id and s.id = t.channel_session_id where s.address = %s"
    rows = wait_until(lambda: office.local.room.world.all(found, ELSEWHERE))
    return str(rows[0]["id"])


def name(suite: Path) -> str:
    """What a suite is called in the report."""
    return suite.name.removesuffix(".test.mjs")


@pytest.mark.parametrize("suite", SUITES[::2], ids=name)
def test_the_desk_in_browsers(suite: Path, office: Office, foreign_thread: str) -> None:
    """Every test of the suite passes, and none is skipped."""
    run_suite(suite, office, foreign_thread)


def run_suite(suite: Path, office: Office, foreign_thread: str) -> None:
    """Fails with what Node said unless every test of the suite ran and passed."""
    said = run(office, "--test", "--test-reporter=spec", f"--test-timeout={TIMEOUT_S * 1000}", str(suite),
               foreign_thread=foreign_thread)  # fmt: skip
    counts = {name: int(number) for name, number in re.findall(r"^ℹ (\w+) (\d+)$", said.stdout, re.MULTILINE)}
    assert said.returncode == 0 and counts["fail"] == 0, said.stdout + said.stderr + office.local.room.logs()
    assert counts["pass"] == counts["tests"] > 0, said.stdout


@pytest.mark.prove
def test_pictures_of_the_desk(office: Office) -> None:
    """Makes docs/images/desk-*.png anew: `make prove PYTEST_ARGS='tests/browser -k pictures'`."""
    with office.local.room.database.connect() as owner:
        seed_tenant(owner, 1, office.local.keys["demo_password"], lambda *_: None)
    staff = {"Olivia": "mira@demo.test", "Ana": "aiko@demo.test", "Acme": STAFF["Olivia"]}
    said = run(office, "js/desk/pictures.mjs", str(PICTURES), staff=staff)
    assert said.returncode == 0, said.stdout + said.stderr


def run(
    office: Office, *arguments: str, foreign_thread: str = "", staff: Mapping[str, str] = STAFF
) -> subprocess.CompletedProcess[str]:
    """Run Node in the folder of the suites, with what they need to know of the world."""
    npm.needed(npm.are_fetched(npm.BROWSER), "Node with a browser")
    node = bridge.node()
    assert node
    url, stop = serve({
        "/mail": office.mail,
        "/mail-again": office.mail_again,
        "/newsletter": office.newsletter,
        "/spam": office.spam,
        "/spam-again": office.spam_again,
        "/mail-angry": office.mail_angry,
        "/restart": office.restart,
        "/refused": office.refused,
        "/between": office.between,
        "/link": office.link,
        "/newcomer": office.newcomer,
        "/first-mail": office.first_mail,
        "/hostile": lambda: office.write("Mallory", HOSTILE),
        "/letter": lambda: letters.letter(office.local, MAILBOX),
        "/enclosed": lambda: enclosed.letter(office.local, MAILBOX),
        "/checked": lambda: enclosed.check(office.local),
        "/whatsapp": lambda: letters.whatsapp(office.local),
        "/hostile-letters": lambda: letters.hostile_letters(office.local),
        "/to-do": office.to_do,
        "/undelivered": office.undelivered,
        "/secret": office.secret,
        "/pair": office.pair,
        "/paired": office.paired,
        "/lapse": office.lapse,
        "/right-to-left": lambda: office.write("\u05e0\u05d5\u05e2\u05d4", RIGHT_TO_LEFT),
        **office.visitors.actions(lambda: office.local.room),
        **office.quiet.actions(lambda: office.local.room),
    })  # fmt: skip
    password = office.local.keys["demo_password"]
    told = {
        "DESK_URL": f"http://127.0.0.1:{office.local.room.settings.api_port}/dashboard/", "CONTROL_URL": url,
        "CHAT_PEOPLE": "{}", "DESK_PROJECT": json.dumps([office.local.project.url, office.local.project.publishable_key]),
        "DESK_FOREIGN_THREAD": foreign_thread,
        "DESK_STAFF": json.dumps({name: {"email": email, "password": password} for name, email in staff.items()}),
    }  # fmt: skip
    try:
        return npm.run_node(node, *arguments, cwd=HERE, told=told, timeout_s=TIMEOUT_S)
    finally:
        stop()
