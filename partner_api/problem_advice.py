"""What to do about each problem, in both languages: the text of the page that its ``type`` leads to."""

from typing import NamedTuple


class Advice(NamedTuple):
    en: str
    ru: str


ADVICE: dict[str, Advice] = {
    "bad_request": Advice(
        "The request is not HTTP as we understand it. Compare it with an example of your client library.",
        "Запрос не соответствует HTTP. Сравните его с примером для вашей библиотеки.",
    ),
    "malformed_json": Advice(
        "Send JSON in UTF-8. The detail says where reading stopped.",
        "Передавайте JSON в UTF-8. В detail указано место ошибки.",
    ),
    "validation_failed": Advice(
        "Each entry of errors points at a field and says what it must be. Unknown fields are refused, too.",
        "Каждый элемент errors указывает на поле и объясняет, каким оно должно быть. Неизвестные поля не принимаются.",
    ),
    "unsupported_media_type": Advice(
        "Send Content-Type: application/json.",
        "Укажите Content-Type: application/json.",
    ),
    "not_found": Advice(
        "Check the address; /docs lists all of them.",
        "Проверьте адрес; полный список — на странице /docs.",
    ),
    "method_not_allowed": Advice(
        "Use one of the methods that the Allow header names.",
        "Используйте один из методов, перечисленных в заголовке Allow.",
    ),
    "body_too_large": Advice(
        "Send less at once; 8 MiB is the most.",
        "Отправляйте меньше данных за раз: предел — 8 МиБ.",
    ),
    "internal_error": Advice(
        "Our fault. Send the request again with the same Idempotency-Key; if it fails again, tell us its request id.",
        "Ошибка на нашей стороне. Повторите запрос с тем же Idempotency-Key или сообщите нам его номер.",
    ),
    "temporarily_unavailable": Advice(
        "Wait for Retry-After seconds and send the same request with the same Idempotency-Key.",
        "Подождите Retry-After секунд и повторите запрос с тем же Idempotency-Key.",
    ),
    "unauthenticated": Advice(
        "Send Authorization: Bearer with a key that was not revoked. A mistyped key is refused unseen.",
        "Передайте Authorization: Bearer с действующим ключом. Ключ с опечаткой отклоняется сразу.",
    ),
    "forbidden": Advice(
        "This call is for keys of another role: tills use partner keys, administration uses operator keys.",
        "Для этого вызова нужен ключ другой роли: кассам — ключ партнёра, управлению — ключ оператора.",
    ),
    "idempotency_key_required": Advice(
        "Make up a random text for every new request, such as a UUID, and keep it when you repeat the request.",
        "Для каждого нового запроса придумайте случайную строку, например UUID, и сохраняйте её при повторе.",
    ),
    "idempotency_key_reused": Advice(
        "The key belongs to another request of the last 30 days. Use a new key for what is a new request.",
        "Этот ключ уже принадлежит другому запросу за последние 30 дней. Для нового запроса возьмите новый ключ.",
    ),
    "idempotency_key_in_flight": Advice(
        "Wait for Retry-After seconds and send the same request again: its answer will be there.",
        "Подождите Retry-After секунд и повторите тот же запрос: ответ уже будет готов.",
    ),
    "invalid_cursor": Advice(
        "Send next_cursor of the page before, unchanged, to the list that gave it; or begin without a cursor.",
        "Передайте next_cursor предыдущей страницы без изменений тому же списку или начните без курсора.",
    ),
    "unknown_member": Advice(
        "Find the member by phone or card number first, and use the id.",
        "Сначала найдите участника по телефону или номеру карты и используйте его id.",
    ),
    "member_exists": Advice(
        "The person is a member already: values.member is the id.",
        "Человек уже участник: его id — в values.member.",
    ),
    "invalid_phone": Advice(
        "Write the number as one dials it from abroad, beginning with + and the country.",
        "Запишите номер в международном формате, начиная с + и кода страны.",
    ),
    "unknown_referral_code": Advice(
        "Check the code with the person who gave it, or enrol without one.",
        "Уточните код у пригласившего или зарегистрируйте участника без кода.",
    ),
    "unknown_partner": Advice(
        "Use the id that GET /v1/partners shows.",
        "Используйте id из GET /v1/partners.",
    ),
    "partner_exists": Advice(
        "Names of partners are unique; choose another.",
        "Названия партнёров не повторяются; выберите другое.",
    ),
    "invalid_partner": Advice(
        "The detail says which term is impossible; a limit cannot be below what is outstanding already.",
        "В detail указано недопустимое условие; лимит не может быть ниже уже выпущенных баллов.",
    ),
    "partner_suspended": Advice(
        "A suspended partner can read, but neither issue nor redeem points. Ask the operator.",
        "Приостановленный партнёр может читать данные, но не начислять и не списывать баллы. Обратитесь к оператору.",
    ),
    "issuer_limit_exceeded": Advice(
        "The partner has as many points outstanding as it may. Ask the operator for a higher limit.",
        "Партнёр исчерпал лимит выпущенных баллов. Попросите оператора повысить лимит.",
    ),
    "unknown_key": Advice(
        "Use the id that the key had when it was issued.",
        "Используйте id, полученный при выпуске ключа.",
    ),
    "unknown_purchase": Advice(
        "Only your own purchases can be read. Check the id.",
        "Доступны только ваши покупки. Проверьте id.",
    ),
    "duplicate_receipt": Advice(
        "The receipt is recorded: values.purchase is its id. Nothing is left to do.",
        "Чек уже учтён: id покупки — в values.purchase. Больше ничего делать не нужно.",
    ),
    "duplicate_line": Advice(
        "Give each line of a receipt its own line_id.",
        "У каждой строки чека должен быть свой line_id.",
    ),
    "too_many_lines": Advice(
        "A receipt has at most 10000 lines.",
        "В чеке не больше 10000 строк.",
    ),
    "negative_receipt": Advice(
        "Rebates may not exceed the prices of a receipt.",
        "Скидки не могут превышать сумму чека.",
    ),
    "wrong_currency": Advice(
        "Send the receipt in the currency of the programme: values.expected.",
        "Передайте чек в валюте программы: values.expected.",
    ),
    "receipt_from_future": Advice(
        "The till's clock is ahead, or its offset from UTC is wrong. Five minutes are forgiven.",
        "Часы кассы спешат или неверно указан часовой пояс. Допускается расхождение до пяти минут.",
    ),
    "insufficient_points": Advice(
        "The member has values.available points. Ask for a quote first.",
        "У участника values.available баллов. Сначала запросите расчёт (quote).",
    ),
    "redemption_above_maximum": Advice(
        "At most values.max_points points may pay for this receipt.",
        "Этот чек можно оплатить не более чем values.max_points баллами.",
    ),
    "unknown_entry": Advice(
        "Only entries that you took part in, as issuer or at your till, can be proved to you.",
        "Доступны только записи, в которых вы участвовали как эмитент или касса.",
    ),
    "unknown_batch": Advice(
        "GET /v1/ledger/status shows the next sequence; batches are numbered from 1.",
        "GET /v1/ledger/status показывает следующий номер; пакеты нумеруются с 1.",
    ),
    "entry_not_recorded": Advice(
        "The points count already; the proof comes with the chain's confirmation. Ask again later.",
        "Баллы уже действуют; доказательство появится после подтверждения в реестре. Повторите позже.",
    ),
    "invalid_programme": Advice(
        "The detail names the term of the programme and what it must be.",
        "В detail указано условие программы и каким оно должно быть.",
    ),
    "programme_exists": Advice(
        "A programme is created once; its terms change by new versions.",
        "Программа создаётся один раз; условия меняются новыми версиями.",
    ),
    "unknown_store": Advice(
        "Send a store_id that the operator has named for you, or none.",
        "Отправьте store_id из списка, заданного оператором, или не отправляйте его.",
    ),
    "invalid_period": Advice(
        "Name the first day of the period, and the day after its last.",
        "Укажите первый день периода и день, следующий за последним.",
    ),
    "invalid_setting": Advice(
        "Correct the environment variable that is named.",
        "Исправьте указанную переменную окружения.",
    ),
    "older_schema": Advice(
        "Run coalition init: it brings the database up to date and changes nothing else.",
        "Выполните coalition init: команда обновит базу данных и больше ничего не изменит.",
    ),
    "newer_schema": Advice(
        "Upgrade this installation to the version that the database was made with.",
        "Обновите установку до версии, с которой создана база данных.",
    ),
}
