"""Refusals that concern grants, their reviews, rewards and badges to take away."""

from coalition.errors import CoalitionError
from gamification import errors as gamification
from partner_api.refusals.kind import Kind

REWARDS: dict[type[CoalitionError], Kind] = {
    gamification.UnknownGrant: Kind(
        404,
        "Unknown grant",
        "Достижение участника не найдено",
        "Take the grant's id from GET /v1/members/{id}/achievements, of the same member.",
        "Возьмите id из GET /v1/members/{id}/achievements того же участника.",
    ),
    gamification.UnknownGrantReview: Kind(
        404,
        "Unknown grant review",
        "Проверка награды не найдена",
        "GET /v1/grant-reviews lists the grants that wait; a grant that nothing speaks against does not.",
        "Список ожидающих наград — GET /v1/grant-reviews; награда, к которой нет вопросов, в него не попадает.",
    ),
    gamification.AlreadyDecided: Kind(
        409,
        "Already decided",
        "Решение по награде уже принято",
        "Look at the review: values.state says what became of the grant. A decision is final.",
        "Посмотрите проверку: что стало с наградой, сказано в values.state. Решение окончательное.",
    ),
    gamification.InvalidRewardCode: Kind(
        422,
        "Invalid reward code",
        "Неверный код награды",
        "Read the code again: letters and digits in three groups of four, never 0, O, 1, I, L or U.",
        "Прочитайте код ещё раз: три группы по четыре знака, среди них нет 0, O, 1, I, L и U.",
    ),
    gamification.UnknownReward: Kind(
        404,
        "Unknown reward",
        "Награда не найдена",
        "Check the code or the id; a member's rewards are at GET /v1/members/{id}/rewards.",
        "Проверьте код или id; награды участника: GET /v1/members/{id}/rewards.",
    ),
    gamification.RewardNotHonoured: Kind(
        409,
        "Reward not honoured here",
        "Награда действует у другого партнёра",
        "Send the member to the partner that values.partner names; the reward is still theirs.",
        "Направьте участника к партнёру из values.partner; награда остаётся за участником.",
    ),
    gamification.RewardClaimed: Kind(
        409,
        "Reward claimed",
        "Награда уже использована",
        "It can be claimed once. If your till asked twice, repeat the first request with its Idempotency-Key.",
        "Использовать награду можно один раз. Если касса спросила дважды, повторите запрос с тем же Idempotency-Key.",
    ),
    gamification.RewardClaimedElsewhere: Kind(
        409,
        "Reward claimed elsewhere",
        "Награда уже использована, не у вас",
        "It can be claimed once. Where and when it was, the member sees under rewards in their own session.",
        "Использовать награду можно один раз. Где и когда это было, участник видит в списке наград в своей сессии.",
    ),
    gamification.RewardExpired: Kind(
        409,
        "Reward expired",
        "Срок награды истёк",
        "The last day of the reward is over; it cannot be claimed any more.",
        "Последний день награды прошёл, использовать её больше нельзя.",
    ),
    gamification.RewardRevoked: Kind(
        409,
        "Reward revoked",
        "Награда отозвана",
        "The purchase that had earned it came back. The same can be earned again.",
        "Покупка, за которую её дали, возвращена. Награду можно заслужить снова.",
    ),
    gamification.RewardBeingChecked: Kind(
        409,
        "Reward being checked",
        "Награда проверяется",
        "The member has just brought something back or withdrawn it. Repeat the request after Retry-After seconds.",
        "Участник только что оформил возврат или отозвал отзыв. Повторите запрос через Retry-After секунд.",
    ),
    gamification.UnknownSurprise: Kind(
        404,
        "No surprise",
        "Сюрприза нет",
        "Use the id of a grant whose rule has a surprise.",
        "Укажите идентификатор награды, у правила которой есть сюрприз.",
    ),
    gamification.NoCredential: Kind(
        409,
        "No badge to take out",
        "Значок получить нельзя",
        "Badges are of what stands: wait until a held grant is given; one that was revoked has none.",
        "Значок есть только у действующего достижения: дождитесь выдачи; у отозванного значка нет.",
    ),
    gamification.NoEmailAddress: Kind(
        409,
        "No e-mail address",
        "Нет адреса электронной почты",
        "Take the badge out without identity=email, or have the member enter an address.",
        "Запросите значок без identity=email, или пусть участник укажет адрес.",
    ),
    gamification.UnknownOpenBadge: Kind(
        404,
        "Unknown open badge",
        "Открытый значок не найден",
        "Use the addresses that the badge itself gives.",
        "Используйте адреса, которые указаны в самом значке.",
    ),
    gamification.UnknownIcon: Kind(
        404,
        "Unknown icon",
        "Иконка не найдена",
        "Use a name of the icon set Lucide, such as trophy.",
        "Используйте имя из набора Lucide, например trophy.",
    ),
    gamification.UnknownEventSchema: Kind(
        404,
        "Unknown event schema",
        "Схема события не найдена",
        "Schemas are published of what we send, such as achievement.granted.",
        "Опубликованы схемы исходящих событий, например achievement.granted.",
    ),
}
