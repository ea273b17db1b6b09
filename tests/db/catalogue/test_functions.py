"""Rules every function keeps: a fixed search_path, a comment, and only the definers that are listed."""

import json
import re
from pathlib import Path

from tests.db.helpers import World

LISTED = Path(__file__).with_name("definers.json")

FUNCTIONS = """
select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name, p.oid,
  n.nspname as schema, p.proname as bare, p.prosecdef as definer, p.proconfig as config, p.provolatile as volatility,
  obj_description(p.oid) as comment, p.prorettype = 'trigger'::regtype as is_trigger, p.prosrc as source,
  pg_get_functiondef(p.oid) as definition
from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('public', 'private') and p.prokind = 'f' order by 1
"""


def test_every_function_fixes_its_search_path_and_says_what_it_does(world: World) -> None:
    """search_path = '' and a comment, all of them."""
    rows = world.all(FUNCTIONS)
    assert len(rows) > 100
    assert [row["name"] for row in rows if 'search_path=""' not in (row["config"] or [])] == []
    assert [row["name"] for row in rows if not row["comment"]] == []


def test_definers_are_the_listed_ones_and_say_so(world: World) -> None:
    """A new SECURITY DEFINER function is added to the list on purpose, with the word Definer in its comment."""
    rows = [row for row in world.all(FUNCTIONS) if row["definer"]]
    assert sorted(row["bare"] for row in rows) == json.loads(LISTED.read_text())
    assert [row["name"] for row in rows if "Definer" not in row["comment"]] == []
    assert [row["name"] for row in rows if row["schema"] != "private"] == []


def test_nobody_anonymous_runs_anything(world: World) -> None:
    """No function is executable by PUBLIC or anon."""
    rows = world.all(
        "select p.oid::regprocedure::text as name from pg_proc as p where p.pronamespace in ('public'::regnamespace,"
        " 'private'::regnamespace) and has_function_privilege('anon', p.oid, 'execute')"
    )
    assert rows == []


def test_owner_tools_are_for_the_owner(world: World) -> None:
    """What could rewrite history or act for anyone is granted to no runtime role."""
    for name in ("audit", "expire_audit", "rebuild_work", "rebuild_rollups", "record_decision", "find_or_create_thread", "apply_receipt",
                 "take_send_token", "close_work", "deny", "owner_of", "overrule", "settle_lost_attempt", "keep_knowledge", "replay_context", "ask_assistant",
                 "translation_state"):  # fmt: skip
        rows = world.all(
            "select a.grantee::regrole::text as role from pg_proc as p, aclexplode(p.proacl) as a"
            " where p.proname = %s and a.grantee <> p.proowner", name,
        )  # fmt: skip
        assert rows == [], name


def test_clients_cannot_run_worker_functions(world: World) -> None:
    """authenticated executes only public wrappers, the helpers of policies and the definers behind the wrappers."""
    forbidden = (
        "claim_inbound",
        "complete_inbound",
        "claim_outbound",
        "claim_receivers",
        "edit_inbound",
        "replace_secret",
        "complete_outbound",
        "enqueue_outbound",
        "record_receipt",
        "find_inbound_session",
        "check_invariants",
        "explain",
        "read_feed",
        "checkpoint_audit",
        "log_denial",
        "classify_access",
        "api_key_claims",
        "put_channel_secret",
        "dispatch_details",
        "cancel_queued",
        "suppress",
        "suspend_tenant",
        "set_ai_budget",
        "verify_channel_session",
        "reserve_ai_call",
        "settle_ai_call",
        "claim_assistants",
        "complete_assistant",
        "claim_shadow",
        "complete_shadow",
    )
    rows = world.all(
        "select p.proname as name from pg_proc as p where p.proname = any(%s)"
        " and p.pronamespace = 'private'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')",
        list(forbidden),
    )
    assert rows == []
    known = world.all("select distinct proname from pg_proc where proname = any(%s)", list(forbidden))
    assert len(known) == len(forbidden), "a name in this list does not exist any more"


def test_triggers_do_not_call_out(world: World) -> None:
    """No trigger calls the network, a model or another server."""
    for row in world.all(FUNCTIONS):
        if row["is_trigger"]:
            assert not re.search(r"\b(http|https|net|dblink|pg_net|curl|copy|openai|anthropic)\b", row["source"]), row[
                "name"
            ]
    assert world.all("select 1 from pg_extension where extname in ('http', 'pg_net', 'dblink', 'plpython3u')") == []


def test_notifications_carry_nothing(world: World) -> None:
    """Every pg_notify has an empty payload: whoever listens learns that there is work, not whose. One names ids: whose
    rights may have ended."""
    calls = [call for row in world.all(FUNCTIONS) for call in re.findall(r"pg_notify\('(\w+)', (.+)\);", row["source"])]
    assert len(calls) >= 3
    assert {payload for channel, payload in calls if channel != "et_realtime"} == {"''"}
    assert {channel for channel, _ in calls} <= {
        "et_inbound",
        "et_realtime",
        "et_outbound",
        "et_insights",
        "et_followups",
        "et_assist",
        "et_attachments",
        "et_ingress",
        "et_notifier",
        "et_moderation",
    }


def test_functions_that_can_deny_are_volatile(world: World) -> None:
    """PostgREST runs a stable function in a read-only transaction, where the denial could not be written."""
    for row in world.all(FUNCTIONS):
        if re.search(r"private\.(deny|log_denial|audit)\(", row["definition"]):
            assert row["volatility"] == "v", row["name"]


def test_client_wrappers_are_atomic_invokers(world: World) -> None:
    """public.* runs as its caller and is parsed at creation, so it needs no USAGE on private."""
    for row in world.all(FUNCTIONS):
        if row["schema"] == "public":
            assert not row["definer"] and "BEGIN ATOMIC" in row["definition"], row["name"]


def test_raised_errors_have_a_code_and_a_hint(world: World) -> None:
    """Every PTxyz error carries a machine-readable code in DETAIL and a HINT for people."""
    for row in world.all(FUNCTIONS):
        for block in re.findall(r"raise exception.*?;\n", row["source"] or "", re.DOTALL):
            if "PT" in block:
                assert "code" in block and "hint" in block, (row["name"], block)
