"""Refusals as problem documents (RFC 9457): one table says what HTTP makes of each, and how it is called."""

from typing import Any, Literal, NamedTuple

import orjson
import structlog
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from coalition import errors
from coalition.errors import CoalitionError
from coalition.papers import errors as papers
from coalition.payments import errors as payments
from coalition.services.health import UNREACHABLE
from gamification import errors as gamification
from partner_api import errors as http
from partner_api.act_problems import ACT_PROBLEMS, places_of
from partner_api.context import locale, request_id
from partner_api.parsing import MAX_BODY_BYTES

PROBLEM_JSON = "application/problem+json"

_log = structlog.get_logger(__name__)


class Kind(NamedTuple):
    """What HTTP makes of a refusal: its status, and its title in each language."""

    status: int
    en: str
    ru: str

    def title(self, language: Literal["en", "ru"]) -> str:
        return self.ru if language == "ru" else self.en


KINDS: dict[type[CoalitionError], Kind] = {
    http.BadRequest: Kind(400, "Bad request", "Неверный запрос"),
    http.MalformedJson: Kind(400, "Malformed JSON", "Некорректный JSON"),
    http.ValidationFailed: Kind(422, "Validation failed", "Запрос не прошёл проверку"),
    http.UnsupportedMediaType: Kind(415, "Unsupported media type", "Неподдерживаемый тип содержимого"),
    http.NotFound: Kind(404, "Not found", "Не найдено"),
    http.MethodNotAllowed: Kind(405, "Method not allowed", "Метод не поддерживается"),
    http.BodyTooLarge: Kind(413, "Body too large", "Слишком большое тело запроса"),
    http.InternalError: Kind(500, "Internal error", "Внутренняя ошибка"),
    http.TemporarilyUnavailable: Kind(503, "Temporarily unavailable", "Временно недоступно"),
    errors.Unauthenticated: Kind(401, "Not authenticated", "Ключ не распознан"),
    errors.TooManyCodes: Kind(429, "Too many codes", "Слишком много кодов"),
    errors.WrongCode: Kind(422, "Wrong code", "Неверный код"),
    errors.SmsNotConfigured: Kind(503, "SMS not configured", "Отправка SMS не настроена"),
    errors.InvalidTimeZone: Kind(422, "Invalid time zone", "Неверный часовой пояс"),
    errors.Forbidden: Kind(403, "Forbidden", "Доступ запрещён"),
    errors.IdempotencyKeyRequired: Kind(400, "Idempotency-Key required", "Нужен Idempotency-Key"),
    errors.IdempotencyKeyReused: Kind(422, "Idempotency-Key reused", "Idempotency-Key уже использован"),
    errors.IdempotencyKeyInFlight: Kind(409, "First request still running", "Первый запрос ещё выполняется"),
    errors.InvalidCursor: Kind(422, "Invalid cursor", "Неверный курсор"),
    errors.UnknownMember: Kind(404, "Unknown member", "Участник не найден"),
    errors.MemberExists: Kind(409, "Member exists", "Участник уже зарегистрирован"),
    errors.InvalidPhone: Kind(422, "Invalid phone number", "Неверный номер телефона"),
    errors.UnknownReferralCode: Kind(422, "Unknown referral code", "Код приглашения не найден"),
    errors.UnknownPartner: Kind(404, "Unknown partner", "Партнёр не найден"),
    errors.PartnerExists: Kind(409, "Partner exists", "Партнёр уже зарегистрирован"),
    errors.InvalidPartner: Kind(422, "Invalid partner", "Неверные условия партнёра"),
    errors.PartnerSuspended: Kind(403, "Partner suspended", "Партнёр приостановлен"),
    errors.IssuerLimitExceeded: Kind(409, "Issuer limit exceeded", "Превышен лимит выпуска баллов"),
    errors.InvalidPack: Kind(422, "Invalid pack", "Неверные условия пакета баллов"),
    errors.PackTooSmall: Kind(409, "Pack too small", "Купленных баллов недостаточно"),
    errors.InvalidOffboarding: Kind(422, "Invalid offboarding", "Неверные условия выхода партнёра"),
    errors.PartnerLeaving: Kind(409, "Partner leaving", "Партнёр выходит из коалиции"),
    errors.PartnerNotLeaving: Kind(404, "Partner not leaving", "Партнёр не выходит из коалиции"),
    errors.UnknownKey: Kind(404, "Unknown key", "Ключ не найден"),
    errors.UnknownPurchase: Kind(404, "Unknown purchase", "Покупка не найдена"),
    errors.DuplicateReceipt: Kind(409, "Duplicate receipt", "Чек уже учтён"),
    errors.DuplicateLine: Kind(422, "Duplicate line", "Повторяющаяся строка чека"),
    errors.TooManyLines: Kind(422, "Too many lines", "Слишком много строк в чеке"),
    errors.NegativeReceipt: Kind(422, "Negative receipt", "Отрицательная сумма чека"),
    errors.UnknownStore: Kind(422, "Unknown store", "Магазин не найден"),
    errors.WrongCurrency: Kind(422, "Wrong currency", "Другая валюта"),
    errors.ReceiptFromFuture: Kind(422, "Receipt from the future", "Чек из будущего"),
    errors.ReceiptTooLate: Kind(422, "Receipt too late", "Чек пришёл слишком поздно"),
    errors.InsufficientPoints: Kind(409, "Insufficient points", "Недостаточно баллов"),
    errors.RedemptionAboveMaximum: Kind(422, "Redemption above maximum", "Списание выше допустимого"),
    errors.RedemptionBelowMinimum: Kind(422, "Redemption below minimum", "Списание ниже минимума"),
    errors.RedemptionOffStep: Kind(422, "Redemption off step", "Списание не кратно шагу"),
    errors.UnknownRedemption: Kind(404, "Unknown redemption", "Списание не найдено"),
    errors.DuplicateReference: Kind(409, "Duplicate reference", "Номер операции уже использован"),
    errors.RedemptionReversed: Kind(409, "Redemption reversed", "Списание уже отменено"),
    errors.NotACharity: Kind(422, "Not a charity", "Партнёр не благотворительный фонд"),
    errors.UnknownHold: Kind(404, "Unknown hold", "Резерв не найден"),
    errors.HoldEnded: Kind(409, "Hold ended", "Резерв завершён"),
    errors.CaptureAboveHold: Kind(422, "Capture above hold", "Списание больше резерва"),
    errors.HoldOfAnotherMember: Kind(422, "Hold of another member", "Резерв другого участника"),
    errors.UnknownLine: Kind(422, "Unknown line", "Строка чека не найдена"),
    errors.EmptyReturn: Kind(422, "Empty return", "Пустой возврат"),
    errors.ReturnExceedsPurchase: Kind(409, "Return exceeds purchase", "Возврат больше покупки"),
    errors.NegativeRefund: Kind(422, "Negative refund", "Отрицательная сумма возврата"),
    errors.RefundAbovePayment: Kind(409, "Refund above payment", "Возврат больше оплаты"),
    errors.DuplicateReturn: Kind(409, "Duplicate return", "Возврат уже учтён"),
    errors.ReturnBeforePurchase: Kind(422, "Return before purchase", "Возврат раньше покупки"),
    errors.ReasonRequired: Kind(422, "Reason required", "Нужна причина"),
    errors.NoPoints: Kind(422, "No points", "Недопустимое число баллов"),
    errors.UnknownAdjustment: Kind(404, "Unknown adjustment", "Корректировка не найдена"),
    errors.AdjustmentDecided: Kind(409, "Adjustment decided", "Решение по корректировке уже принято"),
    errors.SecondOperatorRequired: Kind(403, "Second operator required", "Нужен второй оператор"),
    errors.UnknownGift: Kind(404, "Unknown gift", "Подарок не найден"),
    errors.GiftDecided: Kind(409, "Gift decided", "Решение по подарку уже принято"),
    errors.TransfersNotAllowed: Kind(403, "Transfers not allowed", "Переводы запрещены"),
    errors.TransferToSelf: Kind(422, "Transfer to self", "Перевод самому себе"),
    errors.UnknownLot: Kind(404, "Unknown lot", "Баллы не найдены"),
    errors.NotAnExtension: Kind(422, "Not an extension", "Срок не продлевается"),
    errors.UnknownTier: Kind(404, "Unknown tier", "Уровень не найден"),
    errors.TierNotForSale: Kind(422, "Tier not for sale", "Уровень не продаётся"),
    errors.UnknownRule: Kind(404, "Unknown rule", "Правило не найдено"),
    errors.InvalidChoice: Kind(422, "Invalid choice", "Неверный выбор категорий"),
    errors.ChoiceMade: Kind(409, "Choice made", "Категории уже выбраны"),
    errors.MonthNotOpen: Kind(422, "Month not open", "Месяц недоступен для выбора"),
    errors.UnknownEntry: Kind(404, "Unknown entry", "Запись не найдена"),
    errors.UnknownBatch: Kind(404, "Unknown batch", "Пакет записей не найден"),
    errors.EntryNotRecorded: Kind(409, "Entry not yet recorded", "Запись ещё не в реестре"),
    errors.UnknownBadge: Kind(404, "Unknown badge", "Значок не найден"),
    gamification.InvalidRewardCode: Kind(422, "Invalid reward code", "Неверный код награды"),
    gamification.UnknownReward: Kind(404, "Unknown reward", "Награда не найдена"),
    gamification.RewardNotHonoured: Kind(409, "Reward not honoured here", "Награда действует у другого партнёра"),
    gamification.RewardClaimed: Kind(409, "Reward claimed", "Награда уже использована"),
    gamification.RewardExpired: Kind(409, "Reward expired", "Срок награды истёк"),
    gamification.RewardRevoked: Kind(409, "Reward revoked", "Награда отозвана"),
    gamification.UnknownGrant: Kind(404, "Unknown grant", "Достижение участника не найдено"),
    gamification.UnknownGrantReview: Kind(404, "Unknown grant review", "Проверка награды не найдена"),
    gamification.AlreadyDecided: Kind(409, "Already decided", "Решение по награде уже принято"),
    gamification.NoCredential: Kind(409, "No badge to take out", "Значок получить нельзя"),
    gamification.NoEmailAddress: Kind(409, "No e-mail address", "Нет адреса электронной почты"),
    gamification.UnknownOpenBadge: Kind(404, "Unknown open badge", "Открытый значок не найден"),
    gamification.UnknownIcon: Kind(404, "Unknown icon", "Иконка не найдена"),
    gamification.UnknownEventSchema: Kind(404, "Unknown event schema", "Схема события не найдена"),
    errors.InvalidProgramme: Kind(422, "Invalid programme", "Неверные правила программы"),
    errors.ProgrammeExists: Kind(409, "Programme exists", "Программа уже создана"),
    errors.UnknownProgramme: Kind(404, "Unknown programme version", "Версия программы не найдена"),
    errors.ProgrammeInPast: Kind(422, "Programme in the past", "Версия программы в прошлом"),
    errors.ProgrammeOverlaps: Kind(409, "Programme overlaps", "Версии программы пересекаются"),
    errors.CurrencyFixed: Kind(422, "Currency fixed", "Валюту изменить нельзя"),
    errors.InvalidRateCard: Kind(422, "Invalid rate card", "Неверный тариф"),
    errors.RateCardInPast: Kind(422, "Rate card in the past", "Тариф в прошлом"),
    errors.RateCardOverlaps: Kind(409, "Rate card overlaps", "Тарифы пересекаются"),
    errors.FundingFixed: Kind(422, "Funding fixed", "Способ финансирования изменить нельзя"),
    errors.NoExchangeRate: Kind(409, "No exchange rate", "Нет курса валют"),
    errors.InvalidExchangeRate: Kind(422, "Invalid exchange rate", "Неверный курс валют"),
    errors.UnknownPeriod: Kind(404, "Unknown period", "Период не найден"),
    errors.PeriodClosed: Kind(409, "Period closed", "Период уже закрыт"),
    errors.PeriodNotOver: Kind(409, "Period not over", "Период ещё не закончился"),
    errors.PeriodOutOfOrder: Kind(409, "Period out of order", "Период не по порядку"),
    errors.EntriesNotFinal: Kind(409, "Entries not final", "Записи ещё не окончательны в реестре"),
    errors.PeriodNotSettled: Kind(409, "Period not settled", "Период ещё не рассчитан"),
    errors.UnknownStatement: Kind(404, "Unknown statement", "Акт сверки не найден"),
    errors.UnknownStatementLine: Kind(422, "Unknown statement line", "Строка акта не найдена"),
    errors.StatementConcluded: Kind(409, "Statement concluded", "По акту уже есть решение"),
    errors.WrongRoot: Kind(409, "Wrong root", "Другой корень акта"),
    errors.WrongSigner: Kind(403, "Wrong signer", "Подписано другим ключом"),
    errors.NoSigningKey: Kind(409, "No signing key", "Нет ключа для подписи"),
    errors.DisputeTooLate: Kind(409, "Dispute too late", "Срок для возражений истёк"),
    errors.UnknownDispute: Kind(404, "Unknown dispute", "Возражение не найдено"),
    errors.DisputeAnswered: Kind(409, "Dispute answered", "На возражение уже дан ответ"),
    errors.InvalidCorrection: Kind(422, "Invalid correction", "Неверное исправление"),
    errors.UnknownPayment: Kind(404, "Unknown payment", "Платёж не найден"),
    errors.NoBankDetails: Kind(404, "No bank details", "Нет банковских реквизитов"),
    payments.InvalidBankDetails: Kind(422, "Invalid bank details", "Неверные банковские реквизиты"),
    payments.BankDetailsUnfit: Kind(409, "Bank details unfit", "Реквизиты не подходят для файла"),
    payments.InvalidPaymentOrder: Kind(422, "Invalid payment order", "Неверное платёжное поручение"),
    payments.InvalidPaymentFile: Kind(422, "Invalid payment file", "Платёжный файл невозможен"),
    papers.UnreadableStatement: Kind(422, "Unreadable statement", "Акт не читается"),
    errors.InvalidPeriod: Kind(422, "Invalid period", "Неверный период"),
    gamification.UnknownLeaderboard: Kind(404, "Unknown leaderboard", "Рейтинг не найден"),
    gamification.UnknownLeaderboardPeriod: Kind(404, "Unknown leaderboard period", "Период рейтинга не найден"),
    gamification.LeaderboardOver: Kind(409, "Leaderboard over", "Рейтинг завершён"),
    gamification.InvalidNickname: Kind(422, "Invalid nickname", "Недопустимый псевдоним"),
    gamification.NicknameTaken: Kind(409, "Nickname taken", "Псевдоним занят"),
    gamification.AlreadyOnLeaderboard: Kind(409, "Already on the leaderboard", "Участник уже в рейтинге"),
    gamification.NotOnLeaderboard: Kind(404, "Not on the leaderboard", "Участника нет в рейтинге"),
    gamification.UnknownDraw: Kind(404, "Unknown prize draw", "Розыгрыш не найден"),
    gamification.TicketsNotPublished: Kind(409, "Tickets not published", "Список билетов ещё не опубликован"),
    gamification.DrawNotOpen: Kind(409, "Prize draw not open", "Розыгрыш закрыт"),
    gamification.DrawNotOver: Kind(409, "Prize draw not over", "Розыгрыш ещё не закончился"),
    gamification.WrongDrawState: Kind(409, "Wrong state of the prize draw", "Розыгрыш на другом этапе"),
    gamification.DrawWithoutTickets: Kind(409, "Prize draw without tickets", "В розыгрыше нет билетов"),
    errors.InvalidTicketList: Kind(422, "Invalid ticket list", "Неверный список билетов"),
    errors.InvalidSetting: Kind(503, "Invalid setting", "Неверная настройка"),
    errors.OlderSchema: Kind(503, "Older database schema", "База данных старее программы"),
    errors.NewerSchema: Kind(503, "Newer database schema", "База данных новее программы"),
    **{refusal: Kind(*each[:3]) for refusal, each in ACT_PROBLEMS.items()},
}

