"""`parley dkim`: from a mailbox to signed mail."""

import json
import subprocess
import sys
from typing import Any

import dkim

from app.settings import PROJECT
from tests.workers.harness import Room, someone, write_mail


def run(room: Room, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`parley dkim ARGUMENTS`."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "dkim", *arguments], cwd=PROJECT, env=room.environment(), check=False,
        capture_output=True, text=True,
    )  # fmt: skip


def test_a_mailbox_signs_from_the_moment_it_has_a_key(room: Room) -> None:
    """The record printed proves the reply that leaves; asked again it is the same; the key is sealed and never shown."""
    tenant, ann = room.tenant(), someone()
    record: dict[str, Any] = json.loads(run(room, tenant.mailbox, "--selector", "s1", "--json").stdout)
    assert record["name"] == f"s1._domainkey.{tenant.slug}.test"
    assert json.loads(run(room, tenant.mailbox, "--json").stdout) == record
    sealed = room.world.one("select ciphertext from private.channel_secrets where session_id = %s", tenant.session)
    assert b"PRIVATE KEY" not in sealed["ciphertext"]
    room.start("catcher", "receive", "inbound", "outbound")
    room.send(write_mail(ann, tenant.mailbox), tenant.mailbox)
    room.reply_to(ann)
    (path,) = (room.home / "mail" / "new").glob("*")
    raw = path.read_bytes().split(b"\r\n", 2)[2]
    assert dkim.verify(raw, dnsfunc=lambda name, timeout=5: record["value"].encode())
    again = json.loads(run(room, tenant.mailbox, "--replace", "--json").stdout)
    assert again["value"] != record["value"]


def test_a_mailbox_that_is_not_there_is_told_in_one_line(room: Room) -> None:
    """No traceback; the remedy is named."""
    done = run(room, "nobody@nowhere.test")
    assert done.returncode != 0
    assert "there is no mailbox" in done.stderr
    assert "Traceback" not in done.stderr
