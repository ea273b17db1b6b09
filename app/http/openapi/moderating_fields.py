"""What fields of moderation mean: one sentence each, as in `fields.py`."""

from typing import Any

MODERATING_FIELDS: dict[str, str] = {
    "appeal": "Whether its sender may appeal, and what became of it.",
    "comment": "What is said, in one sentence.",
    "comments": "What is said about it, and what to change.",
    "confidence": "How sure that is, 0 … 1.",
    "confidence_score": "How sure the decision is, 0 … 1.",
    "Verdict.decision": "approved, filtered (readable, masked), review (a person looks first) or blocked.",
    "decided_at": "When that was decided; null while it waits.",
    "decision": "What was decided: approved, filtered, review or blocked; null where nothing was.",
    "digest": "SHA-256 of the judged text.",
    "earlier": "The sender's messages before it, oldest first.",
    "filtered_content": "What readers may see; null when it is held or blocked.",
    "found": "What did not pass as it was, and where.",
    "Flagged.kind": "What was found.",
    "Threat.kind": "What was found.",
    "MessageComment.kind": "What it is about; null is the message as a whole.",
    "Advice.kind": "What it is about; null is the message as a whole.",
    "kinds": "What was found and counted.",
    "kept": "Earlier texts: replaced by an edit, masked, or withdrawn while they were held.",
    "kept_at": "When it left the message.",
    "label": "negative, neutral or positive.",
    "lane": "Who writes to whom: people among themselves, an agent, the machine, or a template.",
    "Notice.body": "What readers see; null while nobody sees it.",
    "JudgeText.region": "Home countries (ISO 3166) whose numbers are read first; without one the policy's.",
    "original": "What was written; null where that is what stands in body.",
    "Written.body": "What was written.",
    "WrittenOriginal.body": "What was written.",
    "KeptText.body": "What was written.",
    "score": "-1 (bad) … 1 (good).",
    "sentiment": "How it sounds.",
    "span": "Where it stands: characters of the text that was sent, the end excluded.",
    "stage": "Before or after contact details were revealed in the conversation.",
    "JudgeText.text": "The text to judge.",
    "threats_detected": "What was found.",
    "value": "What was found, normalised.",
    "Verdict.version": "Of rules and weights together.",
    "visibility": "For whom it is meant: sender, recipient or staff.",
}

MODERATING_PARAMETERS: dict[str, tuple[str, Any]] = {
    "visibility": ("Only what is meant for them.", "sender"),
}
