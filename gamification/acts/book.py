"""The book of acts: each stands in it once, and whatever of it counts is in the event stream."""

from datetime import datetime
from typing import Any

from coalition import events
from coalition.ids import new_id
from coalition.services import audit_log
from coalition.store.database import lock_name
from gamification.acts.errors import OperatorDecides, UnknownEvent
from gamification.acts.kinds import Accepted, Posting
from gamification.acts.states import COUNTING, State, check_transition
from gamification.store.act_tables import Act

_SOURCE = "acts"
EVENT_WITHDRAWN = "event.withdrawn"


def lock_member(member: int) -> None:
    """Nobody else enters an act of this member until the transaction ends."""
    lock_name(f"acts:{member}")


def find(source: str, event_id: str) -> str | None:
    """The act that this source has already posted under that name of its own."""
    return _public_id(Act.source == source, Act.event_id == event_id)


def find_claim(claim: str) -> str | None:
    """The act by which a member has done what may be done once."""
    return _public_id(Act.claim == claim)


def enter(posting: Posting, source: str, event_id: str, accepted: Accepted) -> Act:
    """Write the act down, and its event unless a moderator comes first."""
    pending = accepted.attributes is None
    act = Act.create(
        public_id=new_id("evt"),
        type=posting.type,
        source=source,
        event_id=event_id,
        member_id=posting.member,
        partner_id=posting.partner.number,
        subject=accepted.subject,
        claim=accepted.claim,
        state=State.PENDING if pending else State.RECORDED,
        occurred_at=posting.occurred_at,
        recorded_at=posting.now,
    )
    if accepted.keep:
        accepted.keep(act)
    if accepted.attributes is not None:
        count(act, posting.type, accepted.attributes, posting.now)
    return act


def count(act: Act, type_: str, attributes: dict[str, Any], now: datetime) -> None:
    """From now on the stream has an event of the act, under the act's id and of its time."""
    event = events.NewEvent(
        type=type_,
        source=_SOURCE,
        source_event_id=act.public_id,
        member=act.member_id,
        partner=act.partner_id,
        attributes=attributes,
        occurred_at=act.occurred_at,
        public_id=act.public_id,
    )
    events.append([event], now)


def locked(event: str, partner: int | None) -> Act:
    """The act, which nobody else changes until the transaction ends; with ``partner``, only if that one's.

    :raises UnknownEvent: there is none.
    """
    Act.update(state=Act.state).where(Act.public_id == event).execute()
    return get(event, partner)


def get(event: str, partner: int | None) -> Act:
    """The act; with ``partner``, only if that one's.

    :raises UnknownEvent: there is none.
    """
    act = Act.get_or_none(Act.public_id == event)
    # What members did in their own session has the operator's number, and a partner is never that one here.
    if act is None or partner not in (None, act.partner_id):
        raise UnknownEvent(event=event)
    return act


def move(act: Act, to: State, now: datetime, *, free: bool = False) -> None:
    """Bring the act to another state; if it counted and no longer does, the stream says so.

    With ``free``, the member may do again what may be done once.

    :raises EventDecided: it never comes to that state from its own.
    """
    before = State(act.state)
    check_transition(act.public_id, before, to)
    act.state = to
    if free:
        act.claim = None
    act.save()
    if before in COUNTING and to not in COUNTING:
        undone = events.NewEvent(
            type=EVENT_WITHDRAWN,
            source=_SOURCE,
            source_event_id=f"withdrawal:{act.public_id}",
            member=act.member_id,
            partner=act.partner_id,
            attributes={"event": act.public_id},
            occurred_at=now,
        )
        events.append([undone], now)


def undo(act: Act, to: State, reason: str, partner: int | None, by: str, now: datetime, *, free: bool) -> None:
    """Bring the act to a state in which it does not count; if a moderator had approved it, the audit log tells.

    ``partner`` is None for an operator, ``by`` the id of the key.

    :raises OperatorDecides: it was approved, and no operator asks.
    :raises EventDecided: it never comes to that state from its own.
    """
    approved = act.state == State.APPROVED
    if approved and partner is not None:
        raise OperatorDecides(event=act.public_id)
    move(act, to, now, free=free)
    if approved:
        audit_log.note(f"review.{to}", act.public_id, {"type": act.type, "reason": reason}, by, now=now)


def _public_id(*conditions: Any) -> str | None:
    found: str | None = Act.select(Act.public_id).where(*conditions).scalar()
    return found
