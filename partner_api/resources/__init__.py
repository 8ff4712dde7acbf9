"""What can be asked for, one module for each noun."""

from partner_api.resources import keys, ledger, members, partners, purchases, quotes

RESOURCES = (
    members.blueprint,
    quotes.blueprint,
    purchases.blueprint,
    ledger.blueprint,
    partners.blueprint,
    keys.blueprint,
)
