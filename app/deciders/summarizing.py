"""Summaries by rules, and by a model with the rules as its net."""

import logging
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.deciders.guarding import leaks
from app.deciders.language import primary
from app.deciders.model import Answer, Model, Question, Unanswered
from app.deciders.prices import thinks_always
from app.deciders.prompting import Material, as_json, load_prompt, turns, visible
from app.deciders.schemas import ModelInsight
from app.deciders.summarize import MAX_SUMMARY, follow_up_text, mask, summarize
from app.domain.insights import InsightRequest, SentimentLabel, Summary, ThreadInsight

log = logging.getLogger("parley.model")

PROMPT = "summarize.v1"
MAX_TOKENS = 600
THINKING_TOKENS = 2000
MAX_CHARS = 40_000
"""Of conversation: what is older is left out."""
MAX_STEP = 300
SOONEST = timedelta(hours=1)
LATEST = timedelta(days=90)
_MORNING = time(10, 0)


class RulesSummarizer:
    """Offline, deterministic."""

    name = "rules"

    async def summarize(self, request: InsightRequest) -> Summary:
        """The insight by rules."""
        return Summary(insight=by_rules(request))

    async def close(self) -> None:
        """Nothing is held."""


class AnthropicSummarizer:
    """A model's words where they pass, the rules' where not. When and how a contact is reminded stays with the rules:
    a model may name a day or call a reminder off, and the words of it are never its own."""

    name = "anthropic"

    def __init__(self, model: Model, *, within_s: float, asks_by_default: bool = True) -> None:
        self.model = model
        self.within_s = within_s
        self.asks_by_default = asks_by_default

    async def summarize(self, request: InsightRequest) -> Summary:
        """The insight of a thread. Never raises."""
        rules = by_rules(request)
        wanted = request.ai_provider == "anthropic" or (request.ai_provider == "auto" and self.asks_by_default)
        if not wanted or not request.turns:
            return Summary(insight=rules)
        try:
            answer = await self.model.ask(self._question(request), within_s=self.within_s)
            insight = _checked(request, rules, answer)
        except Unanswered as problem:
            return Summary(insight=rules, cost_usd=problem.cost_usd)
        except Exception:
            log.exception("asking the model for a summary is broken: the rules sum up")
            return Summary(insight=rules)
        if insight is None:
            return Summary(insight=rules, cost_usd=answer.cost_usd)
        return Summary(insight=insight, model=answer.model, prompt_version=PROMPT, cost_usd=answer.cost_usd)

    async def close(self) -> None:
        """Hang up."""
        await self.model.close()

    def _question(self, request: InsightRequest) -> Question[ModelInsight]:
        rows = turns(request.turns)
        size = 0
        kept: list[dict[str, str]] = []
        for row in reversed(rows):
            size += len(row["text"])
            if size > MAX_CHARS:
                break
            kept.insert(0, row)
        today = request.now.astimezone(_zone(request)).date().isoformat()
        user = as_json({"staff_language": primary(request.locale) or "en", "today": today, "conversation": kept})
        return Question(
            tenant_id=request.tenant_id, case_id=request.case_id, purpose="insight", shape=ModelInsight,
            material=Material(name=PROMPT, instructions=load_prompt(PROMPT), knowledge="", user=user),
            max_tokens=MAX_TOKENS + THINKING_TOKENS * thinks_always(self.model.name),
        )  # fmt: skip


def by_rules(request: InsightRequest) -> ThreadInsight:
    """What the rules say."""
    return summarize(request.turns, locale=request.locale, now=request.now, time_zone=request.time_zone)


def _checked(request: InsightRequest, rules: ThreadInsight, answer: Answer[ModelInsight]) -> ThreadInsight | None:
    """A model's insight within its bounds; None when it gives something of ours away."""
    said = answer.value
    summary, step = _tidy(said.summary, MAX_SUMMARY), _tidy(said.next_step, MAX_STEP)
    if leaks(f"{said.summary}\n{said.next_step}", load_prompt(PROMPT)) or not summary or not step:
        return None
    due, text = _follow_up(request, rules, said.follow_up_on)
    return ThreadInsight(
        summary=summary, label=rules.label if said.label == "other" else said.label,
        sentiment=round(said.sentiment, 3), sentiment_label=_mood(said.sentiment), next_step=step,
        language=rules.language, follow_up_at=due, follow_up_text=text,
    )  # fmt: skip


def _tidy(text: str, limit: int) -> str:
    flat = " ".join(mask(visible(text)).split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def _mood(sentiment: float) -> SentimentLabel:
    if sentiment <= -0.2:
        return "negative"
    return "positive" if sentiment >= 0.2 else "neutral"


def _follow_up(request: InsightRequest, rules: ThreadInsight, on: str | None) -> tuple[datetime | None, str | None]:
    """The day a model names, where the rules have words for a reminder and nothing forbids one."""
    if on is None:
        return None, None
    text = rules.follow_up_text or follow_up_text(
        request.turns, locale=request.locale, now=request.now, time_zone=request.time_zone
    )
    try:
        due = datetime.combine(date.fromisoformat(on), _MORNING, _zone(request)).astimezone(UTC)
    except (ValueError, OverflowError):
        return rules.follow_up_at, rules.follow_up_text
    now = request.now if request.now.tzinfo else request.now.replace(tzinfo=UTC)
    if text is None or not now + SOONEST <= due <= now + LATEST:
        return rules.follow_up_at, rules.follow_up_text
    return due, text


def _zone(request: InsightRequest) -> ZoneInfo:
    try:
        return ZoneInfo(request.time_zone)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")
