"""Which way a notification goes, by the address of the device: what has an address asks here."""

from app.channels.push import apns, fcm, web
from app.channels.push.shown import Way
from app.settings import Settings

WEB = "webpush"


def way_of(address: str) -> str:
    """The provider a device is reached over."""
    return address.partition(":")[0] if address.startswith((f"{fcm.PROVIDER}:", f"{apns.PROVIDER}:")) else WEB


def create_ways(settings: Settings) -> tuple[dict[str, Way], str | None]:
    """All of them by provider, and the key browsers subscribe with: None where none is set."""
    browsers = web.create_push(settings)
    ways: dict[str, Way] = {
        WEB: browsers, fcm.PROVIDER: fcm.create_adapter(settings), apns.PROVIDER: apns.create_adapter(settings),
    }  # fmt: skip
    return ways, browsers.public_key
