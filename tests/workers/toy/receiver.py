"""The pigeon receiver: asks the loft of every account what has landed since."""

import asyncio
import json
from collections.abc import AsyncIterator

from app.channels.pigeon import letter

from app.settings import Settings
from workers.receiving.polling import Account, Item, Trouble, main


class PigeonReader:
    """Reads one loft; the cursor is how many of its letters were read."""

    provider = "pigeon"
    proves_address = True

    def __init__(self, settings: Settings) -> None:
        del settings

    async def read(self, account: Account) -> AsyncIterator[list[Item]]:
        """Batches without end. Raises Trouble."""
        read = int(account.cursor.get("read", 0))
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", int(account.session.config["port"]))
            except OSError as error:
                raise Trouble("degraded", "the loft does not answer") from error
            writer.write(json.dumps({"since": read}).encode() + b"\n")
            landed = json.loads(await reader.readline())
            writer.close()
            yield [
                Item(events=[letter(said, account.session)], cursor={"read": read + number})
                for number, said in enumerate(landed, 1)
            ]
            read += len(landed)
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        """Nothing is held."""


if __name__ == "__main__":
    main(PigeonReader)
