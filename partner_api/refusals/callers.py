"""Refusals that concern who calls."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

CALLERS: dict[type[CoalitionError], Kind] = {
    errors.Unauthenticated: Kind(
        401,
        "Not authenticated",
        "Ключ не распознан",
        "Send Authorization: Bearer with a key that was not revoked, or sign in anew. What is mistyped is refused.",
        "Передайте Authorization: Bearer с действующим ключом или войдите заново. Ключ с опечаткой отклоняется сразу.",
    ),
    errors.TooManyCodes: Kind(
        429,
        "Too many codes",
        "Слишком много кодов",
        "Wait for Retry-After seconds. Until then the newest code that came is good, if not older than five minutes.",
        "Подождите Retry-After секунд. До тех пор годится последний полученный код, если ему меньше пяти минут.",
    ),
    errors.WrongCode: Kind(
        422,
        "Wrong code",
        "Неверный код",
        "Use the code of the newest message. It can be tried five times in five minutes; after that ask for another.",
        "Возьмите код из последнего сообщения. Он действует пять минут, попыток пять; затем запросите новый.",
    ),
    errors.SmsNotConfigured: Kind(
        503,
        "SMS not configured",
        "Отправка SMS не настроена",
        "The operator sets COALITION_SMS: to what makes their gateway, or, to try things out, to log.",
        "Оператор задаёт COALITION_SMS: что создаёт его SMS-шлюз или, чтобы попробовать, log.",
    ),
    errors.Forbidden: Kind(
        403,
        "Forbidden",
        "Доступ запрещён",
        "This call is for another role: tills use partner keys, administration operator keys, members their sessions.",
        "Вызов для другой роли: кассам — ключ партнёра, управлению — ключ оператора, участникам — их сеанс.",
    ),
    errors.UnknownKey: Kind(
        404,
        "Unknown key",
        "Ключ не найден",
        "Use the id that the key had when it was issued.",
        "Используйте id, полученный при выпуске ключа.",
    ),
}
