"""What members are asked: ideas to vote on and surveys to fill in, each once for each member and until it closes.

A vote is for ever: also one that was withdrawn does not come back. What somebody answered in a survey is kept only if
the survey said so when it was published, and without the member's name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson
from peewee import fn

from coalition.errors import CoalitionError
from coalition.ids import new_id
from coalition.services.cursors import Page, page, read_cursor
from coalition.services.partners import operator_number, partners_numbered
from gamification.acts import book
from gamification.acts.attributes import Attribute
from gamification.acts.errors import (
    AlreadyCompleted,
    AlreadyVoted,
    AnsweredInSession,
    ClosesInPast,
    IdeaClosed,
    SurveyClosed,
    UnknownIdea,
    UnknownSurvey,
    placed,
)
from gamification.acts.kinds import Accepted, Kind, Posting
from gamification.acts.states import State
from gamification.event_types import FieldType
from gamification.store import act_tables as tables
from gamification.store.act_tables import Act, SurveyAnswers

QuestionKind = Literal["idea", "survey"]

IDEA_VOTED = "idea.voted"
SURVEY_COMPLETED = "survey.completed"


@dataclass(frozen=True, slots=True)
class PublishQuestion:
    """``partner`` asks it, a number, and may pass on answers; the operator's are answered in members' own sessions."""

    kind: QuestionKind
    partner: int
    title: str
    closes_at: datetime
    text: str | None = None
    keeps_answers: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """``count`` members have voted on it, or completed it; ``done`` says whether the one who asks is among them."""

    id: str
    partner: str
    title: str
    text: str | None
    keeps_answers: bool
    closes_at: datetime
    created_at: datetime
    count: int
    done: bool = False


def publish(command: PublishQuestion, *, now: datetime) -> Question:
    """From now on members may answer.

    :raises ClosesInPast: it would be closed already.
    """
    if command.closes_at <= now:
        raise ClosesInPast(closes_at=command.closes_at)
    row = tables.Question.create(
        public_id=new_id("ide" if command.kind == "idea" else "sur"),
        kind=command.kind,
        partner_id=command.partner,
        title=command.title,
        text=command.text,
        keeps_answers=command.keeps_answers,
        closes_at=command.closes_at,
        created_at=now,
    )
    return _questions([row])[0]


def get_question(kind: QuestionKind, question_id: str, partner: int | None) -> Question:
    """One of the partner's or the operator's; every one, if it is None.

    :raises UnknownIdea: or UnknownSurvey: there is none.
    """
    return _questions([_row(kind, question_id, partner)])[0]


def list_questions(kind: QuestionKind, partner: int | None, *, limit: int, cursor: str | None) -> Page[Question]:
    """Those of the partner and of the operator, or all if it is None, the youngest first.

    :raises InvalidCursor: this list did not give it.
    """
    asked = tables.Question.select().where(
        tables.Question.kind == kind, tables.Question.id < read_cursor(f"{kind}s", cursor)
    )
    if partner is not None:
        asked = asked.where(tables.Question.partner_id.in_([partner, operator_number()]))
    rows = list(asked.order_by(tables.Question.id.desc()).limit(limit + 1))
    shown = page(f"{kind}s", rows, limit, lambda row: row.id)
    return Page(_questions(shown.data), shown.next_cursor)


def open_questions(kind: QuestionKind, member: int, *, limit: int, cursor: str | None, now: datetime) -> Page[Question]:
    """What is open at the moment, the youngest first, and what of it the member has done.

    :raises InvalidCursor: this list did not give it.
    """
    before = read_cursor(f"{kind}s", cursor)
    rows = list(
        tables.Question.select()
        .where(tables.Question.kind == kind, tables.Question.closes_at > now, tables.Question.id < before)
        .order_by(tables.Question.id.desc())
        .limit(limit + 1)
    )
    shown = page(f"{kind}s", rows, limit, lambda row: row.id)
    claims = Act.claim.in_([_claim(kind, row.public_id, member) for row in shown.data])
    done = {str(act.subject) for act in Act.select(Act.subject).where(claims)}
    return Page(_questions(shown.data, done), shown.next_cursor)


def answers(survey: str, partner: int | None, *, limit: int, cursor: str | None) -> Page[list[str]]:
    """What was answered, the oldest first, of a survey of the partner's own; nobody's name is with it.

    :raises UnknownSurvey: there is none, or it is somebody else's.
    :raises InvalidCursor: this list did not give it.
    """
    row = _row("survey", survey, partner)
    if partner not in (None, row.partner_id):
        raise UnknownSurvey(survey=survey)
    rows = list(
        SurveyAnswers.select(SurveyAnswers, Act)
        .join(Act)
        .where(Act.subject == survey, Act.state == State.RECORDED, Act.id > read_cursor("answers", cursor, default=0))
        .order_by(Act.id)
        .limit(limit + 1)
    )
    shown = page("answers", rows, limit, lambda each: each.act.id)
    return Page([orjson.loads(each.answers) for each in shown.data], shown.next_cursor)


def _accept_vote(posting: Posting) -> Accepted:
    idea = posting.attributes["idea"]
    claim = _claim("idea", idea, posting.member)
    with placed(None if posting.own else "/attributes/idea"):
        row = _asked("idea", idea, posting)
        if first := book.find_claim(claim):
            raise AlreadyVoted(idea=idea, event=first)
        if posting.occurred_at >= row.closes_at:
            raise IdeaClosed(idea=idea, closes_at=row.closes_at)
    return Accepted({"partner": posting.partner.name, "idea": idea}, claim, idea)


def _accept_completion(posting: Posting) -> Accepted:
    survey, given = posting.attributes["survey"], posting.attributes.get("answers", [])
    claim = _claim("survey", survey, posting.member)
    with placed(None if posting.own else "/attributes/survey"):
        row = _asked("survey", survey, posting)
        if first := book.find_claim(claim):
            raise AlreadyCompleted(survey=survey, event=first)
        if posting.occurred_at >= row.closes_at:
            raise SurveyClosed(survey=survey, closes_at=row.closes_at)

    def keep(act: Act) -> None:
        if row.keeps_answers and given:
            SurveyAnswers.create(act=act, answers=orjson.dumps(given).decode(), force_insert=True)

    return Accepted({"partner": posting.partner.name, "survey": survey}, claim, survey, keep)


IDEA = Kind(
    {"en": "Vote on an idea", "ru": "Голос за идею"}, {"idea": Attribute(FieldType.TEXT, longest=40)}, _accept_vote
)
SURVEY = Kind(
    {"en": "Survey completed", "ru": "Опрос пройден"},
    {
        "survey": Attribute(FieldType.TEXT, longest=40),
        "answers": Attribute(FieldType.TEXTS, required=False, longest=1000, lines=True),
    },
    _accept_completion,
)

_UNKNOWN: Mapping[QuestionKind, type[CoalitionError]] = {"idea": UnknownIdea, "survey": UnknownSurvey}


def _row(kind: QuestionKind, question_id: str, partner: int | None) -> tables.Question:
    row = tables.Question.get_or_none(tables.Question.kind == kind, tables.Question.public_id == question_id)
    if row is None or (partner is not None and row.partner_id not in (partner, operator_number())):
        raise _UNKNOWN[kind](question_id)
    return row


def _asked(kind: QuestionKind, question_id: str, posting: Posting) -> tables.Question:
    """What the act answers: in their own session members answer everybody's, a partner passes on answers to its own."""
    row = _row(kind, question_id, None if posting.own else posting.partner.number)
    if not posting.own and row.partner_id != posting.partner.number:
        raise AnsweredInSession(question=question_id)
    return row


def _claim(kind: QuestionKind, question_id: str, member: int) -> str:
    return f"{kind}:{member}:{question_id}"


def _questions(rows: Sequence[tables.Question], done: Collection[str] = ()) -> list[Question]:
    counted = (
        Act.select(Act.subject, fn.COUNT(Act.id))
        .where(Act.subject.in_([row.public_id for row in rows]), Act.state == State.RECORDED)
        .group_by(Act.subject)
    )
    counts: dict[str, int] = dict(counted.tuples().execute())
    partners = partners_numbered(row.partner_id for row in rows)
    return [
        Question(
            id=row.public_id,
            partner=partners[row.partner_id].id,
            title=row.title,
            text=row.text,
            keeps_answers=row.keeps_answers,
            closes_at=row.closes_at,
            created_at=row.created_at,
            count=counts.get(row.public_id, 0),
            done=row.public_id in done,
        )
        for row in rows
    ]
