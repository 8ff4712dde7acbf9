"""The one writer of the journal: entries, lots, balances and what issuers have outstanding change together here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from coalition.domain.entries import EntryKind, member_effect
from coalition.domain.lots import Lot, LotUse, spend
from coalition.errors import IssuerLimitExceeded, PartnerSuspended
from coalition.ids import new_id
from coalition.store import journal as store
from coalition.store.database import to_column

_NEW = 1 << 62
"""Lots born in this session carry ``_NEW + index of their entry`` until the entry has an id: younger than any other."""


class Source(NamedTuple):
    """What an entry comes from: a purchase, a grant. ``id`` with kind and issuer occurs once in the journal."""

    id: str
    document_hash: str
    occurred_at: datetime


@dataclass(slots=True)
class Account:
    """A member's points as they stand in this session."""

    id: int
    public_id: str
    balance: int
    lots: list[Lot] | None = None


class JournalSession:
    """Entries being added in the current transaction; ``write`` puts down all of them, and must be called last.

    The members named at the start are locked until the transaction ends, so for each of them the order of ids is the
    order of what happened.
    """

    def __init__(self, members: Iterable[str], spenders: Iterable[str] = ()) -> None:
        self.accounts = {
            public_id: Account(id_, public_id, balance) for id_, public_id, balance in store.lock_members(members)
        }
        spending = [self.accounts[member] for member in sorted(set(spenders)) if member in self.accounts]
        lots = store.open_lots([account.id for account in spending])
        for account in spending:
            account.lots = lots[account.id]
        self._entries: list[store.EntryRow] = []
        self._born: list[tuple[Lot, int, int]] = []
        self._uses: list[tuple[int, LotUse]] = []
        self._touched_lots: dict[int, Lot] = {}
        self._touched_accounts: dict[int, Account] = {}
        self._outstanding: dict[int, int] = {}
        self._acting: set[int] = set()

    def issue(
        self,
        kind: EntryKind,
        issuer: int,
        account: Account,
        points: int,
        source: Source,
        expires_at: datetime,
        now: datetime,
    ) -> None:
        """Give the member points of the issuer, as a new lot."""
        index = self._add(kind, issuer, issuer, account, points, source, now)
        lot = Lot(_NEW + index, issuer, points, expires_at)
        self._born.append((lot, account.id, points))
        if account.lots is not None:
            account.lots.append(lot)
        self._acting.add(issuer)

    def redeem(self, redeemer: int, account: Account, points: int, source: Source, now: datetime) -> None:
        """Take points from the member's lots for the redeemer: one entry for each issuer whose points they are.

        The caller has checked that the member has them, and named the member as a spender.
        """
        assert account.lots is not None, "the member was not named as a spender"
        uses = spend(account.lots, points)
        by_id = {lot.id: lot for lot in account.lots}
        by_issuer: dict[int, list[LotUse]] = {}
        for use in uses:
            by_issuer.setdefault(use.issuer, []).append(use)
            self._touched_lots[use.lot] = by_id[use.lot]
        for issuer, taken in sorted(by_issuer.items()):
            total = sum(use.points for use in taken)
            index = self._add(EntryKind.REDEMPTION, issuer, redeemer, account, total, source, now)
            self._uses += [(index, use) for use in taken]
        account.lots = [lot for lot in account.lots if lot.remaining]
        self._acting.add(redeemer)

    def outstanding_change(self, issuer: int) -> int:
        """By how much the entries so far change what the issuer has outstanding."""
        return self._outstanding.get(issuer, 0)

    def write(self) -> None:
        """Put everything down.

        :raises IssuerLimitExceeded: an issuer would have more outstanding than it may.
        :raises PartnerSuspended: a partner that issues or redeems was suspended meanwhile.
        """
        if not self._entries:
            return
        ids = store.insert_entries(self._entries)
        store.insert_lots(
            (ids[lot.id - _NEW], member, lot.issuer, points, lot.remaining, to_column(lot.expires_at))
            for lot, member, points in self._born
        )
        store.insert_lot_uses(
            (ids[index], use._replace(lot=ids[use.lot - _NEW]) if use.lot >= _NEW else use) for index, use in self._uses
        )
        store.update_lots(lot for lot in self._touched_lots.values() if lot.id < _NEW)
        store.update_balances((account.id, account.balance) for account in self._touched_accounts.values())
        self._write_outstanding()

    def _add(
        self, kind: EntryKind, issuer: int, partner: int, account: Account, points: int, source: Source, now: datetime
    ) -> int:
        account.balance += member_effect(kind, points)
        assert points > 0 and account.balance >= 0, f"{kind.name} of {points} leaves {account}"
        self._touched_accounts[account.id] = account
        self._outstanding[issuer] = self._outstanding.get(issuer, 0) + member_effect(kind, points)
        self._entries.append(
            store.EntryRow(
                new_id("ent"),
                kind.name.lower(),
                issuer,
                partner,
                account.id,
                points,
                source.id,
                source.document_hash,
                to_column(source.occurred_at),
                to_column(now),
            )
        )
        return len(self._entries) - 1

    def _write_outstanding(self) -> None:
        for partner in sorted(self._outstanding.keys() | self._acting):
            change = self._outstanding.get(partner, 0)
            name, status, outstanding, limit = store.change_outstanding(partner, change)
            if partner in self._acting and status != "active":
                raise PartnerSuspended(partner=name)
            if change > 0 and outstanding > limit:
                raise IssuerLimitExceeded(partner=name, limit=limit, outstanding=outstanding)
