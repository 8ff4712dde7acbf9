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
    "receipt_too_late": Advice(
        "The programme takes receipts for so many days after their date. Ask the operator for an adjustment.",
        "Программа принимает чеки только столько дней после их даты. Обратитесь к оператору за корректировкой.",
    ),
    "insufficient_points": Advice(
        "The member has values.available points. Ask for a quote first.",
        "У участника values.available баллов. Сначала запросите расчёт (quote).",
    ),
    "redemption_above_maximum": Advice(
        "At most values.max_points points may pay for this receipt.",
        "Этот чек можно оплатить не более чем values.max_points баллами.",
    ),
    "redemption_below_minimum": Advice(
        "The programme lets nobody redeem fewer than values.minimum_points points at a time.",
        "Программа не позволяет списывать меньше values.minimum_points баллов за раз.",
    ),
    "redemption_off_step": Advice(
        "Redeem a multiple of values.step_points points.",
        "Списывайте число баллов, кратное values.step_points.",
    ),
    "unknown_redemption": Advice(
        "Only redemptions at your own till can be seen and reversed. Check the id.",
        "Доступны только списания на вашей кассе. Проверьте id.",
    ),
    "duplicate_reference": Advice(
        "It is done: values.existing is its id. For something new, use a new reference.",
        "Операция уже выполнена: её id — в values.existing. Для новой операции возьмите новый номер.",
    ),
    "redemption_reversed": Advice(
        "The points are back with the member. Nothing is left to do.",
        "Баллы уже возвращены участнику. Больше ничего делать не нужно.",
    ),
    "not_a_charity": Advice(
        "Name a partner whose kind is charity; at others, members redeem points.",
        "Укажите партнёра вида charity; у остальных баллы списывают обычным образом.",
    ),
    "unknown_hold": Advice(
        "Only holds of your own can be seen and ended. Check the id.",
        "Доступны только ваши резервы. Проверьте id.",
    ),
    "hold_ended": Advice(
        "Nothing can be taken of it any more, and what was not captured is free. Place a new hold.",
        "Из этого резерва больше ничего не списать, остаток свободен. Создайте новый резерв.",
    ),
    "capture_above_hold": Advice(
        "Capture at most values.held points; redeem the rest apart from it.",
        "Спишите из резерва не больше values.held баллов; остальное — отдельным списанием.",
    ),
    "hold_of_another_member": Advice(
        "Send the hold of the member whose receipt this is.",
        "Передайте резерв того участника, чей это чек.",
    ),
    "unknown_line": Advice(
        "Name lines by the line_id that they had in the purchase.",
        "Указывайте строки по line_id из покупки.",
    ),
    "empty_return": Advice(
        "Name at least one line of the purchase.",
        "Укажите хотя бы одну строку покупки.",
    ),
    "return_exceeds_purchase": Advice(
        "At most values.bought less values.returned can still come back of this line.",
        "По этой строке ещё можно вернуть не больше values.bought минус values.returned.",
    ),
    "negative_refund": Advice(
        "Return the goods together with the rebate that was given for them, not the rebate alone.",
        "Возвращайте скидку вместе с товаром, на который она дана, а не отдельно.",
    ),
    "refund_above_payment": Advice(
        "Return the rebate together with the goods it was for: what goes back cannot exceed what was paid.",
        "Возвращайте скидку вместе с товаром, на который она дана: вернуть можно не больше уплаченного.",
    ),
    "duplicate_return": Advice(
        "The return is recorded: values.existing is its id. Nothing is left to do.",
        "Возврат уже учтён: его id — в values.existing. Больше ничего делать не нужно.",
    ),
    "return_before_purchase": Advice(
        "Check occurred_at, and its offset from UTC; or leave it out, which means now.",
        "Проверьте occurred_at и часовой пояс или не передавайте его: тогда это текущий момент.",
    ),
    "reason_required": Advice(
        "Write down, for whoever looks at the books later, why this is done.",
        "Напишите, почему это делается, — для тех, кто потом будет проверять записи.",
    ),
    "no_points": Advice(
        "Send a number of points other than zero.",
        "Укажите число баллов, отличное от нуля.",
    ),
    "unknown_adjustment": Advice(
        "GET /v1/adjustments lists all of them.",
        "Полный список — GET /v1/adjustments.",
    ),
    "adjustment_decided": Advice(
        "It is decided once. To undo what was posted, post the opposite.",
        "Решение принимается один раз. Чтобы отменить проведённое, проведите обратную корректировку.",
    ),
    "second_operator_required": Advice(
        "Ask another operator, with a key of their own, to approve it.",
        "Попросите подтвердить другого оператора, с его собственным ключом.",
    ),
    "unknown_gift": Advice(
        "GET /v1/gifts lists all of them.",
        "Полный список — GET /v1/gifts.",
    ),
    "gift_decided": Advice(
        "It is decided once; propose another.",
        "Решение принимается один раз; предложите новый подарок.",
    ),
    "transfers_not_allowed": Advice(
        "The operator can allow transfers by a new version of the programme.",
        "Оператор может разрешить переводы новой версией программы.",
    ),
    "transfer_to_self": Advice(
        "Name two different members.",
        "Укажите двух разных участников.",
    ),
    "unknown_lot": Advice(
        "Name an entry that issued points of which some are left.",
        "Укажите запись о начислении, от которой ещё остались баллы.",
    ),
    "not_an_extension": Advice(
        "Name a moment later than values.expires_at, and later than now.",
        "Укажите момент позже values.expires_at и позже текущего.",
    ),
    "unknown_tier": Advice(
        "GET /v1/programme shows which version is in force, and its document the tiers.",
        "GET /v1/programme показывает действующую версию, а её документ — уровни.",
    ),
    "tier_not_for_sale": Advice(
        "The programme sets no such price for this tier: pay by the other means, or reach it by spend.",
        "Программа не задаёт такой цены этого уровня: оплатите иначе или достигните его покупками.",
    ),
    "unknown_rule": Advice(
        "GET /v1/members/{id}/choices shows which rules leave a choice, and for which month.",
        "GET /v1/members/{id}/choices показывает, какие правила дают выбор и на какой месяц.",
    ),
    "invalid_choice": Advice(
        "Pick exactly values.pick of the categories that are named.",
        "Выберите ровно values.pick из перечисленных категорий.",
    ),
    "choice_made": Advice(
        "Categories are picked once a month. Pick those of the next month.",
        "Категории выбирают один раз на месяц. Выберите их на следующий.",
    ),
    "month_not_open": Advice(
        "Categories are picked for this month or the next, by the programme's calendar, as 2026-03.",
        "Категории выбирают на текущий или следующий месяц по календарю программы, например 2026-03.",
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
    "unknown_badge": Advice(
        "A badge is found by its token's number once it has been awarded: in decimal, or in 64 hexadecimal digits.",
        "Значок доступен по номеру токена после первой выдачи: десятичному или из 64 шестнадцатеричных цифр.",
    ),
    "invalid_programme": Advice(
        "values.mistakes names each mistake by its key in the document, and says what it must be.",
        "В values.mistakes указана каждая ошибка: ключ в документе и каким должно быть значение.",
    ),
    "programme_exists": Advice(
        "A programme is created once; its terms change by new versions.",
        "Программа создаётся один раз; условия меняются новыми версиями.",
    ),
    "unknown_programme": Advice(
        "GET /v1/programme lists the versions there are.",
        "Список версий — GET /v1/programme.",
    ),
    "programme_in_past": Advice(
        "Let the version take effect at a moment that is still to come.",
        "Укажите момент вступления в силу, который ещё не наступил.",
    ),
    "programme_overlaps": Advice(
        "Let it take effect after values.effective_from, when the last version does.",
        "Укажите момент после values.effective_from, когда вступает в силу последняя версия.",
    ),
    "currency_fixed": Advice(
        "Keep the currency, values.currency: points were issued in it.",
        "Оставьте валюту values.currency: в ней уже выпущены баллы.",
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
