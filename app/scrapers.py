"""Who may read metrics: whoever asks on this machine, and did not come through a proxy on it."""

import ipaddress
from collections.abc import Container

PASSED_ON = ("x-forwarded-for", "forwarded", "x-real-ip")
"""A request with one of these came through a proxy on this machine, from elsewhere."""


def may_scrape(address: str, headers: Container[str]) -> bool:
    """Whether a request from `address` with these headers (names, lower case) is from this machine."""
    try:
        return ipaddress.ip_address(address).is_loopback and not any(name in headers for name in PASSED_ON)
    except ValueError:
        return False
