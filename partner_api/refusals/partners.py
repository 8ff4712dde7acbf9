"""Refusals that concern partners, what they have funded, and how they leave."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

PARTNERS: dict[type[CoalitionError], Kind] = {
    errors.UnknownPartner: Kind(
        404,
        "Unknown partner",
        "Партнёр не найден",
        "Use the id that GET /v1/partners shows.",
        "Используйте id из GET /v1/partners.",
    ),
    errors.PartnerExists: Kind(
        409,
        "Partner exists",
        "Партнёр уже зарегистрирован",
        "Names of partners are unique; choose another.",
        "Названия партнёров не повторяются; выберите другое.",
    ),
    errors.InvalidPartner: Kind(
        422,
        "Invalid partner",
        "Неверные условия партнёра",
        "The detail says which term is impossible; a limit cannot be below what is outstanding already.",
        "В detail указано недопустимое условие; лимит не может быть ниже уже выпущенных баллов.",
    ),
    errors.PartnerSuspended: Kind(
        403,
        "Partner suspended",
        "Партнёр приостановлен",
        "A suspended partner can read, but neither issue nor redeem points. Ask the operator.",
        "Приостановленный партнёр может читать данные, но не начислять и не списывать баллы. Обратитесь к оператору.",
    ),
    errors.IssuerLimitExceeded: Kind(
        409,
        "Issuer limit exceeded",
        "Превышен лимит выпуска баллов",
        "The partner has as many points outstanding as it may. Ask the operator for a higher limit.",
        "Партнёр исчерпал лимит выпущенных баллов. Попросите оператора повысить лимит.",
    ),
    errors.InvalidPack: Kind(
        422,
        "Invalid pack",
        "Неверные условия пакета баллов",
        "Buy at least one point, at a price of zero or more; the detail says what was wrong.",
        "Покупайте не менее одного балла по цене не ниже нуля; причина отказа указана в detail.",
    ),
    errors.PackTooSmall: Kind(
        409,
        "Pack too small",
        "Купленных баллов недостаточно",
        "Enter a pack of at least values.outstanding less values.bought points, then switch.",
        "Внесите пакет не меньше разницы values.outstanding и values.bought, затем переключите партнёра.",
    ),
    errors.FundingFixed: Kind(
        422,
        "Funding fixed",
        "Способ финансирования изменить нельзя",
        "Keep the funding, values.funding: points were issued under it.",
        "Оставьте способ финансирования values.funding: по нему уже выпущены баллы.",
    ),
    errors.InvalidOffboarding: Kind(
        422,
        "Invalid offboarding",
        "Неверные условия выхода партнёра",
        "Name a last day from today on, and a deposit of zero or more. The operator itself does not leave.",
        "Укажите последний день не раньше сегодняшнего и депозит не ниже нуля. Сам оператор выйти не может.",
    ),
    errors.PartnerLeaving: Kind(
        409,
        "Partner leaving",
        "Партнёр выходит из коалиции",
        "It neither buys points nor is reinstated, and its points live no longer. To return it joins anew.",
        "Он не покупает баллы и не возобновляется, срок его баллов не продлевается. Вернуться можно новым партнёром.",
    ),
    errors.PartnerNotLeaving: Kind(
        404,
        "Partner not leaving",
        "Партнёр не выходит из коалиции",
        "POST to the same address has the partner leave.",
        "Чтобы оформить выход партнёра, отправьте POST на тот же адрес.",
    ),
}
