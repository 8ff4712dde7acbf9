"""The payments that clear a settled period: planned, told to banks as files, and confirmed by whoever gets them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from coalition.errors import NoBankDetails, PeriodNotSettled, UnknownPayment
from coalition.payments.bank_1c import exchange_file
from coalition.payments.orders import PaymentOrder
from coalition.services import audit_log
from coalition.services.parties import parties
from coalition.services.programmes import rulebook
from coalition.services.settlement import Period
from coalition.services.signatures import check_signature, payment_of, to_sign
from coalition.store import tables
from coalition.store.database import lock_name, transaction

_MESSAGE_ID_LENGTH = 30
_PURPOSES = {
    "en": "Settlement of loyalty points for {first} to {last}, period {number}, payment {id}",
    "ru": "Расчёты по баллам программы лояльности за период с {first} по {last}, период {number}, платёж {id}",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """``payer`` and ``payee`` are party numbers, 0 for the pool."""

    id: str
    number: int
    period: int
    payer: int
    payee: int
    currency: str
    amount_minor: int
    confirmed_at: datetime | None
    signature: str | None


def list_payments(period_number: int | None = None, party: int | None = None) -> list[Payment]:
    """In the order in which they were planned; of a period, and to or from a party, if they are given."""
    query = tables.Payment.select()
    if period_number is not None:
        query = query.where(tables.Payment.period == period_number)
    if party is not None:
        query = query.where((tables.Payment.payer == party) | (tables.Payment.payee == party))
    return [_payment(row) for row in query.order_by(tables.Payment.id)]


def get_payment(payment_id: str, party: int | None = None) -> Payment:
    """:raises UnknownPayment: there is none of this id, or it is neither to nor from the ``party``."""
    return _payment(_row(payment_id, party))


def confirmation_to_sign(payment_id: str, party: int | None = None) -> dict[str, Any] | None:
    """What its payee's key signs to say that the money has come; None while there is no settlement contract.

    :raises UnknownPayment: there is none of this id, or it is neither to nor from the ``party``.
    """
    return to_sign(payment_of(_row(payment_id, party)))


def confirm_payment(payment_id: str, payee: int | None, signature: str | None, by: str, *, now: datetime) -> Payment:
    """Its payee says that the money has come; ``payee`` None is the operator, who says so for anybody. Again it stays.

    :raises UnknownPayment: there is none of this id, or it goes to another.
    :raises NoSigningKey: it is signed, and the payee has no key.
    :raises WrongSigner: another key signed it, or another payment was signed.
    """
    with transaction():
        lock_name(payment_id)
        row = tables.Payment.get_or_none(tables.Payment.public_id == payment_id)
        if row is None or (payee is not None and row.payee != payee):
            raise UnknownPayment(payment=payment_id)
        if signature is not None:
            signature = check_signature(row.payee, payment_of(row), signature)
        if row.confirmed_at is None or (signature and signature != row.signature):
            row.confirmed_at, row.signature = row.confirmed_at or now, signature or row.signature
            row.save(only=[tables.Payment.confirmed_at, tables.Payment.signature])
            audit_log.note("payment.confirmed", payment_id, {"amount_minor": row.amount_minor}, by, now=now)
        return _payment(row)


def pain001_file(period: Period, locale: str, due_date: date, payer: int | None = None, *, now: datetime) -> bytes:
    """What is not confirmed yet of the period, or only what one ``payer`` has to pay, as ISO 20022 credit transfers.

    :raises PeriodNotSettled: its payments are not planned yet.
    :raises NoBankDetails: of some parties nobody knows where they are paid.
    :raises InvalidPaymentFile: nothing is to be paid.
    """

    # Not above: the schema takes longer to load than all else, and few commands need it.
    from coalition.payments.pain001 import credit_transfer

    def write(orders: Sequence[PaymentOrder]) -> bytes:
        # The same orders make the same message, so a bank that is given them twice can tell.
        message_id = sha256("".join(order.id for order in orders).encode()).hexdigest()[:_MESSAGE_ID_LENGTH]
        return credit_transfer(orders, message_id=message_id, initiator="Coalition", created_at=now)

    return _file(period, locale, due_date, payer, write)


def bank_1c_file(period: Period, locale: str, due_date: date, payer: int | None = None, *, now: datetime) -> bytes:
    """The same for Russian client banks, in roubles: ``1CClientBankExchange`` in windows-1251, dated today.

    A client bank takes only the orders of its own customer: give it one ``payer``.

    :raises BankDetailsUnfit: a party has no Russian account.
    """

    def write(orders: Sequence[PaymentOrder]) -> bytes:
        return exchange_file(orders, sender="Coalition", created_at=rulebook().at(now).local(now))

    return _file(period, locale, due_date, payer, write)


def _file(
    period: Period,
    locale: str,
    due_date: date,
    payer: int | None,
    write: Callable[[Sequence[PaymentOrder]], bytes],
) -> bytes:
    if period.settled_at is None:
        raise PeriodNotSettled(period=period.name, status=period.status)
    planned = [
        payment
        for payment in list_payments(period.number)
        if payment.confirmed_at is None and payer in (None, payment.payer)
    ]
    known = parties()
    missing = {number for each in planned for number in (each.payer, each.payee) if known[number].bank is None}
    if missing:
        raise NoBankDetails(partners=", ".join(known[number].name for number in sorted(missing)))
    orders = []
    for each in planned:
        debtor, creditor = known[each.payer].bank, known[each.payee].bank
        assert debtor is not None and creditor is not None
        purpose = _PURPOSES[locale].format(
            first=period.days.first, last=period.days.last, number=period.number, id=each.id
        )
        orders.append(
            PaymentOrder(each.number, each.id, debtor, creditor, each.amount_minor, each.currency, purpose, due_date)
        )
    return write(orders)


def _row(payment_id: str, party: int | None) -> Any:
    row = tables.Payment.get_or_none(tables.Payment.public_id == payment_id)
    if row is None or party not in (None, row.payer, row.payee):
        raise UnknownPayment(payment=payment_id)
    return row


def _payment(row: Any) -> Payment:
    return Payment(
        row.public_id,
        row.id,
        row.period_id,
        row.payer,
        row.payee,
        row.currency,
        row.amount_minor,
        row.confirmed_at,
        row.signature,
    )
