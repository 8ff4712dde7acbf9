"""What papers say, in each language side by side. ``{names}`` in braces are filled in by whoever asks."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["en", "ru"]


class Message(NamedTuple):
    en: str
    ru: str


MESSAGES: Mapping[str, Message] = {
    "title": Message("Statement of account", "Акт сверки взаимных расчётов"),
    "subtitle": Message(
        "No.\N{NO-BREAK SPACE}{number}, {first} – {last}", "№\N{NO-BREAK SPACE}{number}, {first} – {last}"
    ),
    "page": Message("page", "страница"),
    "of": Message("of", "из"),
    "none": Message("—", "—"),
    # Who, what, when
    "number": Message("Statement number", "Номер акта"),
    "parties": Message("Parties", "Стороны"),
    "partner": Message("Partner", "Партнёр"),
    "operator": Message("Operator", "Оператор"),
    "pool": Message("Coalition pool", "Фонд коалиции"),
    "party": Message("Partner no.\N{NO-BREAK SPACE}{number}", "Партнёр №\N{NO-BREAK SPACE}{number}"),
    "named_party": Message("{name} (no.\N{NO-BREAK SPACE}{number})", "{name} (№\N{NO-BREAK SPACE}{number})"),
    "period": Message("Period", "Период"),
    "period_text": Message("{period}: {first} – {last}, both inclusive", "{period}: {first} – {last} включительно"),
    "time_zone": Message("Time zone of days and times", "Часовой пояс дат и времени"),
    "currency": Message("Currency", "Валюта"),
    "dispute_until": Message("Disputes accepted until", "Возражения принимаются до"),
    # The position
    "to_receive": Message("To be received by you", "К получению вами"),
    "to_pay": Message("To be paid by you", "К уплате вами"),
    "nothing_due": Message("Nothing to pay or to receive", "Платежей не требуется"),
    "to_receive_meaning": Message(
        "After everything listed below is set off, the other parties owe {name} this amount for the period.",
        "После зачёта всего перечисленного ниже другие стороны должны {name} эту сумму за период.",
    ),
    "to_pay_meaning": Message(
        "After everything listed below is set off, {name} owes the other parties this amount for the period.",
        "После зачёта всего перечисленного ниже {name} должен другим сторонам эту сумму за период.",
    ),
    "nothing_due_meaning": Message(
        "What {name} owes and what it is owed for the period are equal.",
        "Долги {name} и долги перед {name} за период равны.",
    ),
    # How it comes about
    "summary": Message("How the position comes about", "Из чего складывается сальдо"),
    "summary_of": Message("Part", "Раздел"),
    "position": Message("Position", "Сальдо"),
    "total": Message("Total", "Итого"),
    "settlements": Message("Settlements by counterparty", "Расчёты по контрагентам"),
    "fees": Message("Fees", "Комиссии"),
    "corrections": Message("Corrections", "Исправления"),
    "no_rows": Message("None in this period.", "В этом периоде нет."),
    "counterparty": Message("Counterparty", "Контрагент"),
    "cause": Message("For", "Основание"),
    "points_of": Message("Points of", "Чьи баллы"),
    "points": Message("Points", "Баллы"),
    "receive": Message("To receive, {currency}", "К получению, {currency}"),
    "pay": Message("To pay, {currency}", "К уплате, {currency}"),
    "carried": Message("Carried forward, {currency}", "Перенос дробной части, {currency}"),
    "carried_note": Message(
        "Carried forward is what is left of a debt below the smallest unit of the currency. It is not in the amounts,"
        " and counts in the next period.",
        "Перенос дробной части – остаток долга меньше наименьшей единицы валюты. В суммы он не входит и учитывается"
        " в следующем периоде.",
    ),
    "bank_details": Message("Bank details of counterparties", "Реквизиты контрагентов"),
    "bank_hint": Message("Account", "Счёт"),
    # Liability
    "liability": Message("Your points in members' hands", "Ваши баллы на руках у участников"),
    "liability_row": Message("Movement", "Движение"),
    "opening": Message("Opening liability", "Обязательство на начало"),
    "issued": Message("Issued", "Начислено"),
    "redeemed": Message("Redeemed, anywhere", "Списано у любых партнёров"),
    "expired": Message("Expired", "Сгорело"),
    "other_changes": Message("Other changes", "Прочие изменения"),
    "closing": Message("Closing liability", "Обязательство на конец"),
    "worth": Message("Would cost, {currency}", "Стоимость, {currency}"),
    # The chart
    "weeks": Message("Issued and redeemed by week", "Начисления и списания по неделям"),
    "weeks_description": Message(
        "Points that {name} issued, and points of any issuer redeemed at it, in weeks that begin on Monday.",
        "Баллы, которые начислил {name}, и списанные у него баллы любых партнёров; недели с понедельника.",
    ),
    "week": Message("Week from", "Неделя с"),
    "week_issued": Message("Issued", "Начислено"),
    "week_redeemed": Message("Redeemed at you", "Списано у вас"),
    # Lines
    "special_lines": Message("Corrections and late entries", "Исправления и поздние записи"),
    "first_lines": Message("Entries", "Записи"),
    "lines_note": Message(
        "Shown here: {shown} of {all} lines. All of them are in {file}.",
        "Здесь показано строк: {shown} из {all}. Все строки – в файле {file}.",
    ),
    "moment": Message("When", "Когда"),
    "kind": Message("Entry", "Запись"),
    "money": Message("Amount, {currency}", "Сумма, {currency}"),
    "reference": Message("Reference", "Ссылка"),
    "corrects": Message("corrects {id}", "исправляет {id}"),
    "late": Message("late", "поздняя"),
    # Proof
    "proof": Message("The ledger, and how to verify", "Реестр и проверка"),
    "chain_id": Message("Chain id", "Идентификатор сети"),
    "ledger": Message("Ledger contract", "Контракт реестра"),
    "sequence": Message("Up to batch", "По пакет"),
    "head": Message("Head of the ledger", "Голова реестра"),
    "root": Message("Merkle root of this statement", "Корень Меркла этого акта"),
    "lines": Message("Lines under the root", "Строк под корнем"),
    "how_to_verify": Message(
        "Take all lines ({file}) and run coalition settle verify against a node of your own. It recomputes every amount"
        " and the root: RFC 9162, SHA-256, over the canonical JSON (RFC 8785) of every line. The root and the head must"
        " be those that the contracts hold.",
        "Возьмите все строки ({file}) и запустите coalition settle verify со своим узлом сети. Программа пересчитает"
        " каждую сумму и корень: RFC 9162, SHA-256, по каноническому JSON (RFC 8785) каждой строки. Корень и голова"
        " должны совпасть с записанными в контрактах.",
    ),
    "how_to_dispute": Message(
        "A line can be disputed, with a reason, until {moment}. A statement that is not disputed by then stands.",
        "Возразить по строке, указав причину, можно до {moment}. Акт без возражений к этому сроку считается принятым.",
    ),
    "signed_by_operator": Message("For the operator, {name}", "От оператора, {name}"),
    "signed_by_partner": Message("For the partner, {name}", "От партнёра, {name}"),
    "signature": Message("Name, signature, date", "Ф. И. О., подпись, дата"),
    # Causes
    "cause.redemption": Message("Points redeemed", "Списание баллов"),
    "cause.margin": Message("Operator's margin", "Маржа оператора"),
    "cause.subsidy": Message("Operator's subsidy", "Доплата оператора"),
    "cause.guarantee": Message("Operator's guarantee", "Гарантия оператора"),
    "cause.issuance": Message("Points issued", "Начисление баллов"),
    "cause.breakage": Message("Expired points", "Сгоревшие баллы"),
    "cause.fee_issued": Message("Fee for points issued", "Комиссия за начисление"),
    "cause.fee_redeemed": Message("Fee for points redeemed", "Комиссия за списание"),
    "cause.fee_turnover": Message("Fee on turnover", "Комиссия с оборота"),
    "cause.fee_monthly": Message("Monthly fee", "Ежемесячная плата"),
    "cause.correction": Message("Correction", "Исправление"),
    # Kinds of line
    "kind.accrual": Message("Accrual", "Начисление"),
    "kind.redemption": Message("Redemption", "Списание"),
    "kind.accrual_reversal": Message("Accrual reversed", "Отмена начисления"),
    "kind.redemption_reversal": Message("Redemption reversed", "Отмена списания"),
    "kind.expiry": Message("Expiry", "Сгорание"),
    "kind.reward": Message("Reward", "Награда"),
    "kind.adjustment_increase": Message("Adjustment up", "Корректировка вверх"),
    "kind.adjustment_decrease": Message("Adjustment down", "Корректировка вниз"),
    "kind.fee": Message("Fee", "Комиссия"),
    "kind.correction": Message("Correction", "Исправление"),
    "kind.guarantee": Message("Guarantee", "Гарантия"),
}


class Words:
    """The messages in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: str) -> str:
        """:raises KeyError: there is no such message, or a value is missing."""
        message = MESSAGES[key]
        return (message.ru if self.language == "ru" else message.en).format(**values)
