"""Members sign in with a code that is sent to their phone, and nobody else does."""

import hmac
import stat
from datetime import timedelta
from hashlib import sha256
from time import sleep

import pytest

from coalition.errors import InvalidPhone, SmsNotConfigured, TooManyCodes, Unauthenticated, UnknownMember, WrongCode
from coalition.services import sessions
from coalition.services.members import EnrolMember, enrol_member, member_number
from coalition.services.sessions import (
    authenticate_session,
    close_session,
    forget_old_sessions,
    open_session,
    request_code,
    start_session,
)
from coalition.store import tables
from coalition.store.database import execute
from tests.integration.books import count, refused
from tests.integration.test_concurrency import at_once
from tests.integration.test_keys import flip
from tests.integration.texting import Phones, Text, another

ANNA, STRANGER = "+79161234567", "+79169999999"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.usefixtures("coalition")


@pytest.fixture(autouse=True)
def keys(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "_directory", None)
    sessions.keep_key_in(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def phones():
    return Phones()


@pytest.fixture
def ask(phones, clock):
    """Ask for a code; returns the one that came."""

    def ask(phone=ANNA):
        request_code(phone, phones, now=clock.now())
        return phones.code

    return ask


@pytest.fixture
def sign_in(clock):
    return lambda code, phone=ANNA: open_session(phone, code, now=clock.now())


def test_code__asked_for_by_a_member__is_sent_in_their_language(phones, clock, coalition):
    enrol_member(EnrolMember(phone="+12025550143"), coalition.cafe.number, now=clock.now())
    for phone in ("+7 (916) 123-45-67", "+12025550143"):
        assert request_code(phone, phones, now=clock.now()) == clock.now() + 5 * MINUTE
    russian, english = phones.texts
    assert (russian.phone, russian.locale, english.phone, english.locale) == (ANNA, "ru", "+12025550143", "en")
    assert "ваш код для входа" in russian.text
    assert "your code to sign in" in english.text


def test_code__is_written_down_nowhere_and_no_plain_hash_of_it(ask):
    code = ask()
    (salt, code_hash) = execute("SELECT salt, code_hash FROM sign_in_code").fetchone()
    row = repr(execute("SELECT * FROM sign_in_code").fetchall())
    assert code not in row.replace(ANNA, "")
    assert len(bytes(salt)) >= 16
    assert bytes(code_hash) not in (sha256(code.encode()).digest(), sha256(bytes(salt) + code.encode()).digest())


def test_code__its_hash__needs_the_key_which_is_not_in_the_database(ask, sign_in, keys):
    code = ask()
    salt, code_hash = map(bytes, execute("SELECT salt, code_hash FROM sign_in_code").fetchone())
    key = bytes.fromhex((keys / "sign-in").read_text())
    assert code_hash == hmac.new(key, salt + code.encode(), "sha256").digest()
    assert stat.S_IMODE((keys / "sign-in").stat().st_mode) == 0o600


def test_code__of_another_installation__opens_nothing(ask, sign_in, tmp_path, keys):
    code = ask()
    sessions.keep_key_in(tmp_path / "elsewhere")
    with pytest.raises(WrongCode):
        sign_in(code)
    sessions.keep_key_in(keys)
    assert sign_in(code)


def test_code__where_nobody_has_said_where_the_key_is__is_not_sent(phones, clock, monkeypatch):
    monkeypatch.setattr(sessions, "_directory", None)
    with pytest.raises(RuntimeError):
        request_code(ANNA, phones, now=clock.now())
    assert (phones.texts, count("sign_in_code")) == ([], 0)


def test_code__each__has_salt_and_hash_of_its_own(ask, monkeypatch):
    monkeypatch.setattr("coalition.services.sessions.secrets.randbelow", lambda most: 123)
    assert [ask(), ask()] == ["000123", "000123"]
    assert len({bytes(row[0]) for row in execute("SELECT code_hash FROM sign_in_code").fetchall()}) == 2


def test_code__right__opens_a_session_of_the_member(ask, sign_in, coalition, clock):
    session = sign_in(ask())
    assert (session.member, session.expires_at) == (coalition.anna.id, clock.now() + 30 * DAY)
    principal = authenticate_session(session.token, now=clock.now())
    assert (principal.key_id, principal.role, principal.partner, principal.partner_id) == (
        session.id,
        "member",
        None,
        None,
    )
    assert (principal.member, principal.member_id) == (member_number(coalition.anna.id), coalition.anna.id)


def test_code__used__opens_nothing_more(ask, sign_in):
    code = ask()
    sign_in(code)
    with pytest.raises(WrongCode):
        sign_in(code)
    assert count("member_session") == 1


def test_code__not_the_newest__opens_nothing_even_once_the_newest_is_used(ask, sign_in):
    old = ask()
    new = ask()
    while new == old:
        new = ask()
    with pytest.raises(WrongCode):
        sign_in(old)
    sign_in(new)
    with pytest.raises(WrongCode):
        sign_in(old)


def test_code__after_five_minutes__opens_nothing(ask, sign_in, clock):
    code = ask()
    clock.advance(5 * MINUTE)
    with refused(WrongCode):
        sign_in(code)


def test_code__just_before__opens(ask, sign_in, clock):
    code = ask()
    clock.advance(5 * MINUTE - timedelta(milliseconds=1))
    assert sign_in(code)


def test_code__tried_wrongly_four_times__opens_at_the_fifth(ask, sign_in):
    code = ask()
    for _ in range(4):
        with pytest.raises(WrongCode):
            sign_in(another(code))
    assert sign_in(code)


def test_code__tried_wrongly_five_times__is_dead(ask, sign_in):
    code = ask()
    for _ in range(5):
        with pytest.raises(WrongCode):
            sign_in(another(code))
    with refused(WrongCode):
        sign_in(code)
    assert sign_in(ask())


def test_code__of_another_member__opens_nothing(ask, sign_in, coalition, clock):
    enrol_member(EnrolMember(phone="+12025550143"), coalition.cafe.number, now=clock.now())
    code, others = ask(), ask("+12025550143")
    while others == code:
        others = ask("+12025550143")
    with pytest.raises(WrongCode):
        sign_in(others)
    with pytest.raises(WrongCode):
        sign_in(code, "+12025550143")
    assert sign_in(code).member == coalition.anna.id


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_code__guessed_at_many_times_at_once__is_tried_five_times(ask, sign_in, monkeypatch):
    code = ask()
    compared = []
    monkeypatch.setattr(
        "coalition.services.sessions.secrets.compare_digest", lambda *hashes: compared.append(hashes) or False
    )
    outcomes = at_once([lambda: sign_in(another(code))] * 12)
    assert [type(outcome) for outcome in outcomes] == [WrongCode] * 12
    assert len(compared) == 5


def test_code__used_twice_at_once__opens_one_session(ask, sign_in):
    code = ask()
    outcomes = at_once([lambda: sign_in(code)] * 4)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Session", *["WrongCode"] * 3]
    assert count("member_session") == 1


def test_codes__more_than_five_in_an_hour__refused_until_the_first_is_an_hour_old(ask, clock, phones):
    for _ in range(5):
        ask()
        clock.advance(MINUTE)
    with refused(TooManyCodes) as refusal:
        ask()
    assert refusal.value.retry_after_s == 55 * 60
    assert len(phones.texts) == 5
    clock.advance(timedelta(seconds=55 * 60, milliseconds=-1))
    with refused(TooManyCodes) as refusal:
        ask()
    assert refusal.value.retry_after_s == 1
    clock.advance(timedelta(milliseconds=1))
    ask()
    with pytest.raises(TooManyCodes):
        ask()


def test_codes__more_than_fifteen_in_a_day__refused_until_the_first_is_a_day_old(ask, clock):
    for _ in range(15):
        ask()
        clock.advance(HOUR)
    with refused(TooManyCodes) as refusal:
        ask()
    assert refusal.value.retry_after_s == 9 * 3600
    clock.advance(9 * HOUR)
    ask()


def test_codes__of_one_number__do_not_count_for_another(ask, coalition, clock):
    for _ in range(5):
        ask()
    enrol_member(EnrolMember(phone="+12025550143"), coalition.cafe.number, now=clock.now())
    assert ask("+12025550143")


def test_codes__of_all_numbers__more_than_may_be_in_a_minute__refused_until_it_is_over(ask, phones, clock, monkeypatch):
    assert sessions.MOST_CODES_OF_ALL == (MINUTE, 600)
    monkeypatch.setattr(sessions, "MOST_CODES_OF_ALL", (MINUTE, 3))
    for number in range(3):
        request_code(f"+7916000000{number}", phones, now=clock.now())
        clock.advance(timedelta(seconds=10))
    for phone in (ANNA, STRANGER):
        with refused(TooManyCodes) as refusal:
            ask(phone)
        assert refusal.value.retry_after_s == 30
    clock.advance(timedelta(seconds=30, milliseconds=-1))
    with refused(TooManyCodes):
        ask()
    clock.advance(timedelta(milliseconds=1))
    ask()
    with refused(TooManyCodes):
        ask()


def test_codes__asked_for_many_times_at_once__no_more_than_may_be(ask, phones, monkeypatch):
    check_rate = sessions._check_rate

    def check_slowly(phone, now):
        check_rate(phone, now)
        sleep(0.05)

    monkeypatch.setattr(sessions, "_check_rate", check_slowly)
    monkeypatch.setattr(sessions, "_code_hash", lambda code, salt: salt)
    outcomes = at_once([ask] * 8)
    assert sum(isinstance(outcome, TooManyCodes) for outcome in outcomes) == 3
    assert len(phones.texts) == count("sign_in_code") == 5


def test_stranger__asks_and_tries__all_goes_as_with_a_member_but_nothing_is_sent(phones, clock, monkeypatch):
    monkeypatch.setattr("coalition.services.sessions.secrets.randbelow", lambda most: 123456)
    answers = []
    for phone in (ANNA, STRANGER):
        answers.append(request_code(phone, phones, now=clock.now()))
        for _ in range(5):
            with pytest.raises(WrongCode) as refusal:
                open_session(phone, "654321", now=clock.now())
            answers.append(str(refusal.value))
        for _ in range(4):
            request_code(phone, phones, now=clock.now())
        with pytest.raises(TooManyCodes) as too_many:
            request_code(phone, phones, now=clock.now())
        answers.append(str(too_many.value))
    assert answers[: len(answers) // 2] == answers[len(answers) // 2 :]
    assert {text.phone for text in phones.texts} == {ANNA}
    rows = execute("SELECT phone, COUNT(*), SUM(tries) FROM sign_in_code GROUP BY phone ORDER BY phone").fetchall()
    assert [tuple(row) for row in rows] == [(ANNA, 5, 5), (STRANGER, 5, 5)]
    # Even the right code opens nothing, and nor does it once the stranger is a member: nobody was sent it.
    with pytest.raises(WrongCode):
        open_session(STRANGER, "123456", now=clock.now())


def test_stranger__who_guessed_a_code_and_becomes_a_member__has_to_ask_for_another(phones, clock, coalition, ask):
    request_code(STRANGER, phones, now=clock.now())
    tables.SignInCode.update(code_hash=b"").execute()
    enrol_member(EnrolMember(phone=STRANGER), coalition.cafe.number, now=clock.now())
    with pytest.raises(WrongCode):
        open_session(STRANGER, "123456", now=clock.now())
    assert open_session(STRANGER, ask(STRANGER), now=clock.now())


def test_code__never_asked_for__opens_nothing(sign_in):
    with refused(WrongCode):
        sign_in("123456")


def test_code__no_gateway__refused_for_members_and_strangers_alike(clock):
    for phone in (ANNA, STRANGER):
        with refused(SmsNotConfigured):
            request_code(phone, None, now=clock.now())


def test_phone__none__refused(phones, clock):
    with refused(InvalidPhone):
        request_code("911", phones, now=clock.now())
    with refused(InvalidPhone):
        open_session("911", "123456", now=clock.now())


@pytest.fixture
def session(coalition, clock):
    return start_session(coalition.anna.id, now=clock.now())


def test_session__its_secret__is_nowhere_in_the_database(session):
    secret = session.token.split("_")[2]
    (row,) = execute("SELECT * FROM member_session").fetchall()
    assert not any(secret[:20] in str(value) for value in row)


def test_session__of_nobody__is_never_made(clock):
    with refused(UnknownMember):
        start_session("mem_01ARZ3NDEKTSV4RRFFQ69G5FAV", now=clock.now())


def test_session__after_thirty_days__is_over(session, clock):
    clock.advance(30 * DAY - timedelta(milliseconds=1))
    authenticate_session(session.token, now=clock.now())
    clock.advance(timedelta(milliseconds=1))
    with pytest.raises(Unauthenticated):
        authenticate_session(session.token, now=clock.now())


def test_session__closed__is_over_and_others_are_not(session, coalition, clock):
    other = start_session(coalition.anna.id, now=clock.now())
    close_session(session.id, now=clock.now())
    closed = execute("SELECT revoked_at FROM member_session WHERE public_id = ?", (session.id,)).fetchone()
    close_session(session.id, now=clock.now() + DAY)
    assert execute("SELECT revoked_at FROM member_session WHERE public_id = ?", (session.id,)).fetchone() == closed
    with pytest.raises(Unauthenticated):
        authenticate_session(session.token, now=clock.now())
    authenticate_session(other.token, now=clock.now())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: "cs__",
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: token + "_",
        lambda token: flip(token, -1),
        lambda token: flip(token, -9),
        lambda token: token.replace("cs_", "ck_"),
        lambda token: token.replace("cs_01", "cs_02", 1),
        lambda token: token.upper(),
        lambda token: f"cs_{token.split('_')[1]}_ключ",
    ],
)
def test_session__its_token_spoilt__opens_nothing(session, clock, spoil):
    with pytest.raises(Unauthenticated):
        authenticate_session(spoil(session.token), now=clock.now())


def test_session__the_secret_of_another__opens_nothing(session, coalition, clock):
    other = start_session(coalition.anna.id, now=clock.now())
    mixed = "_".join(["cs", session.token.split("_")[1], other.token.split("_")[2]])
    with pytest.raises(Unauthenticated):
        authenticate_session(mixed, now=clock.now())


def test_forgetting__drops_codes_that_no_limit_counts_and_sessions_that_are_over(ask, session, coalition, clock):
    ask()
    clock.advance(DAY - timedelta(milliseconds=1))
    ask()
    assert forget_old_sessions(now=clock.now()) == 0
    clock.advance(timedelta(milliseconds=1))
    assert forget_old_sessions(now=clock.now()) == 1
    assert count("sign_in_code") == 1
    clock.advance(29 * DAY)
    later = start_session(coalition.anna.id, now=clock.now())
    assert forget_old_sessions(now=clock.now()) == 2
    authenticate_session(later.token, now=clock.now())


def test_texts__hold_nothing_but_the_code_and_what_to_do(ask, phones):
    code = ask()
    assert phones.texts == [
        Text(ANNA, f"{code} — ваш код для входа. Он действует пять минут. Никому его не сообщайте.", "ru")
    ]
