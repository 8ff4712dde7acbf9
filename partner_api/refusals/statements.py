"""Refusals that concern statements, disputes and payments."""

from coalition import errors
from coalition.errors import CoalitionError
from coalition.papers import errors as papers
from coalition.payments import errors as payments
from partner_api.refusals.kind import Kind

STATEMENTS: dict[type[CoalitionError], Kind] = {
    errors.UnknownStatement: Kind(
        404,
        "Unknown statement",
        "Акт сверки не найден",
        "Only your own statements can be read and answered. GET /v1/statements lists them.",
        "Доступны только ваши акты. Их список — GET /v1/statements.",
    ),
    errors.UnknownStatementLine: Kind(
        422,
        "Unknown statement line",
        "Строка акта не найдена",
        "Name the line by its id in entries.csv or entries.json of this statement.",
        "Укажите строку по её id из entries.csv или entries.json этого акта.",
    ),
    errors.StatementConcluded: Kind(
        409,
        "Statement concluded",
        "По акту уже есть решение",
        "An acknowledged statement is not disputed any more, and a disputed one waits for its answer.",
        "Подтверждённый акт больше не оспаривают, а на оспоренный нужно дождаться ответа.",
    ),
    papers.UnreadableStatement: Kind(
        422,
        "Unreadable statement",
        "Акт не читается",
        "Use the file as it was downloaded: a spreadsheet program may have rewritten it.",
        "Используйте файл в том виде, в котором он скачан: редактор таблиц мог его изменить.",
    ),
    errors.WrongRoot: Kind(
        409,
        "Wrong root",
        "Другой корень акта",
        "You recomputed another statement: download entries.json, compute its root and compare.",
        "Вы пересчитали другой акт: скачайте entries.json, вычислите его корень и сравните.",
    ),
    errors.WrongSigner: Kind(
        403,
        "Wrong signer",
        "Подписано другим ключом",
        "Sign with the key of the address values.expected, and exactly this statement or payment.",
        "Подпишите ключом с адресом values.expected, и именно этот акт или платёж.",
    ),
    errors.NoSigningKey: Kind(
        409,
        "No signing key",
        "Нет ключа для подписи",
        "Tell the operator the address of your key, or send no signature.",
        "Сообщите оператору адрес вашего ключа или не передавайте подпись.",
    ),
    errors.DisputeTooLate: Kind(
        409,
        "Dispute too late",
        "Срок для возражений истёк",
        "It counts as accepted since values.until. Ask the operator for a correction in the next period.",
        "С values.until акт считается принятым. Попросите оператора об исправлении в следующем периоде.",
    ),
    errors.UnknownDispute: Kind(
        404,
        "Unknown dispute",
        "Возражение не найдено",
        "GET /v1/disputes lists all of them.",
        "Полный список — GET /v1/disputes.",
    ),
    errors.DisputeAnswered: Kind(
        409,
        "Dispute answered",
        "На возражение уже дан ответ",
        "It is answered once. What is still wrong can be corrected by POST /v1/corrections.",
        "Ответ даётся один раз. Оставшуюся ошибку можно исправить через POST /v1/corrections.",
    ),
    errors.InvalidCorrection: Kind(
        422,
        "Invalid correction",
        "Неверное исправление",
        "Name two different parties, an amount above zero, a currency and a reason.",
        "Укажите две разные стороны, сумму больше нуля, валюту и причину.",
    ),
    errors.UnknownPayment: Kind(
        404,
        "Unknown payment",
        "Платёж не найден",
        "Only payments to you can be confirmed. GET /v1/payments lists them once a period is settled.",
        "Подтвердить можно только платёж вам. Список — GET /v1/payments, когда период рассчитан.",
    ),
    errors.NoBankDetails: Kind(
        404,
        "No bank details",
        "Нет банковских реквизитов",
        "The operator gives them by PUT /v1/partners/{id}/bank-details.",
        "Оператор задаёт их через PUT /v1/partners/{id}/bank-details.",
    ),
    payments.InvalidBankDetails: Kind(
        422,
        "Invalid bank details",
        "Неверные банковские реквизиты",
        "values.mistakes names each field that is wrong, and says what it must be.",
        "В values.mistakes указано каждое неверное поле и каким оно должно быть.",
    ),
    payments.BankDetailsUnfit: Kind(
        409,
        "Bank details unfit",
        "Реквизиты не подходят для файла",
        "Choose the other format of payment file, or complete the details as the detail says.",
        "Выберите другой формат платёжного файла или дополните реквизиты: чего не хватает, сказано в detail.",
    ),
    payments.InvalidPaymentOrder: Kind(
        422,
        "Invalid payment order",
        "Неверное платёжное поручение",
        "The detail says what cannot be paid so.",
        "В detail указано, почему такой платёж невозможен.",
    ),
    payments.InvalidPaymentFile: Kind(
        422,
        "Invalid payment file",
        "Платёжный файл невозможен",
        "The detail says why; a file has at least one payment, all of one kind.",
        "Причина указана в detail; в файле есть хотя бы один платёж, и все они одного вида.",
    ),
}
