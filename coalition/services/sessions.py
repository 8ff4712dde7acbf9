"""How members sign in: a code that is sent to their phone opens a session, whose token stands for them.

Nobody learns here who is a member. With the number of a stranger everything goes the same way, to the same answer, but
for the message: that is not sent, since strangers did not ask us for any.

A code can be guessed: there are a million. So it lives five minutes, can be tried five times, and a number gets few of
them. What is kept is a keyed hash, for the same reason: from the database alone nobody learns a code. The key is a file
of this installation; where several machines serve one database, all need the same. Whoever asks for a code is nobody we
know, so nothing slow is done for them.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from pathlib import Path

from coalition.errors import SmsNotConfigured, TooManyCodes, Unauthenticated, WrongCode
from coalition.ids import new_id
from coalition.services.keys import Principal, hashed, with_checksum, without_checksum
from coalition.services.members import member_number, normal_phone
from coalition.services.sms import SmsGateway
from coalition.store import secret_file, tables
from coalition.store.database import execute, from_column, lock_name, to_column, transaction

CODE_LIFE = timedelta(minutes=5)
MOST_TRIES = 5
MOST_CODES = ((timedelta(hours=1), 5), (timedelta(days=1), 15))
"""As many codes as a number may get in the time before each."""
MOST_CODES_OF_ALL = (timedelta(minutes=1), 600)
"""As many codes as all numbers together may get; a few more where many are asked for at the very same moment."""
SESSION_LIFE = timedelta(days=30)

_FILE = "sign-in"
_directory: Path | None = None
_TEXTS = {
    "en": "{code} is your code to sign in. It is good for five minutes. Tell it to nobody.",
    "ru": "{code} — ваш код для входа. Он действует пять минут. Никому его не сообщайте.",
}


@dataclass(frozen=True, slots=True)
class Session:
    """``token`` is to be had in this moment only."""

    id: str
    token: str
    member: str
    expires_at: datetime


def keep_key_in(directory: Path) -> None:
    """From now on this process keys its hashes by the file in there, which is made with the first code."""
    global _directory
    _directory = directory


def request_code(phone: str, sms: SmsGateway | None, *, now: datetime) -> datetime:
    """If the number is a member's, they get a code, and no earlier one opens anything; returns until when it does.

    :raises InvalidPhone: not a phone number.
    :raises SmsNotConfigured: there is no gateway to send by.
    :raises TooManyCodes: the number has had as many as it may, or all numbers together have.
    :raises InvalidSetting: the key cannot be read.
    """
    number = normal_phone(phone)
    if sms is None:
        raise SmsNotConfigured()
    code, salt = f"{secrets.randbelow(10**6):06d}", secrets.token_bytes(16)
    code_hash = _code_hash(code, salt)
    with transaction():
        lock_name(f"sign-in {number}")
        _check_rate(number, now)
        _check_rate_of_all(now)
        member = tables.Member.get_or_none(tables.Member.phone == number)
        tables.SignInCode.create(phone=number, member=member, salt=salt, code_hash=code_hash, created_at=now)
    if member is not None:
        sms.send(number, _TEXTS[member.locale].format(code=code), member.locale)
    return now + CODE_LIFE


def open_session(phone: str, code: str, *, now: datetime) -> Session:
    """Sign in with the code that the phone was sent. The code is used up by that; a wrong one has been tried once more.

    Not to be called in a transaction, of which a refusal would undo that.

    :raises InvalidPhone: not a phone number.
    :raises WrongCode: whatever is wrong with the code, or with the number.
    """
    sent = _try(normal_phone(phone), now)
    fits = secrets.compare_digest(bytes(sent.code_hash), _code_hash(code, bytes(sent.salt)))
    if not fits or sent.member is None:
        raise WrongCode()
    with transaction():
        table = tables.SignInCode
        if not table.update(used_at=now).where(table.id == sent.id, table.used_at.is_null()).execute():
            raise WrongCode()
        return start_session(sent.member.public_id, now=now)


def start_session(member_id: str, *, now: datetime) -> Session:
    """A new session of the member, who has shown by now who they are.

    :raises UnknownMember: no member has this id.
    """
    session_id, secret = new_id("ses"), secrets.token_hex(24)
    expires_at = now + SESSION_LIFE
    tables.MemberSession.create(
        public_id=session_id,
        member=member_number(member_id),
        secret_hash=hashed(secret),
        created_at=now,
        expires_at=expires_at,
        force_insert=True,
    )
    token = f"cs_{session_id.removeprefix('ses_')}_{with_checksum(secret)}"
    return Session(session_id, token, member_id, expires_at)


def authenticate_session(token: str, *, now: datetime) -> Principal:
    """Whose session this is the token of.

    :raises Unauthenticated: it is not one of ours, or no longer.
    """
    parts = token.split("_")
    if len(parts) != 3 or parts[0] != "cs":
        raise Unauthenticated()
    session, secret = f"ses_{parts[1]}", without_checksum(parts[2])
    row = execute(
        "SELECT m.id, m.public_id, s.secret_hash, s.expires_at FROM member_session s JOIN member m"
        " ON m.id = s.member_id WHERE s.public_id = ? AND s.revoked_at IS NULL",
        (session,),
    ).fetchone()
    if row is None or not secrets.compare_digest(row[2], hashed(secret)) or from_column(row[3]) <= now:
        raise Unauthenticated()
    return Principal(session, "member", member=row[0], member_id=row[1])


def close_session(session_id: str, *, now: datetime) -> None:
    """From now on its token opens nothing; closing it again changes nothing."""
    table = tables.MemberSession
    table.update(revoked_at=now).where(table.public_id == session_id, table.revoked_at.is_null()).execute()


def forget_old_sessions(*, now: datetime) -> int:
    """Drop the codes that no limit counts any more, and the sessions that are over; returns how many."""
    counted = max(window for window, _ in MOST_CODES)
    codes = execute("DELETE FROM sign_in_code WHERE created_at <= ?", (to_column(now - counted),)).rowcount
    sessions = execute("DELETE FROM member_session WHERE expires_at <= ?", (to_column(now),)).rowcount
    return int(codes + sessions)


def _check_rate(phone: str, now: datetime) -> None:
    table = tables.SignInCode
    most = max(codes for _, codes in MOST_CODES)
    rows = table.select(table.created_at).where(table.phone == phone).order_by(table.id.desc()).limit(most)
    latest = [row.created_at for row in rows]
    waits = [latest[codes - 1] + window - now for window, codes in MOST_CODES if len(latest) >= codes]
    if waits and max(waits) > timedelta():
        raise TooManyCodes(retry_after_s=ceil(max(waits).total_seconds()))


def _check_rate_of_all(now: datetime) -> None:
    window, most = MOST_CODES_OF_ALL
    row = execute(
        "SELECT created_at FROM sign_in_code WHERE created_at > ? ORDER BY created_at DESC LIMIT 1 OFFSET ?",
        (to_column(now - window), most - 1),
    ).fetchone()
    if row is not None:
        raise TooManyCodes(retry_after_s=ceil((from_column(row[0]) + window - now).total_seconds()))


def _try(phone: str, now: datetime) -> tables.SignInCode:
    """The number's newest code, of which one try is gone by now, before anybody knows whether it fits.

    :raises WrongCode: there is none, it is too old, or has no try left.
    """
    table = tables.SignInCode
    with transaction():
        sent = table.select().where(table.phone == phone).order_by(table.id.desc()).first()
        if sent is None or now >= sent.created_at + CODE_LIFE:
            raise WrongCode()
        # In one statement with its condition: of many tries at the same moment no more get through than there are left.
        left = table.update(tries=table.tries + 1).where(table.id == sent.id, table.tries < MOST_TRIES).execute()
    if not left:
        raise WrongCode()
    return sent


def _code_hash(code: str, salt: bytes) -> bytes:
    if _directory is None:
        raise RuntimeError("nobody has said where the key of codes is kept")
    return hmac.digest(_key(_directory / _FILE), salt + code.encode(), "sha256")


@lru_cache(maxsize=4)
def _key(path: Path) -> bytes:
    return secret_file.read_or_make(path)
