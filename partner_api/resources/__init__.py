"""What can be asked for, one module for each noun."""

from partner_api.resources import (
    adjustments,
    badges,
    choices,
    gifts,
    holds,
    keys,
    ledger,
    members,
    partners,
    programme,
    purchases,
    quotes,
    redemptions,
    returns,
    tiers,
    transfers,
)

RESOURCES = (
    members.blueprint,
    tiers.blueprint,
    choices.blueprint,
    quotes.blueprint,
    purchases.blueprint,
    returns.blueprint,
    holds.blueprint,
    redemptions.blueprint,
    transfers.blueprint,
    ledger.blueprint,
    badges.blueprint,
    programme.blueprint,
    adjustments.blueprint,
    gifts.blueprint,
    partners.blueprint,
    keys.blueprint,
)
