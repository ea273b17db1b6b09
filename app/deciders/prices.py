"""What models cost. A model that is not here needs PARLEY_ANTHROPIC_USD_IN and PARLEY_ANTHROPIC_USD_OUT: a budget that
does not know the price is none.
"""

import msgspec

from app.errors import SetupError
from app.settings import Settings

MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True):
    """US dollars for a million tokens."""

    usd_in: float
    usd_out: float

    def of(self, tokens_in: int, tokens_out: int) -> float:
        """The cost in US dollars."""
        return round((tokens_in * self.usd_in + tokens_out * self.usd_out) / MILLION, 6)


KNOWN = {
    "claude-haiku-5-5": Price(0.10, 0.50),
    "claude-haiku-4-5": Price(1.00, 5.00),
    "claude-sonnet-5-5": Price(2.00, 10.00),
    "claude-opus-5-5": Price(4.00, 20.00),
}
"""List prices for prompts of up to 100,000 tokens; ours are kept far shorter."""

ALWAYS_THINKING = ("claude-opus-5-5", "claude-fable", "claude-mythos")
"""Models that refuse to be asked without thinking."""


def price_of(model: str, settings: Settings) -> Price:
    """The price of a model. Raises SetupError when nobody said."""
    if settings.anthropic_usd_in and settings.anthropic_usd_out:
        return Price(settings.anthropic_usd_in, settings.anthropic_usd_out)
    for name, price in KNOWN.items():
        if model == name or model.startswith(f"{name}-"):
            return price
    raise SetupError(
        f"what the model {model[:60]} costs is not known",
        remedy="set PARLEY_ANTHROPIC_USD_IN and PARLEY_ANTHROPIC_USD_OUT (US dollars for a million tokens)",
    )


def thinks_always(model: str) -> bool:
    """Whether a model must not be told to do without thinking."""
    return model.startswith(ALWAYS_THINKING)
