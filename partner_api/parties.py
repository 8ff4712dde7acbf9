"""The parties of settlement, the pool among them, as the API names them: by number, and with a name to read."""

from typing import Any

from coalition.errors import UnknownPartner
from coalition.services import partners
from coalition.services.parties import parties
from coalition.services.partners import POOL_NAME


def shown_parties() -> dict[int, dict[str, Any]]:
    """Everybody by number, in the form in which answers show them; 0 is the pool."""
    return {number: {"number": number, "name": party.name} for number, party in parties().items()}


def known_party(number: int) -> int:
    """The number itself.

    :raises UnknownPartner: it is nobody's.
    """
    if number not in parties():
        raise UnknownPartner(partner=str(number))
    return number


def party_name(partner_id: str) -> str:
    """The name of the partner with this id; the pool's id is ``pool``.

    :raises UnknownPartner: there is no such partner.
    """
    return POOL_NAME if partner_id == POOL_NAME else partners.get_partner(partner_id).name
