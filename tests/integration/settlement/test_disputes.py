"""A statement is accepted, or a line of it disputed in time; the operator answers, and corrections move money later."""

from datetime import UTC, datetime, timedelta

import pytest

from coalition.domain.periods import PeriodStatus, StatementStatus
from coalition.domain.redemption import Exactly
from coalition.errors import (
    DisputeAnswered,
    DisputeTooLate,
    InvalidCorrection,
    NoSigningKey,
    ReasonRequired,
    StatementConcluded,
    UnknownDispute,
    UnknownStatement,
    UnknownStatementLine,
    WrongRoot,
)
from coalition.services import audit_log, corrections, disputes, settlement
from coalition.services.disputes import answer, dispute, list_disputes
from coalition.services.statements import acknowledge, get_statement, list_statements
from tests.integration.books import contents, refused
from tests.integration.settlement.conftest import BY, MOMENT

APRIL, MAY = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
CINEMA, CAFE = 2, 3


@pytest.fixture
def period(office, coalition, till):
    """March is closed: the cinema owes the café thirty cents, and both may dispute it for ten days after the 1st."""
    till.sell(coalition.cinema, 1000)
    till.sell(coalition.cafe, 1000, redeem=Exactly(30))
    office.until(APRIL)
    return office.close("2026-03")


@pytest.fixture
def of_cinema(office, period):
    return office.statement(period, CINEMA)


@pytest.fixture
def of_cafe(office, period):
    return office.statement(period, CAFE)


@pytest.fixture
def redeemed(office, period):
    """The line of the redemption on the cinema's statement."""
    return next(line.id for line in office.lines(period, CINEMA) if line.kind == "redemption")


def status(office) -> PeriodStatus:
    return settlement.period("2026-03", now=office.clock.now()).status


def accept(office, statement, **other):
    asked = {"party": statement.partner, "root": statement.root, "signature": None, "by": BY} | other
    return acknowledge(statement.id, now=office.clock.now(), **asked)


def object_to(office, statement, line, reason="it was returned", party=None):
    return dispute(statement.id, party or statement.partner, line, reason, BY, now=office.clock.now())


# --- accepted


def test_acknowledge__by_everybody__the_period_is_acknowledged_before_the_deadline(office, of_cinema, of_cafe):
    accept(office, of_cinema)
    assert status(office) is PeriodStatus.CLOSED
    issued = accept(office, of_cafe)
    assert (issued.status, issued.acknowledged_at) == (StatementStatus.ACKNOWLEDGED, office.clock.now())
    assert status(office) is PeriodStatus.ACKNOWLEDGED


def test_acknowledge__twice__the_second_time_changes_nothing(office, of_cafe):
    first = accept(office, of_cafe)
    before = contents()
    office.clock.advance(timedelta(days=1))
    assert accept(office, of_cafe) == first
    assert contents() == before


def test_acknowledge__another_root__refused(office, of_cinema, of_cafe):
    with refused(WrongRoot):
        accept(office, of_cafe, root=of_cinema.root)


def test_acknowledge__of_another__refused(office, of_cafe):
    with refused(UnknownStatement):
        accept(office, of_cafe, party=CINEMA)


def test_acknowledge__signed_without_a_key__refused(office, of_cafe):
    with refused(NoSigningKey):
        accept(office, of_cafe, signature="0x" + "1" * 130)


def test_acknowledge__while_a_dispute_waits__refused_until_it_is_answered(office, of_cinema, redeemed):
    raised = object_to(office, of_cinema, redeemed)
    with refused(StatementConcluded):
        accept(office, of_cinema)
    answer(raised.id, "rejection", "the receipt is here", BY, now=office.clock.now())
    assert accept(office, of_cinema).status is StatementStatus.ACKNOWLEDGED


# --- disputed


