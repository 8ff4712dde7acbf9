"""Ideas and surveys: each member once, until they close."""

from datetime import timedelta

import pytest

from coalition.services.members import member_number
from coalition.store.database import execute
from gamification.acts import posting, questions
from gamification.acts.errors import (
    AlreadyCompleted,
    AlreadyVoted,
    AnsweredInSession,
    ClosesInPast,
    IdeaClosed,
    InvalidAttributes,
    SurveyClosed,
    UnknownIdea,
    UnknownSurvey,
)
from gamification.acts.questions import PublishQuestion
from tests.integration.acts.helpers import refused, stream, streamed


@pytest.fixture
def ask(post, coalition, clock):
    """The cafe asks for a week, unless told otherwise."""

    def ask(kind, by=None, days=7, **other):
        number = (by or coalition.cafe).number
        command = PublishQuestion(kind, number, "Later hours", clock.now() + timedelta(days=days), **other)
        return questions.publish(command, now=clock.now())

    return ask


@pytest.fixture
def anna(coalition):
    return member_number(coalition.anna.id)


def votes(idea):
    return questions.get_question("idea", idea.id, None).count


def test_idea__published__can_be_voted_on_once(ask, post, clock):
    idea = ask("idea", text="Open until ten?")
    assert (idea.id[:4], idea.count, idea.text) == ("ide_", 0, "Open until ten?")
    vote = post("idea.voted", idea=idea.id)
    assert streamed() == [("idea.voted", {"partner": "cafe", "idea": idea.id})]
    with refused(AlreadyVoted) as refusal:
        post("idea.voted", idea=idea.id)
    assert refusal.value.values == {"idea": idea.id, "event": vote.id}
    assert votes(idea) == 1


def test_vote__in_the_members_own_session__is_the_operators_event(ask, coalition, anna, clock):
    idea = ask("idea")
    vote = posting.vote(anna, idea.id, now=clock.now())
    (event,) = stream()
    assert (event.public_id, event.member, event.partner) == (vote.id, anna, coalition.operator.number)
    assert event.attributes == {"partner": "operator", "idea": idea.id}
    assert (vote.state, vote.member) == ("recorded", coalition.anna.id)


def test_vote__second_one__is_refused_through_either_door(ask, post, bob, anna, clock):
    idea, other = ask("idea"), ask("idea")
    first = posting.vote(anna, idea.id, now=clock.now())
    with refused(AlreadyVoted) as refusal:
        posting.vote(anna, idea.id, now=clock.now())
    assert refusal.value.event == first.id
    with refused(AlreadyVoted):
        post("idea.voted", idea=idea.id)
    posting.vote(anna, other.id, now=clock.now())
    posting.vote(member_number(bob.id), idea.id, now=clock.now())
    assert (votes(idea), votes(other)) == (2, 1)


def test_vote__withdrawn__is_not_counted_and_does_not_come_back(ask, post, anna, clock):
    idea = ask("idea")
    vote = post("idea.voted", idea=idea.id)
    posting.withdraw(vote.id, "bought votes", None, "key_1", now=clock.now())
    assert votes(idea) == 0
    with refused(AlreadyVoted):
        posting.vote(anna, idea.id, now=clock.now())


def test_vote__when_it_has_closed__is_refused(ask, post, anna, bob, clock):
    idea = ask("idea")
    clock.advance(timedelta(days=7))
    with refused(IdeaClosed) as refusal:
        posting.vote(anna, idea.id, now=clock.now())
    assert refusal.value.closes_at == clock.now()
    with refused(IdeaClosed):
        post("idea.voted", idea=idea.id)
    post("idea.voted", idea=idea.id, at=clock.now() - timedelta(milliseconds=1))


def test_vote__on_what_is_no_idea_or_another_partners__is_refused(ask, post, coalition, anna, clock):
    survey, cinemas, everybodys = ask("survey"), ask("idea", coalition.cinema), ask("idea", coalition.operator)
    for id_ in (survey.id, "ide_nothing", cinemas.id):
        with refused(UnknownIdea):
            post("idea.voted", idea=id_)
    for id_ in (survey.id, "ide_nothing", "x" * 999):
        with refused(UnknownIdea):
            posting.vote(anna, id_, now=clock.now())
    posting.vote(anna, everybodys.id, now=clock.now())
    posting.vote(anna, cinemas.id, now=clock.now())


def test_survey__completed__counts_once(ask, post, anna, clock):
    survey = ask("survey")
    assert survey.id.startswith("sur_")
    first = post("survey.completed", survey=survey.id)
    assert streamed() == [("survey.completed", {"partner": "cafe", "survey": survey.id})]
    for again in (
        lambda: post("survey.completed", survey=survey.id),
        lambda: posting.complete_survey(anna, survey.id, [], now=clock.now()),
    ):
        with refused(AlreadyCompleted) as refusal:
            again()
        assert refusal.value.event == first.id
    assert questions.get_question("survey", survey.id, None).count == 1


