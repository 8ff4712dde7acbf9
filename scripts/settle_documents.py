"""What settlement comes to, as documents: with names in place of numbers."""

from typing import Any

from coalition.services.parties import parties
from coalition.services.settlement import Outlook


def outlook_document(found: Outlook) -> dict[str, Any]:
    """The outlook with parties' names in place of numbers."""
    names = {number: party.name for number, party in parties().items()}
    return {
        "accounts": [
            {
                "from": names[account.payer],
                "to": names[account.payee],
                "for": account.cause.value,
                "points": total.points,
                "amount_minor": total.amount_minor,
                "currency": account.currency,
            }
            for account, total in found.totals.items()
        ],
        "positions": [
            {"partner": names[party], "amount_minor": amount, "currency": currency}
            for currency, nets in found.positions.items()
            for party, amount in sorted(nets.items())
        ],
        "transfers": [
            {
                "from": names[transfer.payer],
                "to": names[transfer.payee],
                "amount_minor": transfer.amount_minor,
                "currency": currency,
            }
            for currency, transfers in found.transfers.items()
            for transfer in transfers
        ],
    }
