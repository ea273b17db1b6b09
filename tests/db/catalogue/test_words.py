"""Closed sets of words are the same in Python's shapes and in the checks of the tables."""

import re
from typing import Any, get_args

import pytest

from app.domain import contacts, insights, messages, outbound, tenancy, threads
from app.http.tenancy import SettingsPatch
from tests.db.helpers import World

CHECKS: dict[str, Any] = {
    "et_messages_direction_check": threads.Direction,
    "et_messages_delivery_status_check": messages.DeliveryStatus,
    "et_messages_moderation_status_check": messages.ModerationStatus,
    "et_messages_message_type_check": messages.MessageType,
    "et_messages_sender_kind_check": messages.SenderKind,
    "et_messages_auto_class_check": messages.AutoClass,
    "contacts_kind_check": contacts.ContactKind,
    "contact_consents_purpose_check": contacts.Purpose,
    "suppressions_scope_check": outbound.SuppressionScope,
    "suppressions_reason_check": outbound.SuppressionReason,
    "et_thread_insights_sentiment_label_check": insights.SentimentLabel,
    "et_thread_insights_follow_up_status_check": insights.FollowUpStatus,
    "tenant_members_role_check": tenancy.Role,
    "tenants_status_check": tenancy.TenantStatus,
    "tenant_settings_search_policy_check": threads.SearchPolicy,
    "api_keys_scopes_check": tenancy.Scope,
    "access_denials_surface_check": tenancy.Surface,
}
HEAD = {
    "kind": threads.Kind, "scope_rule": threads.ScopeRule, "folder": threads.Folder, "status": threads.Status,
    "control": threads.Control, "search_policy": threads.SearchPolicy,
}  # fmt: skip
"""Columns of et_threads: one function checks them all."""


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_and_its_words_agree(module_world: World, check: str) -> None:
    """What the database takes is what a reader is told there may be."""
    text = module_world.value("select pg_get_constraintdef(oid) from pg_constraint where conname = %s", check)
    words = set(re.findall(r"'(\w+)'", text))
    if check == "et_messages_delivery_status_check":  # it depends on the direction, which it names too
        words -= {"inbound", "outbound"}
    assert words == set(get_args(CHECKS[check]))


@pytest.mark.parametrize("column", HEAD)
def test_a_thread_has_the_values_it_is_said_to_have(module_world: World, column: str) -> None:
    """The function that checks a head knows the same words."""
    source = module_world.value("select prosrc from pg_proc where proname = 'tg_threads__values'")
    listed = re.search(rf"new\.{column} not in \(([^)]*)\)", source)
    assert listed and set(re.findall(r"'(\w+)'", listed[1])) == set(get_args(HEAD[column]))


def test_every_setting_is_shown_and_may_be_changed(module_world: World) -> None:
    """A column of tenant_settings is in the tenant's settings, and in the patch unless the database keeps it itself."""
    rows = module_world.all(
        "select attname::text as name from pg_attribute"
        " where attrelid = 'public.tenant_settings'::regclass and attnum > 0 and not attisdropped"
    )
    columns = {row["name"] for row in rows} - {"tenant_id", "updated_at"}
    assert columns == set(tenancy.TenantSettings.__struct_fields__)
    kept = {"policy_version", "ai_budget_usd", "upload_quota_bytes", "search_ready"}
    assert columns - kept == set(SettingsPatch.__struct_fields__)
