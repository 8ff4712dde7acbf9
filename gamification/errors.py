"""What gamification refuses, in the form of all refusals of the coalition."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from coalition.errors import CoalitionError, Mistake


@dataclass
class RuleMistakes(CoalitionError):
    """Every mistake of one file; none of its rules was published. ``pointers`` say where in a request each stands."""

    code = "rule_mistakes"
    template = "{mistakes}"
    mistakes: tuple[Mistake, ...]
    pointers: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        return {"mistakes": self.mistakes}

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))


@dataclass
class UnknownGrantReview(CoalitionError):
    code = "unknown_grant_review"
    template = "Grant {grant} neither waits for an operator nor ever did."
    grant: str


@dataclass
class AlreadyDecided(CoalitionError):
    """``state`` is ``released``, ``revoked`` or ``withdrawn``."""

    code = "already_decided"
    template = "Grant {grant} waits for an operator no longer: it is {state}."
    grant: str
    state: str


@dataclass
class UnknownLeaderboard(CoalitionError):
    code = "unknown_leaderboard"
    template = "No leaderboard is known as {leaderboard}."
    leaderboard: str


@dataclass
class UnknownLeaderboardPeriod(CoalitionError):
    code = "unknown_leaderboard_period"
    template = "Leaderboard {leaderboard} has no period {period}."
    leaderboard: str
    period: str


@dataclass
class LeaderboardOver(CoalitionError):
    code = "leaderboard_over"
    template = "Leaderboard {leaderboard} ended on {last_day}; nobody can join it any more."
    leaderboard: str
    last_day: date


@dataclass
class InvalidNickname(CoalitionError):
    code = "invalid_nickname"
    template = "That is no nickname: {problem}."
    pointer = "/nickname"
    problem: str


@dataclass
class NicknameTaken(CoalitionError):
    code = "nickname_taken"
    template = "On leaderboard {leaderboard} somebody has the nickname {nickname}, or one that looks like it."
    pointer = "/nickname"
    leaderboard: str
    nickname: str


@dataclass
class AlreadyOnLeaderboard(CoalitionError):
    code = "already_on_leaderboard"
    template = "The member is on leaderboard {leaderboard} already, as {nickname}."
    leaderboard: str
    nickname: str


@dataclass
class NotOnLeaderboard(CoalitionError):
    code = "not_on_leaderboard"
    template = "The member is not on leaderboard {leaderboard}."
    leaderboard: str


@dataclass
class EnteredByMember(CoalitionError):
    code = "entered_by_member"
    template = (
        "The member joined leaderboard {leaderboard} in their own session; only they, or an operator, take them off."
    )
    leaderboard: str


@dataclass
class InvalidRewardCode(CoalitionError):
    code = "invalid_reward_code"
    template = "{reward} is no code of a reward: its check character is wrong."
    reward: str


@dataclass
class UnknownReward(CoalitionError):
    code = "unknown_reward"
    template = "No reward is known as {reward}."
    reward: str


@dataclass
class RewardNotHonoured(CoalitionError):
    """``partner`` is the name of the one that honours it."""

    code = "reward_not_honoured"
    template = "Reward {reward} is honoured by {partner}, at its own tills."
    reward: str
    partner: str


@dataclass
class RewardClaimed(CoalitionError):
    code = "reward_claimed"
    template = "Reward {reward} was claimed before, at {claimed_at:%Y-%m-%dT%H:%M:%SZ}."
    reward: str
    claimed_at: datetime


@dataclass
class RewardClaimedElsewhere(CoalitionError):
    """For a till of another partner than the one that it was claimed at: it is not to know where nor when that was."""

    code = "reward_claimed_elsewhere"
    template = "Reward {reward} was claimed before, not at your tills."
    reward: str


@dataclass
class RewardExpired(CoalitionError):
    code = "reward_expired"
    template = "Reward {reward} was valid until {valid_until:%Y-%m-%dT%H:%M:%SZ}."
    reward: str
    valid_until: datetime


@dataclass
class RewardBeingChecked(CoalitionError):
    """Something of the member's has come back or was withdrawn, and the engine has yet to see what that undoes."""

    code = "reward_being_checked"
    template = "Whether reward {reward} stands is being checked; ask again in {retry_after_s} seconds."
    reward: str
    retry_after_s: int


@dataclass
class RewardRevoked(CoalitionError):
    code = "reward_revoked"
    template = "Reward {reward} was taken back: what had earned it was undone."
    reward: str


@dataclass
class UnknownGrant(CoalitionError):
    code = "unknown_grant"
    template = "The member has no grant {grant}."
    grant: str


