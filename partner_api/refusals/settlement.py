"""Refusals that concern prices, and the closing of a period."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

SETTLEMENT: dict[type[CoalitionError], Kind] = {
    errors.InvalidRateCard: Kind(
        422,
        "Invalid rate card",
        "Неверный тариф",
        "values.mistakes names each mistake by its key in the document, and says what it must be.",
        "В values.mistakes указана каждая ошибка: ключ в документе и каким должно быть значение.",
    ),
    errors.RateCardInPast: Kind(
        422,
        "Rate card in the past",
        "Тариф в прошлом",
        "Let the card take effect later than now, and than the last closed period ends.",
        "Укажите момент позже текущего и позже конца последнего закрытого периода.",
    ),
    errors.RateCardOverlaps: Kind(
        409,
        "Rate card overlaps",
        "Тарифы пересекаются",
        "Let it take effect after values.effective_from, when the last card does.",
        "Укажите момент после values.effective_from, когда вступает в силу последний тариф.",
    ),
    errors.NoExchangeRate: Kind(
        409,
        "No exchange rate",
        "Нет курса валют",
        "Give the rate by PUT /v1/exchange-rates, for that day or one before it, then close again.",
        "Задайте курс через PUT /v1/exchange-rates на этот день или раньше и закройте период снова.",
    ),
    errors.InvalidExchangeRate: Kind(
        422,
        "Invalid exchange rate",
        "Неверный курс валют",
        "A rate is above zero, between two currencies, and given once for a day that is not closed yet.",
        "Курс больше нуля, связывает две валюты и задаётся один раз на день, который ещё не закрыт.",
    ),
    errors.UnknownPeriod: Kind(
        404,
        "Unknown period",
        "Период не найден",
        "GET /v1/settlements lists the closed periods. They are known by name, as 2026-03, by number and by id.",
        "Закрытые периоды — GET /v1/settlements. Период узнают по имени, например 2026-03, номеру или id.",
    ),
    errors.PeriodClosed: Kind(
        409,
        "Period closed",
        "Период уже закрыт",
        "Nothing is left to do: values.id is the closed period.",
        "Ничего делать не нужно: закрытый период — values.id.",
    ),
    errors.PeriodNotOver: Kind(
        409,
        "Period not over",
        "Период ещё не закончился",
        "Close it after values.ends_at.",
        "Закройте период после values.ends_at.",
    ),
    errors.PeriodOutOfOrder: Kind(
        409,
        "Period out of order",
        "Период не по порядку",
        "Close the period that begins on values.expected: each begins where the one before ends.",
        "Закройте период с values.expected: каждый начинается там, где закончился предыдущий.",
    ),
    errors.EntriesNotFinal: Kind(
        409,
        "Entries not final",
        "Записи ещё не окончательны в реестре",
        "Wait until the chain has confirmed them for good, then close again; GET /v1/ledger/status has the backlog.",
        "Дождитесь окончательного подтверждения в реестре и повторите; отставание — GET /v1/ledger/status.",
    ),
    errors.PeriodNotSettled: Kind(
        409,
        "Period not settled",
        "Период ещё не рассчитан",
        "Wait until every statement is acknowledged, or the time for disputes is over.",
        "Дождитесь, пока все акты будут подтверждены или истечёт срок для возражений.",
    ),
}
