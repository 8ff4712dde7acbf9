"""Many at the same moment: what may be done once is done once."""

from datetime import timedelta

from coalition.services.idempotency import Answer, run_once
from coalition.services.members import EnrolMember, enrol_member, member_number
from gamification.acts import moderation, posting, questions
from gamification.acts.errors import AlreadyVoted, DuplicateEvent
from gamification.acts.questions import PublishQuestion
from gamification.engine import run_batch
from gamification.store.act_tables import Act
from tests.integration.acts.helpers import stream, streamed
from tests.integration.test_concurrency import at_once, kinds


def test_vote__of_one_member_at_once__counts_once(post, coalition, clock):
    command = PublishQuestion("idea", coalition.cafe.number, "Later hours", clock.now() + timedelta(days=1))
    idea, anna = questions.publish(command, now=clock.now()).id, member_number(coalition.anna.id)
    doors = [
        lambda: posting.vote(anna, idea, now=clock.now()),
        lambda: post("idea.voted", idea=idea),
    ]
    outcomes = at_once(doors * 4)
    assert kinds(outcomes) == {"PostedEvent": 1, AlreadyVoted.__name__: 7}
    assert questions.get_question("idea", idea, None).count == len(stream()) == 1


def test_event__of_one_name_for_different_members_at_once__is_recorded_once(post, coalition, clock):
    def enrol(number):
        command = EnrolMember(phone=f"+7916{number:07d}")
        return enrol_member(command, coalition.cinema.number, now=clock.now())

    def posting_of(number, member):
        def act():
            return Answer(201, post.shares(member=member, event_id="same").id)

        return lambda: run_once("cafe", f"k-{number}", "hash", act, now=clock.now())

    outcomes = at_once(posting_of(number, enrol(number)) for number in range(8))
    assert kinds(outcomes) == {"GivenAnswer": 1, DuplicateEvent.__name__: 7}
    assert len(stream()) == 1


def test_return__while_a_moderator_approves__leaves_nothing_that_counts(post, till, coalition, clock):
    for _ in range(5):
        bought = till.sell(coalition.cafe, 1000)
        review = post("review.posted", sku="sku-1", rating=5).id

        def take_back(bought=bought):
            till.take_back(coalition.cafe, bought, "1")
            run_batch(now=clock.now())

        at_once([take_back, lambda review=review: moderation.approve(review, None, "key_1", now=clock.now())])
        run_batch(now=clock.now())
        assert Act.get(Act.public_id == review).state == "withdrawn"
    approved, withdrawn = (
        [type_ for type_, _ in streamed()].count(name) for name in ("review.approved", "event.withdrawn")
    )
    assert approved == withdrawn
