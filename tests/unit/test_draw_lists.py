"""The published list of tickets, who wins by an order of it, and the order that a seed gives."""

from collections import Counter
from hashlib import sha256

import orjson
import pytest
from eth_utils.crypto import keccak

from coalition.domain.draws import Ticket, TicketList, pseudonym, winners
from coalition.domain.merkle import leaf_hash, merkle_root
from coalition.errors import InvalidTicketList
from coalition.ledger.draws.binding import commitment_of, order_of, seed_of

ANNA, BORIS, VERA = (sha256(name.encode()).hexdigest() for name in ("anna", "boris", "vera"))
TICKETS = (Ticket(1, "tkt_1", ANNA), Ticket(2, "tkt_2", ANNA), Ticket(4, "tkt_4", BORIS), Ticket(5, "tkt_5", VERA))
SPRING = TicketList("spring", TICKETS)


def test_list__to_json_and_back__is_the_same_in_canonical_form():
    content = SPRING.to_json()
    assert TicketList.from_json(content) == SPRING
    assert content.startswith(b'{"draw":"spring","tickets":[{"member":"')
    assert orjson.loads(content)["tickets"][2] == {"serial": 4, "ticket": "tkt_4", "member": BORIS}


def test_root__of_a_list__is_of_its_tickets_with_their_draw_in_order():
    leaf = b'{"draw":"spring","member":"%s","serial":1,"ticket":"tkt_1"}' % ANNA.encode()
    assert TicketList("spring", TICKETS[:1]).root == merkle_root([leaf_hash(leaf)])


@pytest.mark.parametrize(
    "forged",
    [
        TicketList("autumn", TICKETS),
        TicketList("spring", TICKETS[:-1]),
        TicketList("spring", (*TICKETS[:2], TICKETS[3], TICKETS[2])),
        TicketList("spring", (*TICKETS[:3], TICKETS[3]._replace(member=ANNA))),
        TicketList("spring", (*TICKETS[:3], TICKETS[3]._replace(ticket="tkt_6"))),
        TicketList("spring", (*TICKETS[:3], TICKETS[3]._replace(serial=6))),
    ],
    ids=["draw", "left out", "order", "member", "ticket", "serial"],
)
def test_root__of_a_changed_list__is_another(forged):
    assert forged.root != SPRING.root


def altered(**changed) -> dict:
    document = orjson.loads(SPRING.to_json())
    document["tickets"][1] |= changed
    return document


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"no JSON", "it is not JSON"),
        ([], "draw and tickets"),
        ({"draw": "spring", "tickets": [], "more": 1}, "draw and tickets"),
        ({"draw": 1, "tickets": []}, "draw must be text"),
        ({"draw": "spring", "tickets": {}}, "tickets a list"),
        ({"draw": "spring", "tickets": [1]}, "line 1"),
        (altered(note="mine"), "line 2"),
        (altered(serial=1), "line 2: serial numbers must ascend"),
        (altered(serial=True), "line 2: serial numbers must ascend"),
        (altered(ticket="tkt_1"), "line 2: each ticket has a name"),
        (altered(ticket=7), "line 2: each ticket has a name"),
        (altered(member="Anna"), "line 2: member is no hash"),
        (altered(member=None), "line 2: member is no hash"),
    ],
)
def test_list__that_is_none__refused_with_the_place(document, problem):
    content = document if isinstance(document, bytes) else orjson.dumps(document)
    with pytest.raises(InvalidTicketList, match=problem):
        TicketList.from_json(content)


def test_winners__tickets_of_a_member_who_has_won__are_passed_over():
    assert winners(TICKETS, [1, 0, 3, 2], 2) == [TICKETS[1], TICKETS[3]]


def test_winners__fewer_members_than_prizes__are_fewer():
    assert [each.serial for each in winners(TICKETS, range(4), 10)] == [1, 4, 5]


def test_winners__enough_of_them__ask_no_further():
    def order():
        yield 2
        raise AssertionError("it asked for more than it needs")

    assert winners(TICKETS, order(), 1) == [TICKETS[2]]


def test_pseudonym__of_the_same_member__differs_by_draw_and_salt():
    called = pseudonym("spring", "mem_1", "aa")
    assert called == sha256(b'["spring","mem_1","aa"]').hexdigest()
    assert len({called, pseudonym("autumn", "mem_1", "aa"), pseudonym("spring", "mem_1", "ab")}) == 3


@pytest.mark.parametrize("tickets", [1, 2, 7, 1000])
def test_order__of_any_size__has_each_place_once(tickets):
    assert sorted(order_of(keccak(text="seed"), tickets)) == list(range(tickets))


def test_order__of_a_shuffle_with_all_tickets_in_memory__is_the_same():
    for number in range(50):
        seed, pool, told = number.to_bytes(32), list(range(20)), []
        for step in range(20):
            drawn = int.from_bytes(keccak(seed + step.to_bytes(32) + bytes(32)))
            place = step + drawn % (20 - step)
            pool[step], pool[place] = pool[place], pool[step]
            told.append(pool[step])
        assert list(order_of(seed, 20)) == told


def test_order__over_many_seeds__each_ticket_is_first_about_as_often():
    first = Counter(next(order_of(keccak(number.to_bytes(4)), 5)) for number in range(5_000))
    assert all(850 < first[place] < 1_150 for place in range(5))


def test_order__hash_that_would_favour_the_lower_numbers__is_passed_over(monkeypatch):
    """2**256 is 1 modulo 3, so the last of all hashes has nobody to share its number with."""
    given = iter([b"\xff" * 32, (4).to_bytes(32)])
    asked = []
    monkeypatch.setattr("coalition.ledger.draws.binding.keccak", lambda of: asked.append(of) or next(given))
    assert next(order_of(bytes(32), 3)) == 1
    assert [of[-32:] for of in asked] == [bytes(32), (1).to_bytes(32)]


def test_commitment_and_seed__of_anything_else__are_others():
    one, two = b"\x01" * 32, b"\x02" * 32
    here, there = "0x" + "11" * 20, "0x" + "22" * 20
    commitments = {
        commitment_of(*given)
        for given in (
            ("spring", one, here, 1),
            ("autumn", one, here, 1),
            ("spring", two, here, 1),
            ("spring", one, there, 1),
            ("spring", one, here, 2),
        )
    }
    assert len(commitments) == 5
    assert len({seed_of("spring", one, two), seed_of("spring", two, one), seed_of("autumn", one, two)}) == 3
