"""Refusals that concern the ledger."""

from coalition import errors
from coalition.errors import CoalitionError
from partner_api.refusals.kind import Kind

LEDGER: dict[type[CoalitionError], Kind] = {
    errors.UnknownEntry: Kind(
        404,
        "Unknown entry",
        "Запись не найдена",
        "Only entries that you took part in, as issuer or at your till, can be proved to you.",
        "Доступны только записи, в которых вы участвовали как эмитент или касса.",
    ),
    errors.UnknownBatch: Kind(
        404,
        "Unknown batch",
        "Пакет записей не найден",
        "GET /v1/ledger/status shows the next sequence; batches are numbered from 1.",
        "GET /v1/ledger/status показывает следующий номер; пакеты нумеруются с 1.",
    ),
    errors.EntryNotRecorded: Kind(
        409,
        "Entry not yet recorded",
        "Запись ещё не в реестре",
        "The points count already; the proof comes with the chain's confirmation. Ask again later.",
        "Баллы уже действуют; доказательство появится после подтверждения в реестре. Повторите позже.",
    ),
    errors.UnknownBadge: Kind(
        404,
        "Unknown badge",
        "Значок не найден",
        "A badge is found by its token's number once it has been awarded: in decimal, or in 64 hexadecimal digits.",
        "Значок доступен по номеру токена после первой выдачи: десятичному или из 64 шестнадцатеричных цифр.",
    ),
}
