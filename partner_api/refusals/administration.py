"""Refusals that concern what operators do to points and to the programme."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

ADMINISTRATION: dict[type[CoalitionError], Kind] = {
    errors.ReasonRequired: Kind(
        422,
        "Reason required",
        "Нужна причина",
        "Write down, for whoever looks at the books later, why this is done.",
        "Напишите, почему это делается, — для тех, кто потом будет проверять записи.",
    ),
    errors.NoPoints: Kind(
        422,
        "No points",
        "Недопустимое число баллов",
        "Send a number of points other than zero.",
        "Укажите число баллов, отличное от нуля.",
    ),
    errors.UnknownAdjustment: Kind(
        404,
        "Unknown adjustment",
        "Корректировка не найдена",
        "GET /v1/adjustments lists all of them.",
        "Полный список — GET /v1/adjustments.",
    ),
    errors.AdjustmentDecided: Kind(
        409,
        "Adjustment decided",
        "Решение по корректировке уже принято",
        "It is decided once. To undo what was posted, post the opposite.",
        "Решение принимается один раз. Чтобы отменить проведённое, проведите обратную корректировку.",
    ),
    errors.SecondOperatorRequired: Kind(
        403,
        "Second operator required",
        "Нужен второй оператор",
        "Ask another operator, with a key of their own, to approve it.",
        "Попросите подтвердить другого оператора, с его собственным ключом.",
    ),
    errors.UnknownGift: Kind(
        404,
        "Unknown gift",
        "Подарок не найден",
        "GET /v1/gifts lists all of them.",
        "Полный список — GET /v1/gifts.",
    ),
    errors.GiftDecided: Kind(
        409,
        "Gift decided",
        "Решение по подарку уже принято",
        "It is decided once; propose another.",
        "Решение принимается один раз; предложите новый подарок.",
    ),
    errors.UnknownLot: Kind(
        404,
        "Unknown lot",
        "Баллы не найдены",
        "Name an entry that issued points of which some are left.",
        "Укажите запись о начислении, от которой ещё остались баллы.",
    ),
    errors.NotAnExtension: Kind(
        422,
        "Not an extension",
        "Срок не продлевается",
        "Name a moment later than values.expires_at, and later than now.",
        "Укажите момент позже values.expires_at и позже текущего.",
    ),
    errors.InvalidProgramme: Kind(
        422,
        "Invalid programme",
        "Неверные правила программы",
        "values.mistakes names each mistake by its key in the document, and says what it must be.",
        "В values.mistakes указана каждая ошибка: ключ в документе и каким должно быть значение.",
    ),
    errors.ProgrammeExists: Kind(
        409,
        "Programme exists",
        "Программа уже создана",
        "A programme is created once; its terms change by new versions.",
        "Программа создаётся один раз; условия меняются новыми версиями.",
    ),
    errors.UnknownProgramme: Kind(
        404,
        "Unknown programme version",
        "Версия программы не найдена",
        "GET /v1/programme lists the versions there are.",
        "Список версий — GET /v1/programme.",
    ),
    errors.ProgrammeInPast: Kind(
        422,
        "Programme in the past",
        "Версия программы в прошлом",
        "Let the version take effect at a moment that is still to come.",
        "Укажите момент вступления в силу, который ещё не наступил.",
    ),
    errors.ProgrammeOverlaps: Kind(
        409,
        "Programme overlaps",
        "Версии программы пересекаются",
        "Let it take effect after values.effective_from, when the last version does.",
        "Укажите момент после values.effective_from, когда вступает в силу последняя версия.",
    ),
    errors.CurrencyFixed: Kind(
        422,
        "Currency fixed",
        "Валюту изменить нельзя",
        "Keep the currency, values.currency: points were issued in it.",
        "Оставьте валюту values.currency: в ней уже выпущены баллы.",
    ),
}
