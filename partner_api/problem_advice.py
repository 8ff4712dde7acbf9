"""What to do about each problem, in both languages: the text of the page that its ``type`` leads to."""

from typing import NamedTuple

from partner_api.act_problems import ACT_PROBLEMS


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
        "Send Authorization: Bearer with a key that was not revoked, or sign in anew. What is mistyped is refused.",
        "Передайте Authorization: Bearer с действующим ключом или войдите заново. Ключ с опечаткой отклоняется сразу.",
    ),
    "forbidden": Advice(
        "This call is for another role: tills use partner keys, administration operator keys, members their sessions.",
        "Вызов для другой роли: кассам — ключ партнёра, управлению — ключ оператора, участникам — их сеанс.",
    ),
    "too_many_codes": Advice(
        "Wait for Retry-After seconds. Until then the newest code that came is good, if not older than five minutes.",
        "Подождите Retry-After секунд. До тех пор годится последний полученный код, если ему меньше пяти минут.",
    ),
    "wrong_code": Advice(
        "Use the code of the newest message. It can be tried five times in five minutes; after that ask for another.",
        "Возьмите код из последнего сообщения. Он действует пять минут, попыток пять; затем запросите новый.",
    ),
    "sms_not_configured": Advice(
        "The operator sets COALITION_SMS: to what makes their gateway, or, to try things out, to log.",
        "Оператор задаёт COALITION_SMS: что создаёт его SMS-шлюз или, чтобы попробовать, log.",
    ),
    "invalid_time_zone": Advice(
        "Name the zone as the IANA database does, such as Europe/Moscow.",
        "Укажите часовой пояс по базе IANA, например Europe/Moscow.",
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
    "unknown_grant_review": Advice(
        "GET /v1/grant-reviews lists the grants that wait; a grant that nothing speaks against does not.",
        "Список ожидающих наград — GET /v1/grant-reviews; награда, к которой нет вопросов, в него не попадает.",
    ),
    "already_decided": Advice(
        "Look at the review: values.state says what became of the grant. A decision is final.",
        "Посмотрите проверку: что стало с наградой, сказано в values.state. Решение окончательное.",
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
    "invalid_pack": Advice(
        "Buy at least one point, at a price of zero or more; the detail says what was wrong.",
        "Покупайте не менее одного балла по цене не ниже нуля; причина отказа указана в detail.",
    ),
    "pack_too_small": Advice(
        "Enter a pack of at least values.outstanding less values.bought points, then switch.",
        "Внесите пакет не меньше разницы values.outstanding и values.bought, затем переключите партнёра.",
    ),
    "invalid_offboarding": Advice(
        "Name a last day from today on, and a deposit of zero or more. The operator itself does not leave.",
        "Укажите последний день не раньше сегодняшнего и депозит не ниже нуля. Сам оператор выйти не может.",
    ),
    "partner_leaving": Advice(
        "It neither buys points nor is reinstated, and its points live no longer. To return it joins anew.",
        "Он не покупает баллы и не возобновляется, срок его баллов не продлевается. Вернуться можно новым партнёром.",
    ),
    "partner_not_leaving": Advice(
        "POST to the same address has the partner leave.",
        "Чтобы оформить выход партнёра, отправьте POST на тот же адрес.",
    ),
    "unknown_store": Advice(
        "Send a store_id that the operator has named for you, or none.",
        "Отправьте store_id из списка, заданного оператором, или не отправляйте его.",
    ),
    "invalid_rate_card": Advice(
        "values.mistakes names each mistake by its key in the document, and says what it must be.",
        "В values.mistakes указана каждая ошибка: ключ в документе и каким должно быть значение.",
    ),
    "rate_card_in_past": Advice(
        "Let the card take effect later than now, and than the last closed period ends.",
        "Укажите момент позже текущего и позже конца последнего закрытого периода.",
    ),
    "rate_card_overlaps": Advice(
        "Let it take effect after values.effective_from, when the last card does.",
        "Укажите момент после values.effective_from, когда вступает в силу последний тариф.",
    ),
    "funding_fixed": Advice(
        "Keep the funding, values.funding: points were issued under it.",
        "Оставьте способ финансирования values.funding: по нему уже выпущены баллы.",
    ),
    "no_exchange_rate": Advice(
        "Give the rate by PUT /v1/exchange-rates, for that day or one before it, then close again.",
        "Задайте курс через PUT /v1/exchange-rates на этот день или раньше и закройте период снова.",
    ),
    "invalid_exchange_rate": Advice(
        "A rate is above zero, between two currencies, and given once for a day that is not closed yet.",
        "Курс больше нуля, связывает две валюты и задаётся один раз на день, который ещё не закрыт.",
    ),
    "unknown_period": Advice(
        "GET /v1/settlements lists the closed periods. They are known by name, as 2026-03, by number and by id.",
        "Закрытые периоды — GET /v1/settlements. Период узнают по имени, например 2026-03, номеру или id.",
    ),
    "period_closed": Advice(
        "Nothing is left to do: values.id is the closed period.",
        "Ничего делать не нужно: закрытый период — values.id.",
    ),
    "period_not_over": Advice(
        "Close it after values.ends_at.",
        "Закройте период после values.ends_at.",
    ),
    "period_out_of_order": Advice(
        "Close the period that begins on values.expected: each begins where the one before ends.",
        "Закройте период с values.expected: каждый начинается там, где закончился предыдущий.",
    ),
    "entries_not_final": Advice(
        "Wait until the chain has confirmed them for good, then close again; GET /v1/ledger/status has the backlog.",
        "Дождитесь окончательного подтверждения в реестре и повторите; отставание — GET /v1/ledger/status.",
    ),
    "period_not_settled": Advice(
        "Wait until every statement is acknowledged, or the time for disputes is over.",
        "Дождитесь, пока все акты будут подтверждены или истечёт срок для возражений.",
    ),
    "unknown_statement": Advice(
        "Only your own statements can be read and answered. GET /v1/statements lists them.",
        "Доступны только ваши акты. Их список — GET /v1/statements.",
    ),
    "unknown_statement_line": Advice(
        "Name the line by its id in entries.csv or entries.json of this statement.",
        "Укажите строку по её id из entries.csv или entries.json этого акта.",
    ),
    "statement_concluded": Advice(
        "An acknowledged statement is not disputed any more, and a disputed one waits for its answer.",
        "Подтверждённый акт больше не оспаривают, а на оспоренный нужно дождаться ответа.",
    ),
    "wrong_root": Advice(
        "You recomputed another statement: download entries.json, compute its root and compare.",
        "Вы пересчитали другой акт: скачайте entries.json, вычислите его корень и сравните.",
    ),
    "wrong_signer": Advice(
        "Sign with the key of the address values.expected, and exactly this statement or payment.",
        "Подпишите ключом с адресом values.expected, и именно этот акт или платёж.",
    ),
    "no_signing_key": Advice(
        "Tell the operator the address of your key, or send no signature.",
        "Сообщите оператору адрес вашего ключа или не передавайте подпись.",
    ),
    "dispute_too_late": Advice(
        "It counts as accepted since values.until. Ask the operator for a correction in the next period.",
        "С values.until акт считается принятым. Попросите оператора об исправлении в следующем периоде.",
    ),
    "unknown_dispute": Advice(
        "GET /v1/disputes lists all of them.",
        "Полный список — GET /v1/disputes.",
    ),
    "dispute_answered": Advice(
        "It is answered once. What is still wrong can be corrected by POST /v1/corrections.",
        "Ответ даётся один раз. Оставшуюся ошибку можно исправить через POST /v1/corrections.",
    ),
    "invalid_correction": Advice(
        "Name two different parties, an amount above zero, a currency and a reason.",
        "Укажите две разные стороны, сумму больше нуля, валюту и причину.",
    ),
    "unknown_payment": Advice(
        "Only payments to you can be confirmed. GET /v1/payments lists them once a period is settled.",
        "Подтвердить можно только платёж вам. Список — GET /v1/payments, когда период рассчитан.",
    ),
    "no_bank_details": Advice(
        "The operator gives them by PUT /v1/partners/{id}/bank-details.",
        "Оператор задаёт их через PUT /v1/partners/{id}/bank-details.",
    ),
    "invalid_bank_details": Advice(
        "values.mistakes names each field that is wrong, and says what it must be.",
        "В values.mistakes указано каждое неверное поле и каким оно должно быть.",
    ),
    "bank_details_unfit": Advice(
        "Choose the other format of payment file, or complete the details as the detail says.",
        "Выберите другой формат платёжного файла или дополните реквизиты: чего не хватает, сказано в detail.",
    ),
    "invalid_payment_order": Advice(
        "The detail says what cannot be paid so.",
        "В detail указано, почему такой платёж невозможен.",
    ),
    "invalid_payment_file": Advice(
        "The detail says why; a file has at least one payment, all of one kind.",
        "Причина указана в detail; в файле есть хотя бы один платёж, и все они одного вида.",
    ),
    "unreadable_statement": Advice(
        "Use the file as it was downloaded: a spreadsheet program may have rewritten it.",
        "Используйте файл в том виде, в котором он скачан: редактор таблиц мог его изменить.",
    ),
    "invalid_reward_code": Advice(
        "Read the code again: letters and digits in three groups of four, never 0, O, 1, I, L or U.",
        "Прочитайте код ещё раз: три группы по четыре знака, среди них нет 0, O, 1, I, L и U.",
    ),
    "unknown_reward": Advice(
        "Check the code or the id; a member's rewards are at GET /v1/members/{id}/rewards.",
        "Проверьте код или id; награды участника: GET /v1/members/{id}/rewards.",
    ),
    "reward_not_honoured": Advice(
        "Send the member to the partner that values.partner names; the reward is still theirs.",
        "Направьте участника к партнёру из values.partner; награда остаётся за участником.",
    ),
    "reward_claimed": Advice(
        "It can be claimed once. If your till asked twice, repeat the first request with its Idempotency-Key.",
        "Использовать награду можно один раз. Если касса спросила дважды, повторите запрос с тем же Idempotency-Key.",
    ),
    "reward_expired": Advice(
        "The last day of the reward is over; it cannot be claimed any more.",
        "Последний день награды прошёл, использовать её больше нельзя.",
    ),
    "reward_revoked": Advice(
        "The purchase that had earned it came back. The same can be earned again.",
        "Покупка, за которую её дали, возвращена. Награду можно заслужить снова.",
    ),
    "unknown_grant": Advice(
        "Take the grant's id from GET /v1/members/{id}/achievements, of the same member.",
        "Возьмите id из GET /v1/members/{id}/achievements того же участника.",
    ),
    "no_credential": Advice(
        "Badges are of what stands: wait until a held grant is given; one that was revoked has none.",
        "Значок есть только у действующего достижения: дождитесь выдачи; у отозванного значка нет.",
    ),
    "no_email_address": Advice(
        "Take the badge out without identity=email, or have the member enter an address.",
        "Запросите значок без identity=email, или пусть участник укажет адрес.",
    ),
    "unknown_open_badge": Advice(
        "Use the addresses that the badge itself gives.",
        "Используйте адреса, которые указаны в самом значке.",
    ),
    "unknown_icon": Advice(
        "Use a name of the icon set Lucide, such as trophy.",
        "Используйте имя из набора Lucide, например trophy.",
    ),
    "unknown_event_schema": Advice(
        "Schemas are published of what we send, such as achievement.granted.",
        "Опубликованы схемы исходящих событий, например achievement.granted.",
    ),
    "invalid_period": Advice(
        "Name a month as 2026-03, a year as 2026, or days as 2026-03-01..2026-03-15, both included.",
        "Укажите месяц (2026-03), год (2026) или дни (2026-03-01..2026-03-15, оба включительно).",
    ),
    "unknown_leaderboard": Advice(
        "GET /v1/leaderboards lists all of them.",
        "Полный список — GET /v1/leaderboards.",
    ),
    "unknown_leaderboard_period": Advice(
        "Name it as GET /v1/leaderboards does, such as 2026-W10 for a week; without it, the present one is shown.",
        "Укажите период так же, как GET /v1/leaderboards, например 2026-W10 для недели; без него — текущий период.",
    ),
    "leaderboard_over": Advice(
        "Its places stay to be seen. GET /v1/leaderboards says until when each of the others runs.",
        "Места в нём по-прежнему видны. До какого дня идут другие рейтинги, указано в GET /v1/leaderboards.",
    ),
    "invalid_nickname": Advice(
        "The detail says what is wrong. Choose 3 to 24 letters, digits, spaces, _ and -; others will see it.",
        "Причина указана в detail. Выберите от 3 до 24 букв, цифр, пробелов, _ и -; псевдоним увидят другие.",
    ),
    "nickname_taken": Advice(
        "Choose another one. Case, accents, separators and letters that look alike make no difference.",
        "Выберите другой. Регистр, диакритика, разделители и похожие буквы не делают псевдоним другим.",
    ),
    "already_on_leaderboard": Advice(
        "One nickname on each leaderboard. To take another one, leave by DELETE, then join again.",
        "Один псевдоним на рейтинг. Чтобы сменить его, выйдите через DELETE и вступите снова.",
    ),
    "not_on_leaderboard": Advice(
        "Members are on a leaderboard only if they want to: POST .../entry with a nickname.",
        "В рейтинге только те, кто этого хочет: POST .../entry с псевдонимом.",
    ),
    "unknown_draw": Advice(
        "GET /v1/draws lists all of them.",
        "Полный список — GET /v1/draws.",
    ),
    "tickets_not_published": Advice(
        "Ask again after the day on which the draw closes; GET /v1/draws/{id} says which day that is.",
        "Повторите запрос после дня закрытия; этот день указан в GET /v1/draws/{id}.",
    ),
    "draw_not_open": Advice(
        "What a closed draw is drawn by cannot change any more. Publish another draw under another id.",
        "После закрытия условия розыгрыша не меняются. Опубликуйте другой розыгрыш с другим id.",
    ),
    "draw_not_over": Advice(
        "Close it on the day after, or publish an earlier last day.",
        "Закройте его на следующий день или опубликуйте более ранний последний день.",
    ),
    "wrong_draw_state": Advice(
        "Close a draw, then commit to it, then reveal. coalition draw list says how far each is.",
        "Порядок: close, затем commit, затем reveal. Этап каждого розыгрыша показывает coalition draw list.",
    ),
    "draw_without_tickets": Advice(
        "Nothing is left to do: nobody has taken part.",
        "Делать ничего не нужно: никто не участвовал.",
    ),
    "invalid_ticket_list": Advice(
        "Take the file that GET /v1/draws/{id}/tickets.json gives, unchanged.",
        "Возьмите файл из GET /v1/draws/{id}/tickets.json без изменений.",
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
    **{refusal.code: Advice(*each[3:]) for refusal, each in ACT_PROBLEMS.items()},
}
