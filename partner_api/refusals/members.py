"""Refusals that concern members, their tiers and their choices."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

MEMBERS: dict[type[CoalitionError], Kind] = {
    errors.UnknownMember: Kind(
        404,
        "Unknown member",
        "Участник не найден",
        "Find the member by phone or card number first, and use the id.",
        "Сначала найдите участника по телефону или номеру карты и используйте его id.",
    ),
    errors.MemberExists: Kind(
        409,
        "Member exists",
        "Участник уже зарегистрирован",
        "The person is a member already: values.member is the id.",
        "Человек уже участник: его id — в values.member.",
    ),
    errors.InvalidPhone: Kind(
        422,
        "Invalid phone number",
        "Неверный номер телефона",
        "Write the number as one dials it from abroad, beginning with + and the country.",
        "Запишите номер в международном формате, начиная с + и кода страны.",
    ),
    errors.InvalidTimeZone: Kind(
        422,
        "Invalid time zone",
        "Неверный часовой пояс",
        "Name the zone as the IANA database does, such as Europe/Moscow.",
        "Укажите часовой пояс по базе IANA, например Europe/Moscow.",
    ),
    errors.TimeZoneChangedLately: Kind(
        409,
        "Time zone changed lately",
        "Часовой пояс недавно изменён",
        "It can be changed once in thirty days: again from values.until on. All else can be changed at any time.",
        "Его можно менять раз в тридцать дней: снова — с момента values.until. Остальное можно менять всегда.",
    ),
    errors.UnknownReferralCode: Kind(
        422,
        "Unknown referral code",
        "Код приглашения не найден",
        "Check the code with the person who gave it, or enrol without one.",
        "Уточните код у пригласившего или зарегистрируйте участника без кода.",
    ),
    errors.UnknownTier: Kind(
        404,
        "Unknown tier",
        "Уровень не найден",
        "GET /v1/programme shows which version is in force, and its document the tiers.",
        "GET /v1/programme показывает действующую версию, а её документ — уровни.",
    ),
    errors.TierNotForSale: Kind(
        422,
        "Tier not for sale",
        "Уровень не продаётся",
        "The programme sets no such price for this tier: pay by the other means, or reach it by spend.",
        "Программа не задаёт такой цены этого уровня: оплатите иначе или достигните его покупками.",
    ),
    errors.UnknownRule: Kind(
        404,
        "Unknown rule",
        "Правило не найдено",
        "GET /v1/members/{id}/choices shows which rules leave a choice, and for which month.",
        "GET /v1/members/{id}/choices показывает, какие правила дают выбор и на какой месяц.",
    ),
    errors.InvalidChoice: Kind(
        422,
        "Invalid choice",
        "Неверный выбор категорий",
        "Pick exactly values.pick of the categories that are named.",
        "Выберите ровно values.pick из перечисленных категорий.",
    ),
    errors.ChoiceMade: Kind(
        409,
        "Choice made",
        "Категории уже выбраны",
        "Categories are picked once a month. Pick those of the next month.",
        "Категории выбирают один раз на месяц. Выберите их на следующий.",
    ),
    errors.MonthNotOpen: Kind(
        422,
        "Month not open",
        "Месяц недоступен для выбора",
        "Categories are picked for this month or the next, by the programme's calendar, as 2026-03.",
        "Категории выбирают на текущий или следующий месяц по календарю программы, например 2026-03.",
    ),
}
