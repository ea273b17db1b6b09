"""Deciders by name."""

from typing import NamedTuple

from app.domain.assisting import Assistant
from app.domain.deciding import Decider
from app.domain.insights import Summarizer
from app.domain.judgement import SecondReader
from app.domain.spending import Purpose, Spending
from app.errors import ParleyError
from app.settings import Settings

ASSIST_S = 30.0
"""Nobody waits for a draft or a translation longer; a long text takes a model a while."""


class UnknownDecider(ParleyError):
    """There is no decider of this name."""

    code = "unknown_decider"


class Named(NamedTuple):
    """A decider's name in its parts: `anthropic:claude-haiku-5-5:decide.v2`. What is left out is None."""

    decider: str
    model: str | None = None
    prompt: str | None = None


def parts_of(name: str) -> Named:
    """The parts of `decider[:model[:prompt]]`. Raises UnknownDecider."""
    parts = name.split(":")
    most = {"auto": 1, "rules": 1, "anthropic": 3}.get(parts[0], 0)
    if len(parts) > most or not all(parts):
        raise UnknownDecider(
            f"There is no decider called {name[:80]!r}.",
            remedy="Use 'auto', 'rules' or 'anthropic'; the last one also with a model and a prompt:"
            " 'anthropic:claude-haiku-5-5:decide.v2'.",
        )
    return Named(*parts)


def name_of(decider: Decider) -> str:
    """What `parts_of` takes apart, with nothing left out: decisions of one name are comparable."""
    from app.deciders.anthropic import AnthropicDecider

    if isinstance(decider, AnthropicDecider):
        return f"{decider.name}:{decider.model.name}:{decider.prompt}"
    return decider.name


def create_decider(
    name: str, settings: Settings | None = None, spending: Spending | None = None, *, purpose: Purpose = "decision"
) -> Decider:
    """The decider called `name`: `rules`, `anthropic[:model[:prompt]]`, or `auto` for the second where there is a key.

    A tenant may choose otherwise for itself (`ai_provider`), so that a key is used even where `name` is `rules`, for
    tenants that ask for it. Raises `UnknownDecider`, and SetupError when `anthropic` lacks its key or a price.
    """
    kind, model_name, prompt = parts_of(name)
    if settings is None or spending is None or (kind != "anthropic" and not settings.anthropic_api_key):
        if kind == "anthropic":
            raise UnknownDecider("The anthropic decider needs settings and an account.")
        from app.deciders.rules import RulesDecider

        return RulesDecider()
    from app.deciders.anthropic import PROMPT, AnthropicDecider
    from app.deciders.model import Model
    from app.deciders.prompting import versions

    known = versions(PROMPT.partition(".")[0])
    if prompt is not None and prompt not in known:
        raise UnknownDecider(f"There is no prompt {prompt[:40]!r}.", remedy=f"Prompts here: {', '.join(known)}.")
    model = Model(settings, model_name or settings.anthropic_model, spending)
    return AnthropicDecider(
        model, deadline_s=settings.decider_deadline_s, purpose=purpose, asks_by_default=kind != "rules",
        prompt=prompt or PROMPT,
    )  # fmt: skip


def create_summarizer(settings: Settings, spending: Spending) -> Summarizer:
    """Who sums up threads: a model where there is a key, with the rules as its net."""
    if not _has_model(settings):
        from app.deciders.summarizing import RulesSummarizer

        return RulesSummarizer()
    from app.deciders.model import Model
    from app.deciders.summarizing import AnthropicSummarizer

    model = Model(settings, settings.anthropic_insights_model or settings.anthropic_model, spending)
    return AnthropicSummarizer(model, within_s=settings.decider_deadline_s, asks_by_default=settings.decider != "rules")


def create_assistant(settings: Settings, spending: Spending) -> Assistant:
    """Who drafts and translates: a model where there is a key, with the rules as its net."""
    if not _has_model(settings):
        from app.deciders.assisting import RulesAssistant

        return RulesAssistant()
    from app.deciders.assisting import AnthropicAssistant
    from app.deciders.model import Model

    model = Model(settings, settings.anthropic_assist_model or settings.anthropic_model, spending)
    return AnthropicAssistant(model, within_s=ASSIST_S, asks_by_default=settings.decider != "rules")


def create_reader(settings: Settings, spending: Spending) -> SecondReader:
    """Who gives second opinions in moderation: a model where there is a key. Whether it is asked, a policy says."""
    from app.deciders.seconding import AnthropicReader, NoReader

    if not _has_model(settings):
        return NoReader()
    from app.deciders.model import Model

    model = Model(settings, settings.anthropic_model, spending)
    return AnthropicReader(model, deadline_s=settings.decider_deadline_s)


def _has_model(settings: Settings) -> bool:
    return bool(settings.anthropic_api_key)
