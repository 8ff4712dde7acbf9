"""Everything that can be refused: one class per reason, with a stable code and the values that explain it.

``partner_api.problems`` maps each class to an HTTP status; the code is the same there, in import results and in logs.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar


@dataclass
class CoalitionError(Exception):
    """A refusal. Nothing was written; ``str()`` says to a person what was wrong."""

    code: ClassVar[str]
    template: ClassVar[str]

    def __str__(self) -> str:
        return self.template.format(**self.values)

    @property
    def values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass
class UnknownMember(CoalitionError):
    code = "unknown_member"
    template = "No member is known as {member}."
    member: str


@dataclass
class MemberExists(CoalitionError):
    code = "member_exists"
    template = "This phone number already belongs to member {member}."
    member: str


@dataclass
class InvalidPhone(CoalitionError):
    code = "invalid_phone"
    template = "{phone} is not a phone number that can be dialled from abroad; write it as +7…, +1…."
    phone: str


@dataclass
class UnknownReferralCode(CoalitionError):
    code = "unknown_referral_code"
    template = "No member has the referral code {referral_code}."
    referral_code: str


@dataclass
class UnknownPartner(CoalitionError):
    code = "unknown_partner"
    template = "No partner is known as {partner}."
    partner: str


@dataclass
class PartnerExists(CoalitionError):
    code = "partner_exists"
    template = "A partner named {name} already exists."
    name: str


@dataclass
class InvalidPartner(CoalitionError):
    code = "invalid_partner"
    template = "Partner {name} cannot be so: {problem}."
    name: str
    problem: str


@dataclass
class PartnerSuspended(CoalitionError):
    code = "partner_suspended"
    template = "Partner {partner} is suspended and can neither issue nor redeem points."
    partner: str


@dataclass
class IssuerLimitExceeded(CoalitionError):
    code = "issuer_limit_exceeded"
    template = "Partner {partner} may have {limit} points outstanding; this would make it {outstanding}."
    partner: str
    limit: int
    outstanding: int


@dataclass
class UnknownPurchase(CoalitionError):
    code = "unknown_purchase"
    template = "No purchase of yours is known as {purchase}."
    purchase: str


@dataclass
class DuplicateReceipt(CoalitionError):
    code = "duplicate_receipt"
    template = "Receipt {receipt_id} is already recorded as purchase {purchase}."
    receipt_id: str
    purchase: str


@dataclass
class DuplicateLine(CoalitionError):
    code = "duplicate_line"
    template = "Line {line_id} stands more than once in the receipt."
    line_id: str


@dataclass
class TooManyLines(CoalitionError):
    code = "too_many_lines"
    template = "A receipt may have {allowed} lines; this one has {lines}."
    allowed: int
    lines: int


@dataclass
class NegativeReceipt(CoalitionError):
    code = "negative_receipt"
    template = "The lines of the receipt add up to {total_minor}; a purchase cannot be below zero."
    total_minor: int


@dataclass
class WrongCurrency(CoalitionError):
    code = "wrong_currency"
    template = "The programme counts in {expected}; the receipt is in {given}."
    expected: str
    given: str


@dataclass
class ReceiptFromFuture(CoalitionError):
    code = "receipt_from_future"
    template = "The receipt is dated {occurred_at:%Y-%m-%dT%H:%M:%S%z}, later than now, {now:%Y-%m-%dT%H:%M:%S%z}."
    occurred_at: datetime
    now: datetime


@dataclass
class InsufficientPoints(CoalitionError):
    code = "insufficient_points"
    template = "{required} points were to be redeemed; {available} are available."
    available: int
    required: int


@dataclass
class RedemptionAboveMaximum(CoalitionError):
    code = "redemption_above_maximum"
    template = "At most {max_points} points can pay for this receipt; {required} were to be redeemed."
    max_points: int
    required: int


@dataclass
class UnknownEntry(CoalitionError):
    code = "unknown_entry"
    template = "No journal entry of yours is known as {entry}."
    entry: str


@dataclass
class UnknownBatch(CoalitionError):
    code = "unknown_batch"
    template = "The ledger has no batch {sequence}."
    sequence: int


@dataclass
class EntryNotRecorded(CoalitionError):
    code = "entry_not_recorded"
    template = "Entry {entry} is still {status}; its receipt exists once the ledger has confirmed it."
    entry: str
    status: str


@dataclass
class IdempotencyKeyRequired(CoalitionError):
    code = "idempotency_key_required"
    template = "Send an Idempotency-Key header, 1 to 255 printable ASCII characters, with every POST."


@dataclass
class IdempotencyKeyReused(CoalitionError):
    code = "idempotency_key_reused"
    template = "Idempotency-Key {key} came before with another request."
    key: str


@dataclass
class IdempotencyKeyInFlight(CoalitionError):
    code = "idempotency_key_in_flight"
    template = "The first request with Idempotency-Key {key} is still running."
    key: str


@dataclass
class Unauthenticated(CoalitionError):
    code = "unauthenticated"
    template = "Send Authorization: Bearer with a valid key."


@dataclass
class Forbidden(CoalitionError):
    code = "forbidden"
    template = "This call needs a key of role {role}."
    role: str


@dataclass
class UnknownKey(CoalitionError):
    code = "unknown_key"
    template = "The partner has no key {key}."
    key: str


@dataclass
class InvalidCursor(CoalitionError):
    code = "invalid_cursor"
    template = "{cursor} is not a cursor that this list gave."
    cursor: str


@dataclass
class InvalidProgramme(CoalitionError):
    code = "invalid_programme"
    template = "{place}: {problem}"
    place: str
    problem: str


@dataclass
class ProgrammeExists(CoalitionError):
    code = "programme_exists"
    template = "This data directory already has a programme, in {currency}, 1 point = {point_price_minor} minor units."
    currency: str
    point_price_minor: int


@dataclass
class OlderSchema(CoalitionError):
    code = "older_schema"
    template = "The database lacks {missing}: run coalition init, which brings it up to date."
    missing: str


@dataclass
class InvalidSetting(CoalitionError):
    code = "invalid_setting"
    template = "{name} is {value}; it must be {wanted}."
    name: str
    value: str
    wanted: str


@dataclass
class InvalidPeriod(CoalitionError):
    code = "invalid_period"
    template = "A period from {from_} to {to} has no day in it; the day after the last is named."
    from_: str
    to: str


@dataclass
class UnknownStore(CoalitionError):
    code = "unknown_store"
    template = "Partner {partner} has no store {store}."
    partner: str
    store: str


@dataclass
class NewerSchema(CoalitionError):
    code = "newer_schema"
    template = "The database was made by a newer version (it has migration {migration}): upgrade this installation."
    migration: str
