"""Addresses as people type them, in the one spelling they are kept in."""

from app.db.contacts import home_regions
from app.db.unit import Unit
from app.domain.addresses import AddressError, normalize_email, normalize_phone
from app.errors import BadInput


async def normalised(unit: Unit, kind: str, address: str, field: str) -> str:
    """The one spelling of an address; a phone number without country code is read in the tenant's home regions.

    Raises BadInput, naming `field`.
    """
    try:
        if kind == "email":
            return normalize_email(address)
        if kind == "phone":
            local = not address.strip().startswith("+")
            return normalize_phone(address, await home_regions(unit) if local else [])
    except AddressError as error:
        raise BadInput(f"{error}", code="bad_address", field=field, remedy="check the address") from error
    return address
