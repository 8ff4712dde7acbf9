"""Rules: those that run, and what publishing others takes and answers."""

from typing import Any

from marshmallow import Schema, ValidationError, fields

from partner_api.schemas.achievements import IconUrl
from partner_api.schemas.fields import Flag, Moment, Output

_RULES: Any = {
    "type": ["object", "string"],
    "description": "A rule file: its document as JSON, or its text, which may be YAML."
    " `coalition achievements schema` prints its JSON Schema.",
}
_DRY_RUN: Any = {"description": "Check everything and tell what would be; publish nothing."}
_BACK_FILL: Any = {"description": "New versions judge all that ever happened, too, and grant quietly."}


def _is_document(value: object) -> None:
    if not isinstance(value, dict | str):
        raise ValidationError("Neither an object nor a text.")


class RuleDraft(Schema):
    rules = fields.Raw(required=True, validate=_is_document, metadata=_RULES)
    back_fill = Flag(load_default=False, metadata=_BACK_FILL)
    dry_run = Flag(load_default=False, metadata=_DRY_RUN)


class PublishedRule(Output):
    rule = fields.String(required=True, metadata={"description": "An id, or levels, or referral."})
    version = fields.Integer(required=True)


class RuleRemark(Output):
    """What may be published and is yet worth a second look."""

    rule = fields.String(required=True)
    code = fields.String(required=True)
    text = fields.String(required=True)


class PublishedRules(Output):
    published = fields.List(fields.Nested(PublishedRule()), required=True)
    unchanged = fields.List(fields.Nested(PublishedRule()), required=True)
    granted = fields.Integer(required=True, metadata={"description": "Grants by back-fill."})
    remarks = fields.List(fields.Nested(RuleRemark()), required=True)
    dry_run = fields.Boolean(required=True)


class RuleMeasure(Output):
    kind = fields.String(required=True, metadata={"description": "count, sum, max, distinct or streak."})
    field = fields.String(required=True, allow_none=True)
    step = fields.String(required=True, allow_none=True)
    freezes = fields.Integer(required=True)


class RuleWindow(Output):
    kind = fields.String(required=True, metadata={"description": "lifetime, day, week, month, year, days or dates."})
    days = fields.Integer(required=True, allow_none=True)
    first = fields.Date(required=True, allow_none=True)
    last = fields.Date(required=True, allow_none=True)


class RuleReward(Output):
    """Points and experience have one number a tier; coupon and perk are their titles, draw is the id of one."""

    points = fields.List(fields.Integer(), required=True)
    funded_by = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    experience = fields.List(fields.Integer(), required=True)
    badge = fields.Boolean(required=True)
    coupon = fields.String(required=True, allow_none=True)
    perk = fields.String(required=True, allow_none=True)
    draw = fields.String(required=True, allow_none=True)
    surprise = fields.Boolean(required=True)


class RuleBudget(Output):
    points = fields.Integer(required=True, allow_none=True)
    per_member = fields.Integer(required=True, allow_none=True)


class RuleTeam(Output):
    most = fields.Integer(required=True)
    reward = fields.String(required=True)


class RuleChallenge(Output):
    join = fields.Boolean(required=True)
    owner = fields.String(required=True, allow_none=True, metadata={"description": "Null for the coalition's."})
    first = fields.Integer(required=True, allow_none=True)
    team = fields.Nested(RuleTeam(), required=True, allow_none=True)


class Rule(Output):
    """An achievement or challenge that runs."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)
    published_at = Moment(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    icon = fields.String(required=True)
    icon_url = IconUrl()
    hidden = fields.Boolean(required=True, metadata={"description": "Do not show it to members who lack it."})
    on = fields.String(required=True, metadata={"description": "The type of event that counts."})
    where = fields.Dict(keys=fields.String(), required=True)
    measure = fields.Nested(RuleMeasure(), required=True)
    window = fields.Nested(RuleWindow(), required=True)
    tiers = fields.List(fields.Integer(), required=True)
    requires = fields.List(fields.String(), required=True)
    repeat = fields.String(required=True)
    times = fields.Integer(required=True, metadata={"description": "Of up_to: how many."})
    hold_s = fields.Integer(required=True)
    on_reversal = fields.String(required=True)
    reward = fields.Nested(RuleReward(), required=True)
    budget = fields.Nested(RuleBudget(), required=True)
    challenge = fields.Nested(RuleChallenge(), required=True, allow_none=True)
