"""Refusals that concern purchases and returns."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

PURCHASES: dict[type[CoalitionError], Kind] = {
    errors.UnknownPurchase: Kind(
        404,
        "Unknown purchase",
        "Покупка не найдена",
        "Only your own purchases can be read. Check the id.",
        "Доступны только ваши покупки. Проверьте id.",
    ),
    errors.DuplicateReceipt: Kind(
        409,
        "Duplicate receipt",
        "Чек уже учтён",
        "The receipt is recorded: values.purchase is its id. Nothing is left to do.",
        "Чек уже учтён: id покупки — в values.purchase. Больше ничего делать не нужно.",
    ),
    errors.DuplicateLine: Kind(
        422,
        "Duplicate line",
        "Повторяющаяся строка чека",
        "Give each line of a receipt its own line_id.",
        "У каждой строки чека должен быть свой line_id.",
    ),
    errors.TooManyLines: Kind(
        422,
        "Too many lines",
        "Слишком много строк в чеке",
        "A receipt has at most 10000 lines.",
        "В чеке не больше 10000 строк.",
    ),
    errors.NegativeReceipt: Kind(
        422,
        "Negative receipt",
        "Отрицательная сумма чека",
        "Rebates may not exceed the prices of a receipt.",
        "Скидки не могут превышать сумму чека.",
    ),
    errors.UnknownStore: Kind(
        422,
        "Unknown store",
        "Магазин не найден",
        "Send a store_id that the operator has named for you, or none.",
        "Отправьте store_id из списка, заданного оператором, или не отправляйте его.",
    ),
    errors.WrongCurrency: Kind(
        422,
        "Wrong currency",
        "Другая валюта",
        "Send the receipt in the currency of the programme: values.expected.",
        "Передайте чек в валюте программы: values.expected.",
    ),
    errors.ReceiptFromFuture: Kind(
        422,
        "Receipt from the future",
        "Чек из будущего",
        "The till's clock is ahead, or its offset from UTC is wrong. Five minutes are forgiven.",
        "Часы кассы спешат или неверно указан часовой пояс. Допускается расхождение до пяти минут.",
    ),
    errors.ReceiptTooLate: Kind(
        422,
        "Receipt too late",
        "Чек пришёл слишком поздно",
        "The programme takes receipts for so many days after their date. Ask the operator for an adjustment.",
        "Программа принимает чеки только столько дней после их даты. Обратитесь к оператору за корректировкой.",
    ),
    errors.UnknownLine: Kind(
        422,
        "Unknown line",
        "Строка чека не найдена",
        "Name lines by the line_id that they had in the purchase.",
        "Указывайте строки по line_id из покупки.",
    ),
    errors.EmptyReturn: Kind(
        422,
        "Empty return",
        "Пустой возврат",
        "Name at least one line of the purchase.",
        "Укажите хотя бы одну строку покупки.",
    ),
    errors.ReturnExceedsPurchase: Kind(
        409,
        "Return exceeds purchase",
        "Возврат больше покупки",
        "At most values.bought less values.returned can still come back of this line.",
        "По этой строке ещё можно вернуть не больше values.bought минус values.returned.",
    ),
    errors.NegativeRefund: Kind(
        422,
        "Negative refund",
        "Отрицательная сумма возврата",
        "Return the goods together with the rebate that was given for them, not the rebate alone.",
        "Возвращайте скидку вместе с товаром, на который она дана, а не отдельно.",
    ),
    errors.RefundAbovePayment: Kind(
        409,
        "Refund above payment",
        "Возврат больше оплаты",
        "Return the rebate together with the goods it was for: what goes back cannot exceed what was paid.",
        "Возвращайте скидку вместе с товаром, на который она дана: вернуть можно не больше уплаченного.",
    ),
    errors.DuplicateReturn: Kind(
        409,
        "Duplicate return",
        "Возврат уже учтён",
        "The return is recorded: values.existing is its id. Nothing is left to do.",
        "Возврат уже учтён: его id — в values.existing. Больше ничего делать не нужно.",
    ),
    errors.ReturnBeforePurchase: Kind(
        422,
        "Return before purchase",
        "Возврат раньше покупки",
        "Check occurred_at, and its offset from UTC; or leave it out, which means now.",
        "Проверьте occurred_at и часовой пояс или не передавайте его: тогда это текущий момент.",
    ),
}
