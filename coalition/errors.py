"""Everything that can be refused: one class per reason, with a stable code and the values that explain it.

``partner_api.refusals`` maps each class to an HTTP status; the code is the same there, in import results and in logs.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple, Self


@dataclass
class CoalitionError(Exception):
    """A refusal. Nothing was written; ``str()`` says to a person what was wrong.

    ``pointer`` is the place in the request (RFC 6901) of what is refused, where that is one.
    """

    code: ClassVar[str]
    template: ClassVar[str]
    pointer = ""

    def __str__(self) -> str:
        return self.template.format(**self.values)

    @property
    def values(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def at(self, pointer: str) -> Self:
        """The refusal, of what stands at this place of the request instead of the usual one."""
        self.pointer = pointer
        return self


class Mistake(NamedTuple):
    """One thing wrong with a document that a person wrote, and where; ``key`` is the path inside it."""

    file: str
    line: int
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: {self.problem}"


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
    pointer = "/referral_code"
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
class ReceiptTooLate(CoalitionError):
    code = "receipt_too_late"
    template = (
        "The receipt is dated {occurred_at:%Y-%m-%dT%H:%M:%S%z}; it may come {late_days} days late, and not later."
    )
    occurred_at: datetime
    late_days: int


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
class RedemptionBelowMinimum(CoalitionError):
    code = "redemption_below_minimum"
    template = "At least {minimum_points} points are redeemed at a time; {required} were to be."
    minimum_points: int
    required: int


@dataclass
class RedemptionOffStep(CoalitionError):
    code = "redemption_off_step"
    template = "Points are redeemed in multiples of {step_points}; {required} were to be."
    step_points: int
    required: int


@dataclass
class UnknownRedemption(CoalitionError):
    code = "unknown_redemption"
    template = "No redemption of yours is known as {redemption}."
    redemption: str


@dataclass
class DuplicateReference(CoalitionError):
    code = "duplicate_reference"
    template = "Reference {reference} is already that of {existing}."
    reference: str
    existing: str


@dataclass
class RedemptionReversed(CoalitionError):
    code = "redemption_reversed"
    template = "Redemption {redemption} is reversed already."
    redemption: str


@dataclass
class NotACharity(CoalitionError):
    code = "not_a_charity"
    template = "Partner {partner} is no charity; points are given to charities only."
    partner: str


@dataclass
class UnknownHold(CoalitionError):
    code = "unknown_hold"
    template = "No hold of yours is known as {hold}."
    hold: str


@dataclass
class HoldEnded(CoalitionError):
    code = "hold_ended"
    template = "Hold {hold} is {status}; a hold ends once."
    hold: str
    status: str


@dataclass
class CaptureAboveHold(CoalitionError):
    code = "capture_above_hold"
    template = "Hold {hold} sets {held} points aside; {required} were to be captured."
    hold: str
    held: int
    required: int


@dataclass
class HoldOfAnotherMember(CoalitionError):
    code = "hold_of_another_member"
    template = "Hold {hold} sets aside points of another member."
    hold: str


@dataclass
class UnknownLine(CoalitionError):
    code = "unknown_line"
    template = "The purchase has no line {line_id}."
    line_id: str


@dataclass
class EmptyReturn(CoalitionError):
    code = "empty_return"
    template = "A return names at least one line, and of each at least one piece."


@dataclass
class ReturnExceedsPurchase(CoalitionError):
    code = "return_exceeds_purchase"
    template = "Of line {line_id}, {bought} were bought and {returned} are returned already; {quantity} more cannot be."
    line_id: str
    bought: int
    returned: int
    quantity: int


@dataclass
class NegativeRefund(CoalitionError):
    code = "negative_refund"
    template = "These lines together would refund {refund_minor}; a rebate goes back with the goods it was for."
    refund_minor: int


@dataclass
class RefundAbovePayment(CoalitionError):
    code = "refund_above_payment"
    template = (
        "These lines would bring the refunds of the purchase to {refund_minor}, and {paid_minor} was paid:"
        " a rebate goes back with the goods it was for."
    )
    refund_minor: int
    paid_minor: int


@dataclass
class DuplicateReturn(CoalitionError):
    code = "duplicate_return"
    template = "Return {return_id} is already recorded as {existing}."
    return_id: str
    existing: str


@dataclass
class ReturnBeforePurchase(CoalitionError):
    code = "return_before_purchase"
    template = "The goods came back {occurred_at:%Y-%m-%dT%H:%M:%S%z}, before they were bought."
    occurred_at: datetime


@dataclass
class ReasonRequired(CoalitionError):
    code = "reason_required"
    template = "Say why: what an operator changes by hand has a reason."
    pointer = "/reason"


@dataclass
class NoPoints(CoalitionError):
    code = "no_points"
    template = "{points} points is not a number of points that can be moved."
    points: int


@dataclass
class UnknownAdjustment(CoalitionError):
    code = "unknown_adjustment"
    template = "No adjustment is known as {adjustment}."
    adjustment: str


@dataclass
class AdjustmentDecided(CoalitionError):
    code = "adjustment_decided"
    template = "Adjustment {adjustment} is {status} already."
    adjustment: str
    status: str


@dataclass
class SecondOperatorRequired(CoalitionError):
    code = "second_operator_required"
    template = "{request} was asked for by this very operator; another one decides."
    request: str


@dataclass
class UnknownGift(CoalitionError):
    code = "unknown_gift"
    template = "No gift is known as {gift}."
    gift: str


@dataclass
class GiftDecided(CoalitionError):
    code = "gift_decided"
    template = "Gift {gift} is {status} already."
    gift: str
    status: str


@dataclass
class TransfersNotAllowed(CoalitionError):
    code = "transfers_not_allowed"
    template = "The programme does not let members give points to each other."


@dataclass
class TransferToSelf(CoalitionError):
    code = "transfer_to_self"
    template = "Member {member} cannot give points to themselves."
    member: str


@dataclass
class UnknownLot(CoalitionError):
    code = "unknown_lot"
    template = "No points that could still be spent were issued by entry {entry}."
    entry: str


@dataclass
class NotAnExtension(CoalitionError):
    code = "not_an_extension"
    template = "These points expire {expires_at:%Y-%m-%dT%H:%M:%S%z}; that can only be put off."
    expires_at: datetime


@dataclass
class UnknownTier(CoalitionError):
    code = "unknown_tier"
    template = "The programme has no tier {tier}."
    tier: str


@dataclass
class TierNotForSale(CoalitionError):
    code = "tier_not_for_sale"
    template = "Tier {tier} cannot be bought for {means}."
    tier: str
    means: str


@dataclass
class UnknownRule(CoalitionError):
    code = "unknown_rule"
    template = "The programme has no rule {rule} that leaves a choice of categories."
    rule: str


@dataclass
class InvalidChoice(CoalitionError):
    code = "invalid_choice"
    template = "Rule {rule} lets a member pick {pick} of: {categories}."
    rule: str
    pick: int
    categories: str


@dataclass
class ChoiceMade(CoalitionError):
    code = "choice_made"
    template = "The categories of {month} are chosen already for rule {rule}."
    rule: str
    month: str


@dataclass
class MonthNotOpen(CoalitionError):
    code = "month_not_open"
    template = "Categories are chosen for {open_months}; {month} is neither."
    month: str
    open_months: str


@dataclass
class UnknownProgramme(CoalitionError):
    code = "unknown_programme"
    template = "The programme has no version {version}."
    version: int


@dataclass
class ProgrammeInPast(CoalitionError):
    code = "programme_in_past"
    template = "Rules are never retroactive: {effective_from:%Y-%m-%dT%H:%M:%S%z} is not later than in five minutes."
    effective_from: datetime


@dataclass
class ProgrammeOverlaps(CoalitionError):
    code = "programme_overlaps"
    template = "Version {version} takes effect {effective_from:%Y-%m-%dT%H:%M:%S%z}; the next one must come after it."
    version: int
    effective_from: datetime


@dataclass
class CurrencyFixed(CoalitionError):
    code = "currency_fixed"
    template = "The programme counts in {currency}; a new version cannot change that."
    currency: str


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
class InvalidTicketList(CoalitionError):
    code = "invalid_ticket_list"
    template = "This is no published list of tickets: {problem}."
    problem: str


@dataclass
class UnknownBadge(CoalitionError):
    code = "unknown_badge"
    template = "No badge has the number {badge}."
    badge: str


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
    template = "Send Authorization: Bearer with a valid key, or with the token of a session."


@dataclass
class Forbidden(CoalitionError):
    code = "forbidden"
    template = "This call is for the role {role}."
    role: str


@dataclass
class TooManyCodes(CoalitionError):
    code = "too_many_codes"
    template = "So many codes were asked for that the next can be had in {retry_after_s} seconds."
    retry_after_s: int


@dataclass
class WrongCode(CoalitionError):
    code = "wrong_code"
    template = "This code opens nothing: wrong, used, older than five minutes, not the newest, or tried too often."


@dataclass
class SmsNotConfigured(CoalitionError):
    code = "sms_not_configured"
    template = "No message can be sent here: the operator has configured no SMS gateway."


@dataclass
class InvalidTimeZone(CoalitionError):
    code = "invalid_time_zone"
    template = "{time_zone} is not an IANA time zone, such as Europe/Moscow."
    time_zone: str


@dataclass
class TimeZoneChangedLately(CoalitionError):
    code = "time_zone_changed_lately"
    template = "The time zone was changed less than 30 days ago; it stays as it is until {until:%Y-%m-%dT%H:%M:%SZ}."
    pointer = "/time_zone"
    until: datetime


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
    """Every mistake of one document; none of it came into force."""

    code = "invalid_programme"
    template = "{mistakes}"
    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))


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


@dataclass
class InvalidRateCard(CoalitionError):
    """Every mistake of one document; none of it came into force."""

    code = "invalid_rate_card"
    template = "{mistakes}"
    mistakes: tuple[Mistake, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))


@dataclass
class RateCardInPast(CoalitionError):
    code = "rate_card_in_past"
    template = "A rate card takes effect later than now and than every closed period; {effective_from} is not."
    effective_from: datetime


@dataclass
class RateCardOverlaps(CoalitionError):
    code = "rate_card_overlaps"
    template = "Rate card {version} takes effect at {effective_from}; the next one does so later."
    version: int
    effective_from: datetime


@dataclass
class FundingFixed(CoalitionError):
    code = "funding_fixed"
    template = "The coalition is funded {funding}; no later rate card may say otherwise."
    funding: str


@dataclass
class NoExchangeRate(CoalitionError):
    code = "no_exchange_rate"
    template = "There is no rate from {base} to {quote} for {day}."
    base: str
    quote: str
    day: date


@dataclass
class InvalidExchangeRate(CoalitionError):
    code = "invalid_exchange_rate"
    template = "The rate from {base} to {quote} of {day} cannot be given: {problem}."
    base: str
    quote: str
    day: date
    problem: str


@dataclass
class PeriodNotOver(CoalitionError):
    code = "period_not_over"
    template = "The period ends at {ends_at}, which is yet to come."
    ends_at: datetime


@dataclass
class PeriodClosed(CoalitionError):
    code = "period_closed"
    template = "{period} is closed already, as {id}; nothing was changed."
    period: str
    id: str


@dataclass
class PeriodOutOfOrder(CoalitionError):
    code = "period_out_of_order"
    template = "The next period to close begins on {expected}, not on {given}: periods neither overlap nor leave gaps."
    expected: date
    given: date


@dataclass
class EntriesNotFinal(CoalitionError):
    code = "entries_not_final"
    template = "{entries} entries from before {ends_at} are not final on the chain yet; the oldest is of {oldest}."
    entries: int
    oldest: datetime
    ends_at: datetime


@dataclass
class UnknownPeriod(CoalitionError):
    code = "unknown_period"
    template = "No closed period is known as {period}."
    period: str


@dataclass
class UnknownStatement(CoalitionError):
    code = "unknown_statement"
    template = "No statement of yours is known as {statement}."
    statement: str


@dataclass
class UnknownStatementLine(CoalitionError):
    code = "unknown_statement_line"
    template = "Statement {statement} has no line {line}."
    statement: str
    line: str


@dataclass
class StatementConcluded(CoalitionError):
    code = "statement_concluded"
    template = "Statement {statement} is {status} already."
    statement: str
    status: str


@dataclass
class DisputeTooLate(CoalitionError):
    code = "dispute_too_late"
    template = "Statement {statement} could be disputed until {until}."
    statement: str
    until: datetime


@dataclass
class UnknownDispute(CoalitionError):
    code = "unknown_dispute"
    template = "No dispute is known as {dispute}."
    dispute: str


@dataclass
class DisputeAnswered(CoalitionError):
    code = "dispute_answered"
    template = "Dispute {dispute} is answered already: {answer}."
    dispute: str
    answer: str


@dataclass
class InvalidCorrection(CoalitionError):
    code = "invalid_correction"
    template = "The correction cannot be so: {problem}."
    problem: str


@dataclass
class WrongRoot(CoalitionError):
    code = "wrong_root"
    template = "Statement {statement} has the root {expected}, not {given}."
    statement: str
    expected: str
    given: str


@dataclass
class WrongSigner(CoalitionError):
    code = "wrong_signer"
    template = "{partner} signs with {expected}; this was signed by {given}."
    partner: str
    expected: str
    given: str


@dataclass
class NoSigningKey(CoalitionError):
    code = "no_signing_key"
    template = "{partner} has no key to sign with; the operator registers its address."
    partner: str


@dataclass
class NoBankDetails(CoalitionError):
    code = "no_bank_details"
    template = "Nobody has given the bank details of {partners}."
    partners: str


@dataclass
class PeriodNotSettled(CoalitionError):
    code = "period_not_settled"
    template = "Period {period} is {status}; payments are due once it is settled."
    period: str
    status: str


@dataclass
class UnknownPayment(CoalitionError):
    code = "unknown_payment"
    template = "No payment to you is known as {payment}."
    payment: str


@dataclass
class InvalidPack(CoalitionError):
    code = "invalid_pack"
    template = "A pack of points for {partner} cannot be so: {problem}."
    partner: str
    problem: str


@dataclass
class PackTooSmall(CoalitionError):
    code = "pack_too_small"
    template = "Partner {partner} has {outstanding} points outstanding and has bought {bought}: it buys the rest first."
    partner: str
    bought: int
    outstanding: int


@dataclass
class InvalidOffboarding(CoalitionError):
    code = "invalid_offboarding"
    template = "Partner {partner} cannot leave so: {problem}."
    partner: str
    problem: str


@dataclass
class PartnerLeaving(CoalitionError):
    """``status`` is ``leaving`` or ``ended``."""

    code = "partner_leaving"
    template = "Partner {partner} leaves the coalition, or has left: {status}."
    partner: str
    status: str


@dataclass
class PartnerNotLeaving(CoalitionError):
    code = "partner_not_leaving"
    template = "Partner {partner} does not leave the coalition."
    partner: str