@dataclass
class UnknownSurprise(CoalitionError):
    code = "unknown_surprise"
    template = "Grant {grant} came with no surprise, or there is no such grant."
    grant: str


@dataclass
class NoCredential(CoalitionError):
    """``state`` is that of the grant."""

    code = "no_credential"
    template = "Grant {grant} is {state}: there is no badge of it to take out."
    grant: str
    state: str


@dataclass
class NoEmailAddress(CoalitionError):
    code = "no_email_address"
    template = "No e-mail address of member {member} is known that a badge could name."
    member: str


@dataclass
class UnknownOpenBadge(CoalitionError):
    code = "unknown_open_badge"
    template = "There is no {what} {name} of open badges."
    what: str
    name: str


@dataclass
class UnknownIcon(CoalitionError):
    code = "unknown_icon"
    template = "No icon has the name {icon}."
    icon: str


@dataclass
class UnknownEventSchema(CoalitionError):
    code = "unknown_event_schema"
    template = "No schema is published of events of the type {type}."
    type: str


@dataclass
class UnknownDraw(CoalitionError):
    code = "unknown_draw"
    template = "No prize draw is known as {draw}."
    draw: str


@dataclass
class TicketsNotPublished(CoalitionError):
    code = "tickets_not_published"
    template = "The tickets of prize draw {draw} are published when it closes; until then there may be more of them."
    draw: str


@dataclass
class DrawNotOpen(CoalitionError):
    code = "draw_not_open"
    template = "Prize draw {draw} is {state}: its tickets and prizes are as they are."
    draw: str
    state: str


@dataclass
class DrawHasTickets(CoalitionError):
    """Nothing of the file was published."""

    code = "draw_has_tickets"
    template = "Members have tickets of prize draw {draw}: its prizes stay, and it closes on {closes_on} or later."
    draw: str
    closes_on: date


@dataclass
class DrawNotOver(CoalitionError):
    code = "draw_not_over"
    template = "Tickets of prize draw {draw} can be won up to and including {closes_on} (UTC); close it after that."
    draw: str
    closes_on: date


@dataclass
class WrongDrawState(CoalitionError):
    code = "wrong_draw_state"
    template = "Prize draw {draw} is {state}, so it cannot be {wanted}."
    draw: str
    state: str
    wanted: str


@dataclass
class DrawWithoutTickets(CoalitionError):
    code = "draw_without_tickets"
    template = "Nobody has a ticket of prize draw {draw}: there is nothing to draw."
    draw: str


@dataclass
class UnknownAchievement(CoalitionError):
    code = "unknown_achievement"
    template = "No achievement or challenge is named {achievement}."
    achievement: str


@dataclass
class UnknownChallenge(CoalitionError):
    code = "unknown_challenge"
    template = "No challenge is known as {challenge}."
    challenge: str


@dataclass
class ChallengeOver(CoalitionError):
    code = "challenge_over"
    template = "Challenge {challenge} ended on {last_day}; nobody can join it any more."
    challenge: str
    last_day: date


@dataclass
class TeamNeeded(CoalitionError):
    code = "team_needed"
    template = "Challenge {challenge} is for teams: found one, or join one by its code."
    challenge: str


@dataclass
class NotForTeams(CoalitionError):
    code = "not_for_teams"
    template = "In challenge {challenge} each member counts alone."
    challenge: str


@dataclass
class UnknownTeam(CoalitionError):
    """``team`` is what was given as its id or its code."""

    code = "unknown_team"
    template = "No team is known as {team}."
    team: str


@dataclass
class AlreadyInTeam(CoalitionError):
    code = "already_in_team"
    template = "The member is in a team of challenge {challenge} already: {team}."
    challenge: str
    team: str


@dataclass
class TeamFull(CoalitionError):
    code = "team_full"
    template = "Team {team} has {most} members, and no more can join it."
    team: str
    most: int


@dataclass
class NotAStreak(CoalitionError):
    code = "not_a_streak"
    template = "{achievement} is no streak: there is nothing to freeze."
    achievement: str


@dataclass
class DayNotFreezable(CoalitionError):
    code = "day_not_freezable"
    template = "{day} cannot be frozen: days from {first} to {last} can."
    pointer = "/day"
    day: date
    first: date
    last: date


@dataclass
class DayCounted(CoalitionError):
    code = "day_counted"
    template = "{day} counts for {achievement} already: there is nothing to freeze."
    pointer = "/day"
    achievement: str
    day: date


@dataclass
class NoFreezesLeft(CoalitionError):
    """``freezes`` is how many a calendar month has."""

    code = "no_freezes_left"
    template = "All {freezes} freezes of {achievement} in {month} are used up."
    pointer = "/day"
    achievement: str
    month: str
    freezes: int
