"""The programme: its dated versions, each a document."""

from typing import Any

from marshmallow import INCLUDE, Schema, fields

from partner_api.schemas.fields import Moment, Output


def _term(type_: str, description: str) -> Any:
    return fields.Raw(metadata={"type": type_, "description": description})


class ProgrammeDocument(Schema):
    """The rules by which points are earned, spent, returned and lost. What is left out is as the programme's reader
    has it by default; keys that it does not know are mistakes, and it names all mistakes at once: invalid_programme."""

    class Meta:
        unknown = INCLUDE

    currency = _term("string", "ISO 4217. Every version has the same.")
    point_price_minor = _term("integer", "What one point pays at the till, in minor units.")
    time_zone = _term("string", "The IANA zone whose days and months everything counts by.")
    accrual = _term("object", "How points are earned: pending_days, stacking, rules, caps.")
    redemption = _term(
        "object",
        "How points pay: minimum_points, step_points, max_share_bps, excluded_categories, hold_ttl_s.",
    )
    returns = _term(
        "object", "What returned goods undo: spent_points (debt, write_off, deduct_from_refund), grace_days."
    )
    expiry = _term("object", "How long points live: lifetime_months.")
    tiers = _term("object", "The rungs that spend leads up: period, partner, grace_days, one_step_down, levels.")
    adjustments = _term("object", "What one operator may do alone: four_eyes_above_points.")
    transfers = _term("object", "Whether members may give points to each other: allowed.")
    partners = _term(
        "object", "What becomes of a failed partner's points: failure (honoured, lapse), failure_notice_days."
    )


class ProgrammeDraft(Schema):
    effective_from = Moment(required=True, metadata={"description": "Later than now, and than every other version."})
    programme = fields.Nested(ProgrammeDocument(), required=True)


class ProgrammeSummary(Output):
    version = fields.Integer(required=True)
    effective_from = Moment(required=True)
    published_at = Moment(required=True)


class ProgrammeVersion(ProgrammeSummary):
    programme = fields.Nested(ProgrammeDocument(), required=True)


class PublishedProgramme(ProgrammeVersion):
    unknown_categories = fields.List(
        fields.String(), required=True, metadata={"description": "Named in its rules and on no receipt so far."}
    )
