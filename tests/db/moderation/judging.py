"""People whose words are judged by the real gate, as API and moderator judge them."""

from typing import Any

import msgspec

from app.domain.judgement import Opinion
from app.moderation.gate import judge_inputs, read_inputs
from tests.db.helpers import Row
from tests.db.moderation.kit import Judged


class Gated(Judged):
    """A tenant whose messages the detectors judge."""

    def pass_gate(self, message: Any, opinion: Opinion | None = None) -> str:
        """Judge what waits; the status it takes."""
        inputs = read_inputs(self.inputs(message))
        verdict = msgspec.to_builtins(judge_inputs(inputs, opinion))
        if verdict["decider"] == "model":
            verdict["rules"] = msgspec.to_builtins(judge_inputs(inputs))
        answer = self.record(message, verdict)
        assert answer["result"] == "recorded", answer
        return str(answer["moderation_status"])

    def write(self, person: Any, thread: Any, *bodies: str) -> list[Row]:
        """Say something and have it judged at once; a message for each body."""
        said = []
        for body in bodies:
            sent = self.say(person, thread, body)
            if self.status(sent["message_id"]) == "pending":
                self.pass_gate(sent["message_id"])
            said.append(sent)
        return said