CODES: dict[str, Kind] = {refusal.code: kind for refusal, kind in KINDS.items()}

_HEADERS: dict[type[CoalitionError], dict[str, str]] = {
    errors.Unauthenticated: {"WWW-Authenticate": 'Bearer realm="coalition"'},
    errors.IdempotencyKeyInFlight: {"Retry-After": "1"},
    http.TemporarilyUnavailable: {"Retry-After": "5"},
}

_OF_HTTP: dict[int, CoalitionError] = {
    404: http.NotFound(),
    405: http.MethodNotAllowed(),
    413: http.BodyTooLarge(allowed_bytes=MAX_BODY_BYTES),
    415: http.UnsupportedMediaType(),
}


def register_problems(app: Flask) -> None:
    """From now on the app answers whatever goes wrong with a problem document."""
    app.register_error_handler(CoalitionError, _refused)
    app.register_error_handler(HTTPException, _http_refused)
    app.register_error_handler(Exception, _failed)
    for unreachable in UNREACHABLE:
        app.register_error_handler(unreachable, _unreachable)


def problem(refusal: CoalitionError) -> Response:
    """The refusal as a problem document; what it says in numbers and names is repeated in ``values`` for programs."""
    kind = KINDS[type(refusal)]
    language = locale()
    document: dict[str, Any] = {
        "type": f"/problems/{refusal.code}",
        "title": kind.title(language),
        "status": kind.status,
        "detail": str(refusal),
        "instance": request.path,
        "code": refusal.code,
    }
    if isinstance(refusal, http.ValidationFailed):
        document["errors"] = [error._asdict() for error in refusal.errors]
    elif refusal.values:
        document["values"] = refusal.values
    if places := places_of(refusal):
        document["errors"] = places
    body = orjson.dumps(document, default=_as_object, option=orjson.OPT_UTC_Z)
    response = Response(body, kind.status, mimetype=PROBLEM_JSON)
    response.headers.update(_HEADERS.get(type(refusal), {}))
    if "retry_after_s" in refusal.values:
        response.headers["Retry-After"] = str(refusal.values["retry_after_s"])
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response


def _as_object(value: NamedTuple) -> dict[str, Any]:
    return value._asdict()


def _refused(refusal: CoalitionError) -> Response:
    # What concerns only the operator's processes is not in the table; over HTTP it is a failure like any other.
    return problem(refusal) if type(refusal) in KINDS else _failed(refusal)


def _http_refused(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error.get_response()
    response = problem(_OF_HTTP.get(error.code, http.BadRequest()))
    if error.code == 405:
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response


def _unreachable(error: Exception) -> Response:
    _log.error("database_unreachable", request=request_id(), error=str(error))
    return problem(http.TemporarilyUnavailable())


def _failed(error: Exception) -> Response:
    _log.error("request_failed", request=request_id(), method=request.method, path=request.path, exc_info=error)
    return problem(http.InternalError(request=request_id()))
