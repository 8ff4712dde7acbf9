"""A POST that comes twice is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import sleep

import pytest

from coalition.services import idempotency, purchases
from coalition.services.idempotency import forget_old_answers
from coalition.services.members import EnrolMember, enrol_member
from coalition.store import tables
from coalition.store.database import is_postgresql
from tests.api.callers import refused

URL = "/v1/purchases"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return request.getfixturevalue(f"{request.param}_url")


def test_post_purchase__same_key_same_body__answered_again_and_nothing_changes(cinema, receipt, nothing_changes):
    first = cinema.post(URL, receipt, "k")
    assert "Idempotency-Replayed" not in first.headers
    with nothing_changes():
        again = cinema.post(URL, receipt, "k")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_post_purchase__same_content_written_otherwise__is_the_same_request(cinema, receipt):
    first = cinema.post(URL, receipt, "k")
    again = cinema.post(URL, dict(reversed(receipt.items())), "k")
    assert again.data == first.data


def test_post_purchase__reused_key_other_body__refused_and_nothing_changes(cinema, receipt, nothing_changes):
    cinema.post(URL, receipt, "k")
    with nothing_changes():
        refused(cinema.post(URL, receipt | {"receipt_id": "r-2"}, "k"), 422, "idempotency_key_reused")


def test_post_member__key_of_a_purchase__refused_and_nothing_changes(cinema, receipt, nothing_changes):
    cinema.post(URL, receipt, "k")
    with nothing_changes():
        body = {"phone": "+79161234568", "consents": {"marketing": False}}
        refused(cinema.post("/v1/members", body, "k"), 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", [None, "k" * 256, "ключ".encode().decode("latin-1"), "\t"])
def test_post_purchase__no_proper_key__refused_and_nothing_changes(cinema, receipt, nothing_changes, key):
    with nothing_changes():
        refused(cinema.post(URL, receipt, key), 400, "idempotency_key_required")


def test_post_purchase__same_key_of_another_partner__is_another_request(cinema, cafe, receipt):
    first, second = cinema.post(URL, receipt, "k"), cafe.post(URL, receipt, "k")
    assert first.status_code == second.status_code == 201
    assert first.get_json()["id"] != second.get_json()["id"]


def test_post_purchase__refused_and_sent_again_later__judged_anew(cinema, cafe, receipt):
    coffee = {"line_id": "1", "sku": "coffee", "category": "drink", "quantity": 1, "amount_minor": 500}
    body = receipt | {"lines": [coffee], "points_to_redeem": 200}
    refused(cafe.post(URL, body, "k"), 409, "insufficient_points")
    cinema.post(URL, receipt)
    assert cafe.post(URL, body, "k").status_code == 201


def test_post_purchase__failed_after_the_writes__leaves_nothing_and_may_be_sent_again(
    cinema, receipt, nothing_changes, monkeypatch
):
    with monkeypatch.context() as broken, nothing_changes():
        broken.setattr(idempotency.store, "keep_answer", lambda *_: 1 / 0)
        refused(cinema.post(URL, receipt, "k"), 500, "internal_error")
    assert cinema.post(URL, receipt, "k").status_code == 201


def test_post_purchase__key_older_than_thirty_days__is_new_and_the_receipt_still_protects(cinema, receipt, clock):
    cinema.post(URL, receipt, "k")
    clock.advance(timedelta(days=30))
    assert cinema.post(URL, receipt, "k").headers["Idempotency-Replayed"] == "true"
    clock.advance(timedelta(seconds=1))
    refused(cinema.post(URL, receipt, "k"), 409, "duplicate_receipt")
    assert cinema.post(URL, receipt | {"receipt_id": "r-2"}, "k").status_code == 201


def test_forget_old_answers__after_thirty_days__drops_only_the_old(cinema, receipt, clock):
    cinema.post(URL, receipt, "old")
    clock.advance(timedelta(days=20))
    cinema.post(URL, receipt | {"receipt_id": "r-2"}, "young")
    clock.advance(timedelta(days=11))
    assert forget_old_answers(now=clock.now()) == 1
    assert [row.key for row in tables.IdempotencyKey.select()] == ["young"]


def test_post_purchase__twenty_tills_retry_with_one_key__exactly_one_purchase(cinema, receipt):
    def retry(_):
        for _ in range(200):
            response = cinema.post(URL, receipt, "k")
            if response.status_code != 409:
                return response
            problem = refused(response, 409, "idempotency_key_in_flight")
            assert problem["values"] == {"key": "k"}
            assert response.headers["Retry-After"] == "1"
            sleep(0.02)
        raise AssertionError("in flight for ever")

    with ThreadPoolExecutor(20) as tills:
        answers = list(tills.map(retry, range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert tables.Purchase.select().count() == tables.Entry.select().count() == 1


def test_post_purchase__first_still_running__the_second_waits_or_is_told(cinema, receipt, monkeypatch):
    """PostgreSQL tells at once; in SQLite, which has one writer at a time, the second waits and hears the answer."""
    entered, leave = Event(), Event()
    record = purchases.record_purchase

    def slowly(command, *, now):
        entered.set()
        leave.wait(5)
        return record(command, now=now)

    monkeypatch.setattr(purchases, "record_purchase", slowly)
    with ThreadPoolExecutor(2) as tills:
        first = tills.submit(cinema.post, URL, receipt, "k")
        assert entered.wait(5)
        second = tills.submit(cinema.post, URL, receipt, "k")
        if is_postgresql():
            refused(second.result(5), 409, "idempotency_key_in_flight")
        leave.set()
        assert first.result(5).status_code == 201
        if not is_postgresql():
            assert second.result(5).headers["Idempotency-Replayed"] == "true"


def test_post_purchase__same_receipt_at_once_with_other_keys__one_is_recorded_and_the_others_are_told(cinema, receipt):
    with ThreadPoolExecutor(8) as tills:
        answers = list(tills.map(lambda number: cinema.post(URL, receipt, f"k-{number}"), range(8)))
    recorded = [answer for answer in answers if answer.status_code == 201]
    assert len(recorded) == 1
    for answer in answers:
        if answer is not recorded[0]:
            problem = refused(answer, 409, "duplicate_receipt")
            assert problem["values"]["purchase"] == recorded[0].get_json()["id"]


def test_post_purchase__same_receipt_at_once_for_other_members__one_is_recorded(cinema, coalition, receipt, clock):
    """Their members' locks do not keep them apart, so only the unique receipt does, in the middle of a transaction."""
    others = [
        enrol_member(EnrolMember(phone=f"+7916123450{number}"), coalition.cinema.number, now=clock.now()).id
        for number in range(8)
    ]
    with ThreadPoolExecutor(8) as tills:
        answers = list(tills.map(lambda member: cinema.post(URL, receipt | {"member": member}), others))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert tables.Purchase.select().count() == 1


def test_post_member__same_phone_at_once__one_is_enrolled_and_the_others_are_told_who(cinema):
    body = {"phone": "+79161234568", "consents": {"marketing": False}}
    with ThreadPoolExecutor(8) as tills:
        answers = list(tills.map(lambda _: cinema.post("/v1/members", body), range(8)))
    (enrolled,) = (answer for answer in answers if answer.status_code == 201)
    for answer in answers:
        if answer is not enrolled:
            assert refused(answer, 409, "member_exists")["values"] == {"member": enrolled.get_json()["id"]}


def test_post_partner__at_once__each_has_a_number_of_its_own(operator):
    with ThreadPoolExecutor(6) as desks:
        names = ["baker", "baker", "butcher", "florist", "chemist", "barber"]
        answers = list(desks.map(lambda name: operator.post("/v1/partners", {"name": name, "rate_bps": 1}), names))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409]