def test_dispute__in_the_last_moment__the_period_waits_for_its_answer_however_long(office, of_cinema, redeemed):
    deadline = get_statement(of_cinema.id).dispute_until
    # Ten days after the local day of the closing are over.
    assert deadline == datetime(2026, 4, 12, tzinfo=UTC)
    office.until(deadline - MOMENT)
    raised = object_to(office, of_cinema, redeemed)
    assert (raised.line, raised.answer) == (redeemed, None)
    office.until(MAY)
    assert status(office) is PeriodStatus.DISPUTED
    assert settlement.settle_accepted(now=MAY) == 0


def test_dispute__a_moment_later__refused_and_the_period_is_accepted(office, of_cinema, redeemed):
    office.until(get_statement(of_cinema.id).dispute_until)
    assert status(office) is PeriodStatus.ACKNOWLEDGED
    with refused(DisputeTooLate):
        object_to(office, of_cinema, redeemed)


def test_dispute__the_same_line_again__is_the_same_dispute_even_after_the_deadline(office, of_cinema, redeemed):
    first = object_to(office, of_cinema, redeemed)
    before = contents()
    office.until(MAY)
    assert object_to(office, of_cinema, redeemed, "once more") == first
    assert contents() == before


def test_dispute__of_what_was_acknowledged__refused(office, of_cinema, redeemed):
    accept(office, of_cinema)
    with refused(StatementConcluded):
        object_to(office, of_cinema, redeemed)


def test_dispute__without_a_reason__refused(office, of_cinema, redeemed):
    with refused(ReasonRequired):
        object_to(office, of_cinema, redeemed, " ")


def test_dispute__of_anothers_statement__refused(office, of_cinema, redeemed):
    with refused(UnknownStatement):
        object_to(office, of_cinema, redeemed, party=CAFE)


def test_dispute__of_a_line_that_is_anothers__refused(office, of_cinema, period):
    accrual = next(line.id for line in office.lines(period, CAFE) if line.kind == "accrual")
    with refused(UnknownStatementLine):
        object_to(office, of_cinema, accrual)


# --- answered


def test_answer__rejected__the_statement_is_answered_and_nothing_moves(office, of_cinema, of_cafe, redeemed):
    raised = object_to(office, of_cinema, redeemed)
    accept(office, of_cafe)
    found = answer(raised.id, "rejection", "the receipt is here", BY, now=office.clock.now())
    assert (found.answer, found.words, found.answered_at) == ("rejection", "the receipt is here", office.clock.now())
    assert get_statement(of_cinema.id).status is StatementStatus.ANSWERED
    assert status(office) is PeriodStatus.ACKNOWLEDGED
    assert corrections.open_corrections() == []


@pytest.mark.parametrize(("amount", "cafe_gets"), [(12, -12), (-12, 12)])
def test_answer__by_a_correction__moves_money_in_the_next_period_and_names_the_dispute(
    office, of_cinema, redeemed, amount, cafe_gets
):
    raised = object_to(office, of_cinema, redeemed)
    march = settlement.result(settlement.period("2026-03", now=APRIL))
    answer(raised.id, "correction", "so be it", BY, now=office.clock.now(), amount_minor=amount, counterparty=CAFE)
    office.until(MAY)

    april = office.close("2026-04")

    assert settlement.result(april).positions == {"USD": {CAFE: cafe_gets, CINEMA: -cafe_gets}}
    assert settlement.result(settlement.period("2026-03", now=MAY)) == march
    [line] = office.lines(april, CINEMA)
    assert (line.kind, line.cause, line.counterparty) == ("correction", "correction", CAFE)
    assert (line.corrects, line.micros) == (raised.id, amount * 1_000_000)
    assert corrections.open_corrections() == []
    office.until("2026-06-01T00:00Z")
    assert settlement.result(office.close("2026-05")).positions == {}


def test_answer__of_one_of_two__the_statement_stays_disputed(office, of_cafe, period):
    lines = [line.id for line in office.lines(period, CAFE)]
    one, other = (object_to(office, of_cafe, line) for line in lines[:2])
    answer(one.id, "rejection", "no", BY, now=office.clock.now())
    assert get_statement(of_cafe.id).status is StatementStatus.DISPUTED
    assert [each.id for each in list_disputes(only_open=True)] == [other.id]
    answer(other.id, "rejection", "no", BY, now=office.clock.now())
    assert get_statement(of_cafe.id).status is StatementStatus.ANSWERED


