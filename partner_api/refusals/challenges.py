"""Refusals that concern rules, challenges, teams and freezes."""

from coalition.errors import CoalitionError
from gamification import errors as gamification
from partner_api.refusals.kind import Kind

CHALLENGES: dict[type[CoalitionError], Kind] = {
    gamification.RuleMistakes: Kind(
        422,
        "Rule mistakes",
        "Ошибки в правилах",
        "Each entry of errors points at a mistake and says what it is; coalition achievements lint names the same.",
        "Каждый элемент errors указывает на ошибку; те же ошибки показывает coalition achievements lint.",
    ),
    gamification.UnknownChallenge: Kind(
        404,
        "Unknown challenge",
        "Испытание не найдено",
        "Take the id from GET /v1/me/challenges or GET /v1/members/{id}/challenges.",
        "Возьмите id из GET /v1/me/challenges или GET /v1/members/{id}/challenges.",
    ),
    gamification.ChallengeOver: Kind(
        409,
        "Challenge over",
        "Испытание завершено",
        "Choose one whose last day (ends_on) has not passed.",
        "Выберите испытание, последний день которого (ends_on) ещё не прошёл.",
    ),
    gamification.TeamNeeded: Kind(
        409,
        "Team needed",
        "Нужна команда",
        "Members found a team by POST /v1/me/challenges/{id}/teams, or join one by its code.",
        "Создайте команду через POST /v1/me/challenges/{id}/teams или вступите в неё по коду.",
    ),
    gamification.NotForTeams: Kind(
        409,
        "Not for teams",
        "Испытание не для команд",
        "Join it alone: POST /v1/me/challenges/{id}/join.",
        "Присоединитесь без команды: POST /v1/me/challenges/{id}/join.",
    ),
    gamification.UnknownTeam: Kind(
        404,
        "Unknown team",
        "Команда не найдена",
        "Ask the captain for the code; a team is shown to its members only.",
        "Уточните код у капитана; команду видят только её участники.",
    ),
    gamification.AlreadyInTeam: Kind(
        409,
        "Already in a team",
        "Участник уже в команде",
        "One team for each challenge, until its end.",
        "В каждом испытании — одна команда, до самого конца.",
    ),
    gamification.TeamFull: Kind(
        409,
        "Team full",
        "В команде нет мест",
        "Join another team, or found one.",
        "Вступите в другую команду или создайте свою.",
    ),
    gamification.UnknownAchievement: Kind(
        404,
        "Unknown achievement",
        "Достижение не найдено",
        "Take the id from GET /v1/me/achievements or GET /v1/me/challenges.",
        "Возьмите id из GET /v1/me/achievements или GET /v1/me/challenges.",
    ),
    gamification.NotAStreak: Kind(
        409,
        "Not a streak",
        "Это не серия",
        "Only streaks of days, weeks or months can be frozen.",
        "Заморозить можно только серию дней, недель или месяцев.",
    ),
    gamification.DayNotFreezable: Kind(
        422,
        "Day cannot be frozen",
        "Этот день нельзя заморозить",
        "Choose a day from yesterday to seven days ahead, where the member lives.",
        "Выберите день от вчерашнего до седьмого вперёд, по часам участника.",
    ),
    gamification.DayCounted: Kind(
        409,
        "Day counts already",
        "День уже засчитан",
        "Nothing is to be done: the streak goes on by itself.",
        "Ничего делать не нужно: серия продолжается сама.",
    ),
    gamification.NoFreezesLeft: Kind(
        409,
        "No freezes left",
        "Заморозок не осталось",
        "A calendar month has as many as the achievement says; wait for the next one.",
        "В календарном месяце их столько, сколько задано в достижении; дождитесь следующего.",
    ),
}
