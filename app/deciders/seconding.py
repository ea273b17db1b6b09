"""A model's second opinion of a message. It says what it sees and where; what that means is not its business.

The kinds to look for stand in the system part, every word of a stranger in one JSON object of the user part, the answer
is a closed list of kinds with quotes. Masking is done by code, from spans found by code.
"""

import logging
import re
from collections.abc import Iterator

from app.deciders.model import Answer, Model, Question, Unanswered
from app.deciders.prices import thinks_always
from app.deciders.prompting import Material, as_json, is_hidden, load_prompt, visible
from app.deciders.schemas import ModelFinding, ModelOpinion
from app.domain.judgement import Finding, Opinion, SecondLook

log = logging.getLogger("parley.model")

PROMPT = "moderate.v1"
MAX_TOKENS = 1000
THINKING_TOKENS = 2000
MAX_TEXT = 8000
"""Characters: a longer message is read by a person anyway."""
MAX_EARLIER = 1000
RESERVE = 0.1
"""The share of the deadline kept back for recording what the rules say."""


class NoReader:
    """Where there is no model: every question ends `no_model`."""

    name = "none"

    async def read(self, question: SecondLook) -> Opinion:  # noqa: ARG002
        """Nobody is asked."""
        return Opinion(outcome="no_model", model="", prompt_version=PROMPT)

    async def close(self) -> None:
        """Nothing is held."""


class AnthropicReader:
    """Asks a model over the Messages API, on the tenant's budget."""

    name = "anthropic"

    def __init__(self, model: Model, *, deadline_s: float) -> None:
        self.model = model
        self.within_s = deadline_s * (1 - RESERVE)

    async def read(self, question: SecondLook) -> Opinion:
        """The model's findings; with `outcome` saying why there are none when it gave no answer."""
        try:
            answer = await self.model.ask(self._question(question), within_s=self.within_s)
            return _opinion(question, answer)
        except Unanswered as problem:
            return self._nothing(problem.outcome)
        except Exception:
            log.exception("asking a model for a second opinion is broken: it gave none")
            return self._nothing("broken")

    async def close(self) -> None:
        """Hang up."""
        await self.model.close()

    def _nothing(self, outcome: str) -> Opinion:
        return Opinion(outcome=outcome, model=self.model.name, prompt_version=PROMPT)

    def _question(self, question: SecondLook) -> Question[ModelOpinion]:
        user = as_json({
            "earlier": [visible(one)[:MAX_EARLIER] for one in question.earlier],
            "message": visible(question.text[:MAX_TEXT]),
        })  # fmt: skip
        return Question(
            tenant_id=question.tenant_id, case_id=question.case_id, purpose="moderation", shape=ModelOpinion,
            material=Material(
                name=PROMPT, instructions=load_prompt(PROMPT), knowledge=f"kinds = {as_json(question.kinds)}", user=user
            ),
            max_tokens=MAX_TOKENS + THINKING_TOKENS * thinks_always(self.model.name),
        )  # fmt: skip


def _opinion(question: SecondLook, answer: Answer[ModelOpinion]) -> Opinion:
    """What counts of an answer: kinds that were asked about, each where its words stand."""
    found = {
        Finding(kind=said.kind, span=span, confidence=round(said.confidence, 2))
        for said in answer.value.findings if said.kind in question.kinds
        for span in _places(question.text, said)
    }  # fmt: skip
    ordered = sorted(found, key=lambda one: (one.span, one.kind, one.confidence))
    return Opinion(outcome="answered", model=answer.model, prompt_version=PROMPT, findings=tuple(ordered))


def _places(text: str, said: ModelFinding) -> Iterator[tuple[int, int]]:
    """Where a quote stands in the original, everywhere it does. One that is nowhere to be found stands for all of it: a
    finding is not lost because its words were copied badly."""
    # The model saw the text without what only machines see: positions are led back to the original.
    origin = [place for place, character in enumerate(text) if not is_hidden(character)]
    shown = "".join(text[place] for place in origin)
    words = visible(said.quote).split()
    pattern = r"\s+".join(re.escape(word) for word in words)
    places = [match.span() for match in re.finditer(pattern, shown, re.IGNORECASE)] if words else []
    for start, end in places:
        yield origin[start], origin[end - 1] + 1
    if not places and text:
        yield 0, len(text)
