"""What HTTP makes of refused acts: status, title in both languages, and what to do about it in both."""

from typing import NamedTuple

from coalition.errors import CoalitionError
from gamification.acts import errors
from partner_api.parsing import escaped


class ActProblem(NamedTuple):
    status: int
    en: str
    ru: str
    advice_en: str
    advice_ru: str


ACT_PROBLEMS: dict[type[CoalitionError], ActProblem] = {
    errors.InvalidAttributes: ActProblem(
        422,
        "Invalid attributes",
        "Неверные атрибуты события",
        "Each entry of errors points at an attribute; GET /v1/event-types says which a type has.",
        "Каждый элемент errors указывает на атрибут; атрибуты типов показывает GET /v1/event-types.",
    ),
    errors.UnknownEventType: ActProblem(
        422,
        "Unknown event type",
        "Неизвестный тип события",
        "GET /v1/event-types lists what you may post; POST there to register a type of your own.",
        "Доступные типы показывает GET /v1/event-types; свой тип можно зарегистрировать там же методом POST.",
    ),
    errors.EventFromFuture: ActProblem(
        422,
        "Event from the future",
        "Событие из будущего",
        "Set the clock of the device; it may run five minutes ahead.",
        "Проверьте часы устройства: они могут спешить не больше чем на пять минут.",
    ),
    errors.EventBeforeEnrolment: ActProblem(
        422,
        "Event before enrolment",
        "Событие раньше вступления в программу",
        "What somebody did before becoming a member does not count; do not send it.",
        "То, что сделано до вступления в программу, не учитывается: не отправляйте такие события.",
    ),
    errors.DuplicateEvent: ActProblem(
        409,
        "Duplicate event",
        "Событие уже учтено",
        "Nothing is to be done if it is the same event; give every event an event_id of its own.",
        "Если это то же событие, делать ничего не нужно; у каждого события должен быть свой event_id.",
    ),
    errors.UnknownEvent: ActProblem(
        404,
        "Unknown event",
        "Событие не найдено",
        "Use the id that POST /v1/events has answered.",
        "Используйте id из ответа POST /v1/events.",
    ),
    errors.EventDecided: ActProblem(
        409,
        "Event decided",
        "Решение по событию уже принято",
        "Nothing changed: a rejected or withdrawn event stays so.",
        "Ничего не изменилось: отклонённое или отозванное событие таким и остаётся.",
    ),
    errors.InvalidEventType: ActProblem(
        422,
        "Invalid event type",
        "Неверный тип события",
        "The detail says what is wrong with the name or with an attribute.",
        "В detail указано, что не так с названием или атрибутом.",
    ),
    errors.EventTypeExists: ActProblem(
        409,
        "Event type exists",
        "Тип события уже есть",
        "Choose another name, for instance one that begins with your own.",
        "Выберите другое название, например начинающееся с вашего.",
    ),
    errors.EventTypeFixed: ActProblem(
        409,
        "Event type fixed",
        "Тип события изменить нельзя",
        "Register a new type, or add the attribute as an optional one.",
        "Зарегистрируйте новый тип или добавьте атрибут как необязательный.",
    ),
    errors.NotPurchased: ActProblem(
        422,
        "Not purchased",
        "Товар не куплен",
        "Only what the member has bought from you, and kept, can be reviewed; record the purchase first.",
        "Отзыв возможен только о товаре, который участник у вас купил и не вернул; сначала учтите покупку.",
    ),
    errors.AlreadyReviewed: ActProblem(
        409,
        "Already reviewed",
        "Отзыв уже есть",
        "One review of each thing counts; withdraw the first to replace it.",
        "На каждый товар принимается один отзыв; чтобы заменить его, отзовите первый.",
    ),
    errors.AlreadyUploaded: ActProblem(
        409,
        "Already uploaded",
        "Фотография уже загружена",
        "Each photo of a member counts once.",
        "Каждая фотография участника учитывается один раз.",
    ),
    errors.UnknownReview: ActProblem(
        404,
        "Unknown review",
        "Отзыв не найден",
        "GET /v1/reviews lists the reviews and photos that are yours to moderate.",
        "Ваши отзывы и фотографии показывает GET /v1/reviews.",
    ),
    errors.StoreWithoutPosition: ActProblem(
        422,
        "Store without position",
        "Положение магазина неизвестно",
        "Say where the store is first: PUT /v1/stores/{store_id}/position.",
        "Сначала укажите, где находится магазин: PUT /v1/stores/{store_id}/position.",
    ),
    errors.InaccuratePosition: ActProblem(
        422,
        "Inaccurate position",
        "Неточное положение",
        "Try again under the open sky, where the phone knows better where it is.",
        "Повторите под открытым небом, где телефон точнее определяет место.",
    ),
    errors.TooFar: ActProblem(
        422,
        "Too far",
        "Слишком далеко от магазина",
        "Check in at the store; a wrong position of the store is mended by PUT /v1/stores/{store_id}/position.",
        "Отмечайтесь у магазина; его положение можно исправить через PUT /v1/stores/{store_id}/position.",
    ),
    errors.TooFast: ActProblem(
        422,
        "Too fast",
        "Слишком быстрое перемещение",
        "Nobody comes from one store to the other in that time; the check-in does not count.",
        "За это время нельзя попасть из одного магазина в другой; отметка не учитывается.",
    ),
    errors.CheckedInAlready: ActProblem(
        409,
        "Checked in already",
        "Отметка уже есть",
        "Nothing is to be done: the first check-in counts.",
        "Делать ничего не нужно: учтена первая отметка.",
    ),
    errors.UnknownIdea: ActProblem(
        404,
        "Unknown idea",
        "Идея не найдена",
        "GET /v1/ideas lists the ideas on which you may collect votes.",
        "Идеи, за которые можно собирать голоса, показывает GET /v1/ideas.",
    ),
    errors.IdeaClosed: ActProblem(
        409,
        "Idea closed",
        "Голосование закрыто",
        "Votes were taken until the time in the detail.",
        "Голоса принимались до времени, указанного в detail.",
    ),
    errors.AlreadyVoted: ActProblem(
        409,
        "Already voted",
        "Голос уже отдан",
        "Each member has one vote on each idea; the first one stays.",
        "У каждого участника один голос за идею; остаётся первый.",
    ),
    errors.UnknownSurvey: ActProblem(
        404,
        "Unknown survey",
        "Опрос не найден",
        "GET /v1/surveys lists the surveys whose completion you may report.",
        "Опросы, о прохождении которых можно сообщать, показывает GET /v1/surveys.",
    ),
    errors.SurveyClosed: ActProblem(
        409,
        "Survey closed",
        "Опрос закрыт",
        "The survey was open until the time in the detail.",
        "Опрос был открыт до времени, указанного в detail.",
    ),
    errors.AlreadyCompleted: ActProblem(
        409,
        "Already completed",
        "Опрос уже пройден",
        "Each member completes a survey once.",
        "Каждый участник проходит опрос один раз.",
    ),
    errors.ClosesInPast: ActProblem(
        422,
        "Closes in the past",
        "Срок уже прошёл",
        "Give a time in the future.",
        "Укажите время в будущем.",
    ),
}


def places_of(refusal: CoalitionError) -> list[dict[str, str]]:
    """Where in the request it stands that an act is refused."""
    if isinstance(refusal, errors.InvalidAttributes):
        return [
            {"pointer": f"/attributes/{escaped(mistake.name)}", "message": mistake.problem}
            for mistake in refusal.mistakes
        ]
    pointer: str | None = getattr(refusal, "pointer", None)
    return [{"pointer": pointer, "message": str(refusal)}] if pointer else []
