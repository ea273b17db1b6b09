"""The operations of what people do by hand, and of the browsers and apps they are reached at, with examples."""

from app.domain.notifications import PushKey
from app.domain.tasks import FollowUp, ManualTask, PushForgotten, PushRegistered, TaskAssigned, TaskChanged, TaskEnded
from app.http import tasks
from app.http.openapi import world as w
from app.http.openapi.shown import Shown
from app.http.types import Listing

CALL = ManualTask(
    w.TASK, "call", "open", "Call Ann Miller", "call", "+442079460000", w.ANSWER, w.THREAD, w.AGENT, w.NEXT_WEEK, 0,
    None, None, w.HEAD.created_at, None, "Ask when we may come.",
)  # fmt: skip
AGAIN = FollowUp(w.THREAD, "insight", "scheduled", w.NEXT_WEEK, "Does Tuesday at nine still suit you?", w.THREAD, None,
                 w.CONTACT, "Ann Miller", "email")  # fmt: skip
PUSH = tasks.PushSubscription(
    "https://push.example.com/send/1", tasks.PushKeys("B" + "A" * 86, "A" * 22), "acme"
)  # fmt: skip
PHONE = tasks.PushDevice("apns", "com.example.desk", "ab" * 32)

TASKING: dict[str, Shown] = {
    "list_tasks": Shown(Listing([CALL], w.CURSOR), "read", problems=("bad_cursor", "not_found")),
    "list_follow_ups": Shown(Listing([AGAIN], w.CURSOR), "read", problems=("bad_cursor", "not_found")),
    "get_task": Shown(CALL, "read"),
    "complete_task": Shown(
        TaskEnded(w.TASK, "done", w.NEXT_WEEK), "send", tasks.TaskEnding("done", "Spoke to her."), ("task_closed",)
    ),
    "assign_task": Shown(TaskAssigned(w.TASK, w.AGENT), "send", tasks.Assignee(w.AGENT), ("no_member",)),
    "change_task": Shown(
        TaskChanged(w.TASK, w.NEXT_WEEK, w.AGENT),
        "send",
        tasks.TaskPatch(w.NEXT_WEEK, w.AGENT),
        ("task_closed", "bad_time"),
    ),
    "push_key": Shown(PushKey("B" + "A" * 86), None, problems=("no_push_key",)),
    "register_push": Shown(
        PushRegistered(w.CONTACT, registered=True),
        None,
        PUSH,
        ("address_not_verified", "linked_already", "bad_subscription", "not_found", "not_linked", "which_tenant"),
    ),
    "forget_push": Shown(PushForgotten(1), None, tasks.PushEndpoint("https://push.example.com/send/1")),
    "register_device": Shown(
        PushRegistered(w.CONTACT, registered=True),
        None,
        PHONE,
        ("address_not_verified", "linked_already", "bad_device", "not_found", "not_linked", "which_tenant"),
    ),
    "forget_device": Shown(
        PushForgotten(1), None, tasks.DeviceName(PHONE.kind, PHONE.app, PHONE.token), ("bad_device",)
    ),
}
