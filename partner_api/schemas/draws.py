"""Prize draws, as anybody may see them."""

from marshmallow import fields, validate

from gamification.draw_members import TicketState
from gamification.draw_prizes import PrizeState
from gamification.draws import DrawState
from partner_api.schemas.fields import Moment, Output


class DrawPrize(Output):
    title = fields.String(required=True)
    winners = fields.Integer(required=True, metadata={"description": "How many get one."})
    points = fields.Integer(required=True, metadata={"description": "What each of them gets; 0 if it is not points."})


class DrawOnChain(Output):
    """Hashes and the secret are hexadecimal with their prefix; the last three are there once it is drawn."""

    chain_id = fields.Integer(required=True)
    contract = fields.String(required=True)
    commitment = fields.String(required=True, metadata={"description": "What the operator committed to a secret by."})
    block = fields.Integer(required=True, metadata={"description": "The block whose hash counts."})
    deadline = Moment(required=True, metadata={"description": "Until when the secret is to be revealed."})
    attempts = fields.Integer(
        required=True, metadata={"description": "How often it was committed to; above 1, it was not revealed before."}
    )
    rearms = fields.Integer(
        required=True, metadata={"description": "How often the block's hash was lost, and a later one took its place."}
    )
    secret = fields.String(required=True, allow_none=True)
    block_hash = fields.String(required=True, allow_none=True)
    seed = fields.String(required=True, allow_none=True)


class DrawWinner(Output):
    place = fields.Integer(required=True)
    serial = fields.Integer(required=True)
    ticket = fields.String(required=True)
    member = fields.String(
        required=True, metadata={"description": "What the list calls the member, who alone can show who that is."}
    )
    prize = fields.String(required=True)


class PrizeDraw(Output):
    id = fields.String(required=True)
    title = fields.String(required=True)
    partner = fields.String(
        required=True, allow_none=True, metadata={"description": "Who gives the prizes; null: the coalition."}
    )
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in DrawState]))
    closes_on = fields.Date(required=True, metadata={"description": "The last day, UTC, to win tickets on."})
    closed_at = Moment(required=True, allow_none=True)
    drawn_at = Moment(required=True, allow_none=True)
    prizes = fields.List(fields.Nested(DrawPrize()), required=True)
    tickets = fields.Integer(required=True, allow_none=True, metadata={"description": "Null until it is closed."})
    root = fields.String(required=True, allow_none=True, metadata={"description": "Merkle root of the tickets."})
    chain = fields.Nested(DrawOnChain(), required=True, allow_none=True)
    winners = fields.List(fields.Nested(DrawWinner()), required=True)


class ListedTicket(Output):
    serial = fields.Integer(required=True)
    ticket = fields.String(required=True)
    member = fields.String(required=True)


class TicketList(Output):
    """In canonical JSON (RFC 8785): the same bytes for ever."""

    draw = fields.String(required=True)
    tickets = fields.List(fields.Nested(ListedTicket()), required=True)


class MemberTicket(Output):
    ticket = fields.String(required=True)
    serial = fields.Integer(required=True)
    state = fields.String(
        required=True,
        validate=validate.OneOf([state.value for state in TicketState]),
        metadata={"description": "withdrawn: it is in no list."},
    )


class WonPrize(Output):
    place = fields.Integer(required=True, metadata={"description": "Counted from 1; the best prize first."})
    ticket = fields.String(required=True)
    prize = fields.String(required=True)
    points = fields.Integer(required=True, metadata={"description": "What it is worth; 0 if it is a perk."})
    state = fields.String(
        required=True,
        validate=validate.OneOf([state.value for state in PrizeState]),
        metadata={"description": "held: its sponsor cannot pay now; it is tried again."},
    )
    given_at = Moment(required=True, allow_none=True)
    reward = fields.String(
        required=True, allow_none=True, metadata={"description": "The perk among the member's rewards."}
    )


class MemberDraw(Output):
    """A draw, and what a member has of it. A partner sees what has been won of its own prizes alone."""

    draw = fields.String(required=True)
    title = fields.String(required=True)
    partner = fields.String(
        required=True, allow_none=True, metadata={"description": "Who gives the prizes; null: the coalition."}
    )
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in DrawState]))
    closes_on = fields.Date(required=True, metadata={"description": "The last day, UTC, to win tickets on."})
    tickets_valid = fields.Integer(required=True, metadata={"description": "How many tickets take part."})
    tickets = fields.List(
        fields.Nested(MemberTicket()),
        required=True,
        allow_none=True,
        metadata={"description": "The youngest first; null for partners: by a ticket the list names the member."},
    )
    member = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What the published list calls the member; null for partners."},
    )
    won = fields.List(fields.Nested(WonPrize()), required=True)


class OwnDraw(MemberDraw):
    salt = fields.String(
        required=True,
        metadata={"description": "SHA-256 of the JSON list of draw, your id and this is what the list calls you."},
    )