def test_answer__then_another_line_is_disputed__waits_again(office, of_cafe, period):
    one, other = [line.id for line in office.lines(period, CAFE)][:2]
    answer(object_to(office, of_cafe, one).id, "rejection", "no", BY, now=office.clock.now())
    object_to(office, of_cafe, other)
    assert status(office) is PeriodStatus.DISPUTED


def test_answer__twice__refused(office, of_cinema, redeemed):
    raised = object_to(office, of_cinema, redeemed)
    answer(raised.id, "rejection", "no", BY, now=office.clock.now())
    with refused(DisputeAnswered):
        answer(raised.id, "correction", "yes", BY, now=office.clock.now(), amount_minor=1, counterparty=CAFE)


def test_answer__without_words_or_of_no_dispute__refused(office, of_cinema, redeemed):
    raised = object_to(office, of_cinema, redeemed)
    with refused(ReasonRequired):
        answer(raised.id, "rejection", "", BY, now=office.clock.now())
    with refused(UnknownDispute):
        answer("dis_none", "rejection", "no", BY, now=office.clock.now())


@pytest.mark.parametrize(("amount", "counterparty"), [(0, CAFE), (5, CINEMA), (5, None)])
def test_answer__by_a_correction_of_nothing_or_to_itself__refused(office, of_cinema, redeemed, amount, counterparty):
    raised = object_to(office, of_cinema, redeemed)
    with refused(InvalidCorrection):
        answer(
            raised.id, "correction", "so", BY, now=office.clock.now(), amount_minor=amount, counterparty=counterparty
        )


@pytest.mark.parametrize("amount", [10**12 + 1, 10**15, -1])
def test_correction__of_more_than_can_be_counted_or_of_less_than_nothing__refused(office, amount):
    with refused(InvalidCorrection):
        corrections.correct(CINEMA, CAFE, "USD", amount, "by hand", BY, now=office.clock.now())


def test_correction__of_the_most_there_can_be__is_in_the_period_and_its_statement(office):
    most = 10**12
    corrections.correct(CINEMA, CAFE, "USD", most, "by hand", BY, now=office.clock.now())
    office.until(APRIL)
    found = office.close("2026-03")
    assert settlement.result(found).positions == {"USD": {CINEMA: -most, CAFE: most}}
    assert office.statement(found, CAFE).position_minor == most


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "ДОЛ"])
def test_correction__in_what_is_no_currency__refused(office, currency):
    with refused(InvalidCorrection):
        corrections.correct(CINEMA, CAFE, currency, 1, "by hand", BY, now=office.clock.now())


def test_correction__between_names__is_between_those_and_the_pool(office):
    found = corrections.correct_between("pool", "cafe", "EUR", 5, "by hand", BY, now=office.clock.now())
    assert (found.payer, found.payee, found.currency, found.amount_minor) == (0, CAFE, "EUR", 5)


def test_audit__of_a_dispute__has_who_did_what_in_order(office, of_cinema, redeemed):
    raised = object_to(office, of_cinema, redeemed)
    answer(raised.id, "correction", "so be it", BY, now=office.clock.now(), amount_minor=5, counterparty=CAFE)
    deeds = [(deed.action, deed.by) for deed in reversed(audit_log.list_deeds().data)]
    assert deeds == [
        ("period.closed", BY),
        ("dispute.raised", BY),
        ("settlement.corrected", BY),
        ("dispute.answered", BY),
    ]
    assert [deed.action for deed in audit_log.list_deeds(subject=raised.id).data] == [
        "dispute.answered",
        "dispute.raised",
    ]


def test_statements__of_one_party_or_period__are_those(office, period):
    assert [each.statement.partner for each in list_statements(period_number=period.number)] == [CINEMA, CAFE]
    assert [each.statement.partner for each in list_statements(CAFE)] == [CAFE]
    assert list_statements(period_number=period.number + 1) == []
    assert disputes.list_disputes() == []
