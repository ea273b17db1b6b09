"""One question to a model over Anthropic's Messages API: paid from an account, bounded in time, tried again where that
helps, and never asked twice for the same.
"""

import asyncio
import contextlib
import hashlib
import logging
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from app.deciders.breaker import Breaker
from app.deciders.cache import Cache
from app.deciders.prices import Price, price_of, thinks_always
from app.deciders.prompting import Material
from app.deciders.schemas import schema_of
from app.domain.spending import Bill, Charge, Purpose, Spending
from app.errors import SetupError
from app.settings import Settings

if TYPE_CHECKING:  # it takes long to import, and a worker without a key never needs it
    from anthropic import AsyncAnthropic

log = logging.getLogger("parley.model")

ADDRESS = "https://api.anthropic.com"
TRIES = 3
FIRST_PAUSE_S = 0.25
LEAST_S = 0.05
"""With less time left than this, nobody is asked."""
CREDENTIALS_PAUSE_S = 60.0
"""A wrong key does not mend by itself within a minute."""
CACHE_SIZE = 2048
CACHE_TTL_S = 300.0


S = TypeVar("S", bound=msgspec.Struct)


class Question(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """What is asked, for whom, and the shape the answer must have."""

    tenant_id: str
    case_id: str
    purpose: Purpose
    material: Material
    shape: type[S]
    max_tokens: int
    use_cache: bool = True


class Answer(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """A finished answer in its shape, and what all tries for it came to."""

    value: S
    model: str
    cost_usd: float
    tokens_in: int
    tokens_out: int


class Unanswered(Exception):
    """There is no answer. `outcome` is a word for the ledger, `cost_usd` what the tries may have cost."""

    def __init__(self, outcome: str, cost_usd: float = 0.0, tokens_in: int = 0, tokens_out: int = 0) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.cost_usd = cost_usd
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out


class _Usage(msgspec.Struct, frozen=True):
    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int | None = 0
    cache_read_input_tokens: int | None = 0


class _Block(msgspec.Struct, frozen=True):
    type: str
    text: str | None = None


class _Message(msgspec.Struct, frozen=True):
    type: str
    content: list[_Block]
    usage: _Usage
    stop_reason: str | None = None
    model: str = ""


class _Failed(Exception):
    """One try failed. `cost` None: it may have been billed. `again`: trying once more, after `pause_s`, may help."""

    def __init__(
        self, outcome: str, *, cost: float | None = 0.0, again: bool = False, pause_s: float = 0.0,
        tokens: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        super().__init__(outcome)
        self.outcome, self.cost, self.again, self.pause_s, self.tokens = outcome, cost, again, pause_s, tokens


class Model:
    """One model of one provider, with the breaker and the cache of this process."""

    def __init__(
        self, settings: Settings, name: str, spending: Spending, *, breaker: Breaker | None = None,
        client: "AsyncAnthropic | None" = None,
    ) -> None:  # fmt: skip
        """Raises SetupError without a key, or when the price of the model is not known."""
        if not settings.anthropic_api_key:
            raise SetupError("there is no key for Anthropic's API", remedy="set ANTHROPIC_API_KEY, or use rules")
        self.name = name
        self.price: Price = price_of(name, settings)
        self.spending = spending
        self.breaker = breaker or Breaker()
        self.cache: Cache[Answer[Any]] = Cache(CACHE_SIZE, CACHE_TTL_S)
        self._client = client or _client(settings)

    async def ask(self, question: Question[S], *, within_s: float) -> Answer[S]:
        """The answer, within so many seconds. Raises Unanswered, within them too."""
        key = self._key(question)
        known = self.cache.get(key) if question.use_cache else None
        if known is not None:
            return msgspec.structs.replace(known, cost_usd=0.0, tokens_in=0, tokens_out=0)
        if not self.breaker.allow():
            raise Unanswered("breaker_open")
        deadline = asyncio.get_running_loop().time() + within_s
        try:
            answer = await self._try_again_and_again(question, deadline)
        except BaseException:
            self.breaker.gave_up()
            raise
        if question.use_cache:
            self.cache.put(key, answer)
        return answer

    async def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(Exception):
            await self._client.close()

    def _key(self, question: Question[Any]) -> str:
        """Everything the answer depends on, and the tenant: nobody is answered from another's cache."""
        material = question.material
        parts = (
            question.tenant_id, self.name, material.name, str(question.max_tokens), material.knowledge, material.user,
        )  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()

    async def _try_again_and_again(self, question: Question[S], deadline: float) -> Answer[S]:
        cost = 0.0
        for number in range(1, TRIES + 1):
            try:
                answer = await self._once(question, deadline)
                return msgspec.structs.replace(answer, cost_usd=round(answer.cost_usd + cost, 6))
            except _Failed as failed:
                cost += self._most(question) if failed.cost is None else failed.cost
                jitter = 0.75 + 0.5 * random.random()  # noqa: S311
                pause = max(failed.pause_s, FIRST_PAUSE_S * 2 ** (number - 1) * jitter)
                left = deadline - asyncio.get_running_loop().time()
                if not failed.again or number == TRIES or pause + LEAST_S >= left or not self.breaker.allow():
                    raise Unanswered(failed.outcome, round(cost, 6), *failed.tokens) from failed
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _once(self, question: Question[S], deadline: float) -> Answer[S]:
        """One paid try. Raises _Failed."""
        loop = asyncio.get_running_loop()
        if deadline - loop.time() < LEAST_S:
            raise _Failed("too_slow")
        call_id = await self._reserve(question, deadline)
        failed = _Failed("cancelled", cost=None)
        try:
            async with asyncio.timeout_at(deadline):
                raw = await self._call(question, deadline - loop.time())
            answer = self._read(raw, question)
            await self._settle(question, call_id, "answered", answer.cost_usd, (answer.tokens_in, answer.tokens_out))
            return answer
        except TimeoutError:
            failed = _Failed("too_slow", cost=None)
            self.breaker.failed()
        except _Failed as error:
            failed = error
        await self._settle(question, call_id, failed.outcome, failed.cost, failed.tokens)
        raise failed

    async def _reserve(self, question: Question[Any], deadline: float) -> str:
        charge = Charge(
            tenant_id=question.tenant_id, case_id=question.case_id, purpose=question.purpose, model=self.name,
            prompt_version=question.material.name, most_usd=self._most(question),
        )  # fmt: skip
        try:
            async with asyncio.timeout_at(deadline):
                call_id = await self.spending.reserve(charge)
        except TimeoutError:
            raise _Failed("too_slow") from None
        except Exception as error:
            log.warning("the account of model calls cannot be reached", extra={"reason": str(error)[:200]})
            raise _Failed("no_account") from error
        if call_id is None:
            raise _Failed("budget")
        return call_id

    async def _settle(
        self, question: Question[Any], call_id: str, outcome: str, cost: float | None, tokens: tuple[int, int]
    ) -> None:
        bill = Bill(outcome=outcome, cost_usd=cost, tokens_in=tokens[0], tokens_out=tokens[1])
        with contextlib.suppress(Exception):  # a call that is not settled counts in full
            await self.spending.settle(question.tenant_id, call_id, bill)

    def _most(self, question: Question[Any]) -> float:
        """What a try may cost at most: no tokenizer makes more than a token of two bytes of prose."""
        size = len(question.material.system.encode()) + len(question.material.user.encode())
        return max(0.000001, self.price.of(size // 2 + 1000, question.max_tokens))

    async def _call(self, question: Question[Any], left_s: float) -> bytes:
        """The raw body of a 200. Raises _Failed for everything else."""
        import anthropic

        material = question.material
        request: dict[str, Any] = {
            "model": self.name, "max_tokens": question.max_tokens, "system": material.system,
            "messages": [{"role": "user", "content": material.user}],
            "output_config": {"format": {"type": "json_schema", "schema": schema_of(question.shape)}},
            "thinking": anthropic.omit if thinks_always(self.name) else {"type": "disabled"},
        }  # fmt: skip
        try:
            raw = await self._client.messages.with_raw_response.create(**request, timeout=left_s)
            return bytes(await raw.read())
        except anthropic.APIStatusError as error:
            raise self._refused(error.status_code, error.response.headers, left_s) from error
        except anthropic.APITimeoutError as error:
            self.breaker.failed()
            raise _Failed("too_slow", cost=None) from error
        except anthropic.APIConnectionError as error:
            # Nobody can tell whether the provider had begun: it may be billed, and asking again may help.
            self.breaker.failed()
            raise _Failed("connection", cost=None, again=True) from error
        except (anthropic.AnthropicError, ValueError, TypeError, LookupError) as error:
            log.warning("the answer of the model's provider cannot be read", extra={"reason": type(error).__name__})
            raise _Failed("garbage", cost=None) from error

    def _refused(self, status: int, headers: Mapping[str, str], left_s: float) -> _Failed:
        """What an error status means: wait and try again, or give up, and for how long nobody is to ask."""
        outcome = f"http_{status}"
        wait = retry_after(headers)
        if status in (401, 402, 403):
            self.breaker.failed(pause_s=CREDENTIALS_PAUSE_S)
            return _Failed(outcome)
        if status == 429 and wait is None:
            wait = CREDENTIALS_PAUSE_S  # without a time it is a spending limit, which no waiting of ours ends
        if status in (408, 409, 429) or status >= 500:
            short = wait is None or wait + LEAST_S < left_s
            self.breaker.failed(pause_s=None if short else wait)
            return _Failed(outcome, again=short, pause_s=wait or 0.0)
        return _Failed(outcome)

    def _read(self, raw: bytes, question: Question[S]) -> Answer[S]:
        """The answer in a response. Raises _Failed for a refusal, a cut one, and one that is not what was asked for."""
        try:
            message = msgspec.json.decode(raw, type=_Message)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise _Failed("garbage", cost=None) from error
        usage = message.usage
        tokens_in = usage.input_tokens + (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        cost = self.price.of(max(0, tokens_in), max(0, usage.output_tokens))
        tokens = (max(0, tokens_in), max(0, usage.output_tokens))
        self.breaker.succeeded()  # whatever it says, it is there
        ended = {"refusal": "refused", "max_tokens": "truncated", "model_context_window_exceeded": "truncated"}
        if message.stop_reason in ended:
            raise _Failed(ended[message.stop_reason], cost=cost, tokens=tokens)
        text = "".join(block.text or "" for block in message.content if block.type == "text")
        try:
            value = msgspec.json.decode(text, type=question.shape)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise _Failed("off_schema", cost=cost, tokens=tokens) from error
        return Answer(
            value=value, model=message.model[:80] or self.name, cost_usd=cost, tokens_in=tokens[0],
            tokens_out=tokens[1],
        )  # fmt: skip


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or a date; None without one."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _client(settings: Settings) -> "AsyncAnthropic":
    from anthropic import AsyncAnthropic

    return AsyncAnthropic(
        api_key=settings.anthropic_api_key, base_url=settings.anthropic_base_url or ADDRESS, max_retries=0,
        open_telemetry=False,
    )  # fmt: skip
