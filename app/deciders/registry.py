"""Deciders by name."""

from app.domain.assisting import Assistant
from app.domain.deciding import Decider
from app.domain.insights import Summarizer
from app.domain.spending import Purpose, Spending
from app.errors import ParleyError
from app.settings import Settings

ASSIST_S = 30.0
"""Nobody waits for a draft or a translation longer; a long text takes a model a while."""


class UnknownDecider(ParleyError):
    """There is no decider of this name."""

    code = "unknown_decider"


def create_decider(
    name: str, settings: Settings | None = None, spending: Spending | None = None, *, purpose: Purpose = "decision"
) -> Decider:
    """The decider called `name`: `rules`, `anthropic`, or `auto` for the second where there is a key.

    A tenant may choose otherwise for itself (`ai_provider`), so that a key is used even where `name` is `rules`, for
    tenants that ask for it. Raises `UnknownDecider`, and SetupError when `anthropic` lacks its key or a price.
    """
    if name not in ("auto", "rules", "anthropic"):
        raise UnknownDecider(f"There is no decider called {name[:40]!r}.", remedy="Use 'auto', 'rules' or 'anthropic'.")
    if settings is None or spending is None or (name != "anthropic" and not settings.anthropic_api_key):
        if name == "anthropic":
            raise UnknownDecider("The anthropic decider needs settings and an account.")
        from app.deciders.rules import RulesDecider

        return RulesDecider()
    from app.deciders.anthropic import AnthropicDecider
    from app.deciders.model import Model

    model = Model(settings, settings.anthropic_model, spending)
    return AnthropicDecider(
        model, deadline_s=settings.decider_deadline_s, purpose=purpose, asks_by_default=name != "rules"
    )


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


def _has_model(settings: Settings) -> bool:
    return bool(settings.anthropic_api_key)
