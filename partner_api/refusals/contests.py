"""Refusals that concern leaderboards and prize draws."""

from coalition import errors
from coalition.errors import CoalitionError
from gamification import errors as gamification
from partner_api.refusals.kind import Kind

CONTESTS: dict[type[CoalitionError], Kind] = {
    gamification.UnknownLeaderboard: Kind(
        404,
        "Unknown leaderboard",
        "Рейтинг не найден",
        "GET /v1/leaderboards lists all of them.",
        "Полный список — GET /v1/leaderboards.",
    ),
    gamification.UnknownLeaderboardPeriod: Kind(
        404,
        "Unknown leaderboard period",
        "Период рейтинга не найден",
        "Name it as GET /v1/leaderboards does, such as 2026-W10 for a week; without it, the present one is shown.",
        "Укажите период так же, как GET /v1/leaderboards, например 2026-W10 для недели; без него — текущий период.",
    ),
    gamification.LeaderboardOver: Kind(
        409,
        "Leaderboard over",
        "Рейтинг завершён",
        "Its places stay to be seen. GET /v1/leaderboards says until when each of the others runs.",
        "Места в нём по-прежнему видны. До какого дня идут другие рейтинги, указано в GET /v1/leaderboards.",
    ),
    gamification.InvalidNickname: Kind(
        422,
        "Invalid nickname",
        "Недопустимый псевдоним",
        "The detail says what is wrong: 3 to 24 letters, digits, spaces, _ and -; no link, and no name of ours.",
        "Причина — в detail: от 3 до 24 букв, цифр, пробелов, _ и -; не ссылка и не имя коалиции или партнёра.",
    ),
    gamification.NicknameTaken: Kind(
        409,
        "Nickname taken",
        "Псевдоним занят",
        "Choose another one. Case, accents, separators and letters that look alike make no difference.",
        "Выберите другой. Регистр, диакритика, разделители и похожие буквы не делают псевдоним другим.",
    ),
    gamification.AlreadyOnLeaderboard: Kind(
        409,
        "Already on the leaderboard",
        "Участник уже в рейтинге",
        "One nickname on each leaderboard. To take another one, leave by DELETE, then join again.",
        "Один псевдоним на рейтинг. Чтобы сменить его, выйдите через DELETE и вступите снова.",
    ),
    gamification.NotOnLeaderboard: Kind(
        404,
        "Not on the leaderboard",
        "Участника нет в рейтинге",
        "Members are on a leaderboard only if they want to: POST .../entry with a nickname.",
        "В рейтинге только те, кто этого хочет: POST .../entry с псевдонимом.",
    ),
    gamification.EnteredByMember: Kind(
        403,
        "Entered by the member",
        "Участник вступил сам",
        "Whoever joined in their own session leaves there; nothing changed.",
        "Вступивший сам выходит из рейтинга в своём сеансе; ничего не изменилось.",
    ),
    gamification.UnknownDraw: Kind(
        404,
        "Unknown prize draw",
        "Розыгрыш не найден",
        "GET /v1/draws lists all of them.",
        "Полный список — GET /v1/draws.",
    ),
    gamification.TicketsNotPublished: Kind(
        409,
        "Tickets not published",
        "Список билетов ещё не опубликован",
        "Ask again after the day on which the draw closes; GET /v1/draws/{id} says which day that is.",
        "Повторите запрос после дня закрытия; этот день указан в GET /v1/draws/{id}.",
    ),
    gamification.DrawNotOpen: Kind(
        409,
        "Prize draw not open",
        "Розыгрыш закрыт",
        "What a closed draw is drawn by cannot change any more. Publish another draw under another id.",
        "После закрытия условия розыгрыша не меняются. Опубликуйте другой розыгрыш с другим id.",
    ),
    gamification.DrawHasTickets: Kind(
        409,
        "Prize draw has tickets",
        "В розыгрыше уже есть билеты",
        "Leave its prizes, its partner and its last day as they are, or publish another draw under another id.",
        "Оставьте призы, партнёра и последний день прежними или опубликуйте другой розыгрыш с другим id.",
    ),
    gamification.DrawNotOver: Kind(
        409,
        "Prize draw not over",
        "Розыгрыш ещё не закончился",
        "Close it on the day after.",
        "Закройте его на следующий день.",
    ),
    gamification.WrongDrawState: Kind(
        409,
        "Wrong state of the prize draw",
        "Розыгрыш на другом этапе",
        "Close a draw, then commit to it, then reveal. coalition draw list says how far each is.",
        "Порядок: close, затем commit, затем reveal. Этап каждого розыгрыша показывает coalition draw list.",
    ),
    gamification.DrawWithoutTickets: Kind(
        409,
        "Prize draw without tickets",
        "В розыгрыше нет билетов",
        "Nothing is left to do: nobody has taken part.",
        "Делать ничего не нужно: никто не участвовал.",
    ),
    errors.InvalidTicketList: Kind(
        422,
        "Invalid ticket list",
        "Неверный список билетов",
        "Take the file that GET /v1/draws/{id}/tickets.json gives, unchanged.",
        "Возьмите файл из GET /v1/draws/{id}/tickets.json без изменений.",
    ),
}