def test_survey__in_the_members_own_session__closes_and_is_the_operators_event(ask, coalition, anna, clock):
    survey = ask("survey")
    posting.complete_survey(anna, survey.id, ["yes"], now=clock.now())
    assert streamed() == [("survey.completed", {"partner": "operator", "survey": survey.id})]
    other = ask("survey")
    clock.advance(timedelta(days=7))
    with refused(SurveyClosed):
        posting.complete_survey(anna, other.id, [], now=clock.now())
    with refused(UnknownSurvey):
        posting.complete_survey(anna, "sur_nothing", [], now=clock.now())


def test_answers__are_kept_only_if_the_survey_said_so(ask, post, coalition, anna, bob, clock):
    silent, keeping = ask("survey"), ask("survey", keeps_answers=True)
    post("survey.completed", survey=silent.id, answers=["secret"])
    post("survey.completed", survey=keeping.id, answers=["yes", "a\nb"])
    withdrawn = post("survey.completed", survey=keeping.id, answers=["fake"], member=bob)
    posting.withdraw(withdrawn.id, "fake", None, "key_1", now=clock.now())
    cafe = coalition.cafe.number
    assert questions.answers(silent.id, cafe, limit=9, cursor=None).data == []
    assert questions.answers(keeping.id, cafe, limit=9, cursor=None).data == [["yes", "a\nb"]]
    assert "secret" not in repr([execute(f"SELECT * FROM {name}").fetchall() for name in ("event", "survey_answers")])
    with pytest.raises(UnknownSurvey):
        questions.answers(keeping.id, coalition.cinema.number, limit=9, cursor=None)


def test_operators__ideas_and_surveys__are_answered_in_the_members_own_session(ask, post, coalition):
    idea, survey = ask("idea", coalition.operator), ask("survey", coalition.operator)
    with refused(AnsweredInSession) as refusal:
        post("idea.voted", idea=idea.id)
    assert (refusal.value.question, refusal.value.pointer) == (idea.id, "/attributes/idea")
    with refused(AnsweredInSession) as refusal:
        post("survey.completed", survey=survey.id)
    assert (refusal.value.question, refusal.value.pointer) == (survey.id, "/attributes/survey")


def test_answers__of_the_operators_survey__are_not_for_every_partner(ask, anna, coalition, clock):
    survey = ask("survey", coalition.operator, keeps_answers=True)
    posting.complete_survey(anna, survey.id, ["yes"], now=clock.now())
    assert questions.get_question("survey", survey.id, coalition.cafe.number).count == 1
    with pytest.raises(UnknownSurvey):
        questions.answers(survey.id, coalition.cafe.number, limit=9, cursor=None)
    assert questions.answers(survey.id, None, limit=9, cursor=None).data == [["yes"]]


@pytest.mark.parametrize("answers", [["a"] * 101, ["a" * 1001], [""], "yes", [1]])
def test_answers__too_many_too_long_or_no_texts__are_refused(ask, post, anna, clock, answers):
    survey = ask("survey")
    with refused(InvalidAttributes):
        post("survey.completed", survey=survey.id, answers=answers)
    with refused(InvalidAttributes):
        posting.complete_survey(anna, survey.id, answers, now=clock.now())


def test_question__that_would_be_closed_already__is_refused(ask):
    with refused(ClosesInPast):
        ask("idea", days=0)


def test_list__has_ones_own_and_the_operators_the_youngest_first(ask, coalition):
    mine, operators, cinemas = ask("idea"), ask("idea", coalition.operator), ask("idea", coalition.cinema)
    ask("survey")

    def listed(partner, limit=9, cursor=None):
        return questions.list_questions("idea", partner, limit=limit, cursor=cursor)

    assert [each.id for each in listed(coalition.cafe.number).data] == [operators.id, mine.id]
    first = listed(None, limit=2)
    assert [each.id for each in first.data] == [cinemas.id, operators.id]
    assert [each.id for each in listed(None, 2, first.next_cursor).data] == [mine.id]


def test_open_questions__tell_the_member_what_is_done(ask, anna, clock):
    short, voted, open_ = ask("idea", days=1), ask("idea"), ask("idea")
    posting.vote(anna, voted.id, now=clock.now())
    clock.advance(timedelta(days=1))

    def shown(limit=9, cursor=None):
        return questions.open_questions("idea", anna, limit=limit, cursor=cursor, now=clock.now())

    assert [(each.id, each.done, each.count) for each in shown().data] == [(open_.id, False, 0), (voted.id, True, 1)]
    first = shown(limit=1)
    assert [each.id for each in shown(1, first.next_cursor).data] == [voted.id]
    assert short.id not in {each.id for each in shown().data}
