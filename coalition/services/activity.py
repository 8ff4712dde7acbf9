"""What has happened at each merchant so far."""

from dataclasses import dataclass

from coalition.services.partners import list_partners
from coalition.store import activity as store


@dataclass(frozen=True, slots=True)
class Activity:
    """``points_issued`` of the partner's own points; ``points_redeemed`` at its tills, whoever issued them."""

    partner: str
    receipts: int
    points_issued: int
    points_redeemed: int
    outstanding: int


def activity() -> list[Activity]:
    """Every partner's, the operator's included, by number."""
    receipts, issued, redeemed = store.receipts(), store.issued(), store.redeemed()
    return [
        Activity(
            partner=partner.name,
            receipts=receipts.get(partner.number, 0),
            points_issued=issued.get(partner.number, 0),
            points_redeemed=redeemed.get(partner.number, 0),
            outstanding=partner.outstanding,
        )
        for partner in list_partners()
    ]
