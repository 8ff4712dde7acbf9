"""Refusals that concern what is wrong with a call itself, whatever it asks for."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api import errors as http
from partner_api.refusals.kind import Kind

CALLS: dict[type[CoalitionError], Kind] = {
    http.BadRequest: Kind(
        400,
        "Bad request",
        "Неверный запрос",
        "The request is not HTTP as we understand it. Compare it with an example of your client library.",
        "Запрос не соответствует HTTP. Сравните его с примером для вашей библиотеки.",
    ),
    http.MalformedJson: Kind(
        400,
        "Malformed JSON",
        "Некорректный JSON",
        "Send JSON in UTF-8. The detail says where reading stopped.",
        "Передавайте JSON в UTF-8. В detail указано место ошибки.",
    ),
    http.ValidationFailed: Kind(
        422,
        "Validation failed",
        "Запрос не прошёл проверку",
        "Each entry of errors points at a field and says what it must be. Unknown fields are refused, too.",
        "Каждый элемент errors указывает на поле и объясняет, каким оно должно быть. Неизвестные поля не принимаются.",
    ),
    http.UnsupportedMediaType: Kind(
        415,
        "Unsupported media type",
        "Неподдерживаемый тип содержимого",
        "Send Content-Type: application/json.",
        "Укажите Content-Type: application/json.",
    ),
    http.NotFound: Kind(
        404,
        "Not found",
        "Не найдено",
        "Check the address; /docs lists all of them.",
        "Проверьте адрес; полный список — на странице /docs.",
    ),
    http.MethodNotAllowed: Kind(
        405,
        "Method not allowed",
        "Метод не поддерживается",
        "Use one of the methods that the Allow header names.",
        "Используйте один из методов, перечисленных в заголовке Allow.",
    ),
    http.BodyTooLarge: Kind(
        413,
        "Body too large",
        "Слишком большое тело запроса",
        "Send less at once; 8 MiB is the most.",
        "Отправляйте меньше данных за раз: предел — 8 МиБ.",
    ),
    http.InternalError: Kind(
        500,
        "Internal error",
        "Внутренняя ошибка",
        "Our fault. Send the request again with the same Idempotency-Key; if it fails again, tell us its request id.",
        "Ошибка на нашей стороне. Повторите запрос с тем же Idempotency-Key или сообщите нам его номер.",
    ),
    http.TemporarilyUnavailable: Kind(
        503,
        "Temporarily unavailable",
        "Временно недоступно",
        "Wait for Retry-After seconds and send the same request with the same Idempotency-Key.",
        "Подождите Retry-After секунд и повторите запрос с тем же Idempotency-Key.",
    ),
    errors.IdempotencyKeyRequired: Kind(
        400,
        "Idempotency-Key required",
        "Нужен Idempotency-Key",
        "Make up a random text for every new request, such as a UUID, and keep it when you repeat the request.",
        "Для каждого нового запроса придумайте случайную строку, например UUID, и сохраняйте её при повторе.",
    ),
    errors.IdempotencyKeyReused: Kind(
        422,
        "Idempotency-Key reused",
        "Idempotency-Key уже использован",
        "The key belongs to another request of the last 30 days. Use a new key for what is a new request.",
        "Этот ключ уже принадлежит другому запросу за последние 30 дней. Для нового запроса возьмите новый ключ.",
    ),
    errors.IdempotencyKeyInFlight: Kind(
        409,
        "First request still running",
        "Первый запрос ещё выполняется",
        "Wait for Retry-After seconds and send the same request again: its answer will be there.",
        "Подождите Retry-After секунд и повторите тот же запрос: ответ уже будет готов.",
    ),
    errors.InvalidCursor: Kind(
        422,
        "Invalid cursor",
        "Неверный курсор",
        "Send next_cursor of the page before, unchanged, to the list that gave it; or begin without a cursor.",
        "Передайте next_cursor предыдущей страницы без изменений тому же списку или начните без курсора.",
    ),
    errors.InvalidPeriod: Kind(
        422,
        "Invalid period",
        "Неверный период",
        "Name a month as 2026-03, a year as 2026, or days as 2026-03-01..2026-03-15, both included.",
        "Укажите месяц (2026-03), год (2026) или дни (2026-03-01..2026-03-15, оба включительно).",
    ),
    errors.InvalidSetting: Kind(
        503,
        "Invalid setting",
        "Неверная настройка",
        "Correct the environment variable that is named.",
        "Исправьте указанную переменную окружения.",
    ),
    errors.OlderSchema: Kind(
        503,
        "Older database schema",
        "База данных старее программы",
        "Run coalition init: it brings the database up to date and changes nothing else.",
        "Выполните coalition init: команда обновит базу данных и больше ничего не изменит.",
    ),
    errors.NewerSchema: Kind(
        503,
        "Newer database schema",
        "База данных новее программы",
        "Upgrade this installation to the version that the database was made with.",
        "Обновите установку до версии, с которой создана база данных.",
    ),
}
