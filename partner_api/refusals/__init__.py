"""What HTTP makes of each refusal, one module for each area: status, titles, and what to do about it."""

from coalition.errors import CoalitionError
from partner_api.refusals.acts import ACTS
from partner_api.refusals.administration import ADMINISTRATION
from partner_api.refusals.callers import CALLERS
from partner_api.refusals.calls import CALLS
from partner_api.refusals.challenges import CHALLENGES
from partner_api.refusals.contests import CONTESTS
from partner_api.refusals.kind import Kind
from partner_api.refusals.ledger import LEDGER
from partner_api.refusals.members import MEMBERS
from partner_api.refusals.partners import PARTNERS
from partner_api.refusals.points import POINTS
from partner_api.refusals.purchases import PURCHASES
from partner_api.refusals.rewards import REWARDS
from partner_api.refusals.settlement import SETTLEMENT
from partner_api.refusals.statements import STATEMENTS

KINDS: dict[type[CoalitionError], Kind] = {
    **CALLS,
    **CALLERS,
    **MEMBERS,
    **PARTNERS,
    **PURCHASES,
    **POINTS,
    **ADMINISTRATION,
    **LEDGER,
    **SETTLEMENT,
    **STATEMENTS,
    **REWARDS,
    **CONTESTS,
    **CHALLENGES,
    **ACTS,
}

CODES: dict[str, Kind] = {refusal.code: kind for refusal, kind in KINDS.items()}
