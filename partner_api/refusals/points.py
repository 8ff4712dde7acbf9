"""Refusals that concern spending, holding and moving points."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

POINTS: dict[type[CoalitionError], Kind] = {
    errors.InsufficientPoints: Kind(
        409,
        "Insufficient points",
        "Недостаточно баллов",
        "The member has values.available points. Ask for a quote first.",
        "У участника values.available баллов. Сначала запросите расчёт (quote).",
    ),
    errors.RedemptionAboveMaximum: Kind(
        422,
        "Redemption above maximum",
        "Списание выше допустимого",
        "At most values.max_points points may pay for this receipt.",
        "Этот чек можно оплатить не более чем values.max_points баллами.",
    ),
    errors.RedemptionBelowMinimum: Kind(
        422,
        "Redemption below minimum",
        "Списание ниже минимума",
        "The programme lets nobody redeem fewer than values.minimum_points points at a time.",
        "Программа не позволяет списывать меньше values.minimum_points баллов за раз.",
    ),
    errors.RedemptionOffStep: Kind(
        422,
        "Redemption off step",
        "Списание не кратно шагу",
        "Redeem a multiple of values.step_points points.",
        "Списывайте число баллов, кратное values.step_points.",
    ),
    errors.UnknownRedemption: Kind(
        404,
        "Unknown redemption",
        "Списание не найдено",
        "Only redemptions at your own till can be seen and reversed. Check the id.",
        "Доступны только списания на вашей кассе. Проверьте id.",
    ),
    errors.DuplicateReference: Kind(
        409,
        "Duplicate reference",
        "Номер операции уже использован",
        "It is done: values.existing is its id. For something new, use a new reference.",
        "Операция уже выполнена: её id — в values.existing. Для новой операции возьмите новый номер.",
    ),
    errors.RedemptionReversed: Kind(
        409,
        "Redemption reversed",
        "Списание уже отменено",
        "The points are back with the member. Nothing is left to do.",
        "Баллы уже возвращены участнику. Больше ничего делать не нужно.",
    ),
    errors.NotACharity: Kind(
        422,
        "Not a charity",
        "Партнёр не благотворительный фонд",
        "Name a partner whose kind is charity; at others, members redeem points.",
        "Укажите партнёра вида charity; у остальных баллы списывают обычным образом.",
    ),
    errors.UnknownHold: Kind(
        404,
        "Unknown hold",
        "Резерв не найден",
        "Only holds of your own can be seen and ended. Check the id.",
        "Доступны только ваши резервы. Проверьте id.",
    ),
    errors.HoldEnded: Kind(
        409,
        "Hold ended",
        "Резерв завершён",
        "Nothing can be taken of it any more, and what was not captured is free. Place a new hold.",
        "Из этого резерва больше ничего не списать, остаток свободен. Создайте новый резерв.",
    ),
    errors.CaptureAboveHold: Kind(
        422,
        "Capture above hold",
        "Списание больше резерва",
        "Capture at most values.held points; redeem the rest apart from it.",
        "Спишите из резерва не больше values.held баллов; остальное — отдельным списанием.",
    ),
    errors.HoldOfAnotherMember: Kind(
        422,
        "Hold of another member",
        "Резерв другого участника",
        "Send the hold of the member whose receipt this is.",
        "Передайте резерв того участника, чей это чек.",
    ),
    errors.TransfersNotAllowed: Kind(
        403,
        "Transfers not allowed",
        "Переводы запрещены",
        "The operator can allow transfers by a new version of the programme.",
        "Оператор может разрешить переводы новой версией программы.",
    ),
    errors.TransferToSelf: Kind(
        422,
        "Transfer to self",
        "Перевод самому себе",
        "Name two different members.",
        "Укажите двух разных участников.",
    ),
}
