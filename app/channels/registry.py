"""The adapters of this process, by provider: every module of `app.channels` that offers `create_adapter(settings)`.

Adding a channel adds such a module and touches nothing here. Modules outside this tree are named in
PARLEY_CHANNEL_MODULES.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import app.channels
from app.domain.channels import Adapter
from app.errors import SetupError
from app.settings import Settings


def create_adapters(settings: Settings) -> dict[str, Adapter]:
    """Provider → adapter. Raises SetupError when two modules claim one provider, or a named module is missing."""
    adapters: dict[str, Adapter] = {}
    for module in _modules(settings):
        adapter: Adapter = module.create_adapter(settings)
        provider = adapter.capabilities.provider
        if provider in adapters:
            raise SetupError(
                f"two adapters call themselves {provider}", remedy=f"rename the provider of {module.__name__}"
            )
        adapters[provider] = adapter
    return adapters


def _modules(settings: Settings) -> Iterator[ModuleType]:
    found = pkgutil.walk_packages(app.channels.__path__, "app.channels.")
    names = sorted(info.name for info in found if info.name != __name__)
    for name in (*names, *settings.channel_module_names()):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not f"{name}.".startswith(f"{error.name}."):
                raise  # it is there, and misses something itself
            raise SetupError(f"there is no module {name}", remedy="correct PARLEY_CHANNEL_MODULES") from error
        if hasattr(module, "create_adapter"):
            yield module
