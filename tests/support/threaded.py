"""Servers for tests that are not asynchronous themselves: one thread, one loop, as long as the `with` block lasts."""

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import Any, Self

from tests.support.patience import PATIENCE_S


class InThread(ABC):
    """Runs an event loop in a thread; a server says how it listens."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @abstractmethod
    async def listen(self) -> Any:
        """Begin to serve."""

    @abstractmethod
    async def stop_listening(self) -> None:
        """Serve nobody new; what is under way is ended afterwards."""

    def run(self, work: Any, timeout_s: float = PATIENCE_S) -> Any:
        """What a coroutine gives back, run in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout_s)

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self.listen())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.stop_listening())
        self.run(_end_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(60)
        self.loop.close()


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
