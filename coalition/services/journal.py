"""The one writer of the journal: entries, lots, balances and what issuers have outstanding change together here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from coalition import events
from coalition.domain.documents import document_hash
from coalition.domain.entries import ISSUING, EntryKind, member_effect
from coalition.domain.lots import Lot, LotUse, available, choose, first, spendable
from coalition.domain.packing import MOST_POINTS
from coalition.domain.source_documents import repayment_document
from coalition.errors import InsufficientPoints, IssuerLimitExceeded, PartnerSuspended
from coalition.ids import new_id
from coalition.ledger import partner_changes
from coalition.store import holds as hold_store
from coalition.store import journal as store
from coalition.store.database import to_column

POINTS_AVAILABLE = "points.available"
_USING = (EntryKind.REDEMPTION, EntryKind.REDEMPTION_REVERSAL, EntryKind.EXPIRY)
"""The kinds that use up what a partner bought in advance, or undo that."""
_NEW = 1 << 62
"""Lots born in this session carry ``_NEW + index of their entry`` until the entry has an id: younger than any other."""


class Source(NamedTuple):
    """What an entry comes from: a purchase, a grant. ``id`` with kind and issuer occurs once in the journal."""

    id: str
    document_hash: str
    occurred_at: datetime


@dataclass(slots=True)
class Account:
    """A member's points as they stand in this session. ``lots`` are loaded only for those who may spend any."""

    id: int
    public_id: str
    balance: int
    pending: int
    held: int
    debt: int
    lots: dict[int, Lot] | None = None
    debts: list[store.Debt] = field(default_factory=list)

    @property
    def available(self) -> int:
        """What can be spent, as far as the worker has got; ``JournalSession.available`` knows to the second."""
        return self.balance - self.pending - self.held


@dataclass(slots=True)
class Outstanding:
    """How the entries of a session change what an issuer has outstanding: in all, and at its highest on the way.

    The chain judges the limit after every entry. ``issued`` counts what was newly brought into the world. ``used`` was
    redeemed or lapsed, less what was restored, and at its lowest on the way; what is issued less what is taken back is
    ``net``: of points bought in advance only that has to fit into what is left.
    """

    points: int = 0
    highest: int = 0
    issued: int = 0
    used: int = 0
    least_used: int = 0
    highest_net: int = 0

    @property
    def net(self) -> int:
        return self.points + self.used

    def add(self, kind: EntryKind, points: int) -> None:
        effect = member_effect(kind, points)
        self.points += effect
        self.highest = max(self.highest, self.points)
        if kind in ISSUING:
            self.issued += points
        if kind in _USING:
            self.used -= effect
            self.least_used = min(self.least_used, self.used)
        self.highest_net = max(self.highest_net, self.net)


class JournalSession:
    """Entries being added in the current transaction; ``write`` puts down all of them, and must be called last.

    The members named at the start are locked until the transaction ends, so for each of them the order of ids is the
    order of what happened. From the start, spenders have what time has brought them: points whose return window has
    passed, and those of holds whose time is over.
    """

    def __init__(self, members: Iterable[str], spenders: Iterable[str] = (), *, now: datetime) -> None:
        self.now = now
        self.accounts = {row.public_id: Account(*row) for row in store.lock_members(members)}
        self._entries: list[store.EntryRow] = []
        self._born: list[tuple[Lot, int, int]] = []
        self._uses: list[tuple[int, LotUse]] = []
        self._touched_lots: dict[int, Lot] = {}
        self._touched_accounts: dict[int, Account] = {}
        self._touched_debts: dict[int, store.Debt] = {}
        self._repayments: list[store.RepaymentRow] = []
        self._expired_holds: list[tuple[int, str, int]] = []
        self._outstanding: dict[int, Outstanding] = {}
        self._matured: dict[int, events.NewEvent] = {}
        self._acting: set[int] = set()
        indebted = [account for account in self.accounts.values() if account.debt]
        for account, debts in zip(indebted, store.open_debts([account.id for account in indebted]), strict=True):
            account.debts = debts
        spending = {member: self.accounts[member] for member in spenders if member in self.accounts}
        self._load_lots([*spending.values(), *(account for account in indebted if account.public_id not in spending)])
        self._end_expired_holds(list(spending.values()))
        for account in indebted:
            self.repay(account, now)

    def available(self, account: Account) -> int:
        """What the member can spend at this moment; if not named as a spender, as far as the worker has got."""
        if account.lots is None:
            return account.available
        return available(account.lots.values(), self.now)

    def issue(
        self,
        kind: EntryKind,
        issuer: int,
        account: Account,
        points: int,
        source: Source,
        expires_at: datetime,
        pending_until: datetime | None = None,
        partner: int | None = None,
    ) -> None:
        """Give the member points of the issuer, as a new lot; they repay debts first.

        It happens at ``partner``, or at the issuer itself.
        """
        self.mint(kind, issuer, account, points, source, expires_at, pending_until, partner)
        self.repay(account, source.occurred_at)

    def mint(
        self,
        kind: EntryKind,
        issuer: int,
        account: Account,
        points: int,
        source: Source,
        expires_at: datetime,
        pending_until: datetime | None = None,
        partner: int | None = None,
    ) -> Lot:
        """Bring points into the world as a new lot of the member's, and leave debts alone."""
        index = self._add(kind, issuer, partner or issuer, account, points, source)
        if pending_until is not None and pending_until <= self.now:
            pending_until = None
        lot = Lot(_NEW + index, issuer, points, expires_at, pending_until=pending_until)
        self._born.append((lot, account.id, points))
        if account.lots is not None:
            account.lots[lot.id] = lot
        if lot.pending_until is not None:
            account.pending += points
        self._acting.add(issuer)
        return lot

    def redeem(self, redeemer: int, account: Account, points: int, source: Source) -> None:
        """Take points from what the member can spend, for the redeemer: one entry for each issuer whose they are.

        :raises InsufficientPoints: the member can spend fewer.
        """
        self.take(EntryKind.REDEMPTION, redeemer, account, self.choose(account, points), source)
        self._acting.add(redeemer)

    def take(self, kind: EntryKind, partner: int, account: Account, uses: Iterable[LotUse], source: Source) -> None:
        """Take points from these lots, whether or not they could be spent: one entry for each issuer."""
        lots = _lots(account)
        for issuer, taken in _by_issuer(uses):
            index = self._add(kind, issuer, partner, account, sum(use.points for use in taken), source)
            for use in taken:
                lot = lots[use.lot]
                lot.remaining -= use.points
                if lot.pending_until is not None:
                    account.pending -= use.points
                self._touched_lots[lot.id] = lot
                self._uses.append((index, use))

    def give_back(self, redeemer: int, account: Account, uses: Iterable[LotUse], source: Source) -> None:
        """Undo redemptions: the points return to the lots they came from, which have been loaded."""
        lots = _lots(account)
        for issuer, given in _by_issuer(uses):
            points = sum(use.points for use in given)
            index = self._add(EntryKind.REDEMPTION_REVERSAL, issuer, redeemer, account, points, source)
            for use in given:
                lots[use.lot].remaining += use.points
                self._touched_lots[use.lot] = lots[use.lot]
                self._uses.append((index, use))

    def set_aside(self, account: Account, points: int) -> list[LotUse]:
        """Hold points of what the member can spend.

        :raises InsufficientPoints: the member can spend fewer.
        """
        uses = self.choose(account, points)
        self._hold(account, uses, 1)
        return uses

    def release(self, account: Account, uses: Iterable[LotUse]) -> None:
        """End a hold on these points; what the member then has is as free as if it had never been held."""
        self._hold(account, uses, -1)

    def capture(self, redeemer: int, account: Account, uses: Sequence[LotUse], points: int, source: Source) -> None:
        """Redeem that many of the points that a hold sets aside, in the order of spending, and release the rest.

        What is released repays debts first.
        """
        self.release(account, uses)
        self.take(EntryKind.REDEMPTION, redeemer, account, first(uses, points), source)
        self._acting.add(redeemer)
        self.repay(account, source.occurred_at)

    def load_lots(self, account: Account, lots: Iterable[int]) -> None:
        """Have these lots of the member at hand too, although nothing may be left in them."""
        known = _lots(account)
        for lot in store.lots([each for each in lots if each not in known]):
            known[lot.id] = lot

    def expire_at(self, lot: Lot, expires_at: datetime) -> None:
        """Let the lot live until then, longer or shorter than it would have."""
        lot.expires_at = expires_at
        self._touched_lots[lot.id] = lot

    def owe(self, account: Account, creditor: int, points: int, source: Source, *, held: bool = False) -> store.Debt:
        """The member owes the creditor these points from now on; ``repay`` follows, once all is done."""
        debt = store.insert_debt(new_id("deb"), account.id, creditor, points, held, source.id, to_column(self.now))
        account.debts.append(debt)
        account.debt += points
        self._touched_accounts[account.id] = account
        return debt

    def repay(self, account: Account, occurred_at: datetime) -> None:
        """Let free points of the member's repay debts, the oldest debt first: a redemption at the creditor.

        So the issuer of those points owes the creditor, who thus gets back what it had issued for nothing.
        """
        for debt in account.debts:
            lots = [lot for lot in _lots(account).values() if lot.free and lot.expires_at > self.now]
            points = min(debt.remaining, sum(lot.free for lot in lots))
            if points and debt.creditor_active:
                self.repay_with(account, debt, choose(lots, points), occurred_at)

    def repay_with(self, account: Account, debt: store.Debt, uses: Sequence[LotUse], occurred_at: datetime) -> None:
        """Repay the debt, or a part of it, with these points."""
        points = sum(use.points for use in uses)
        repayment = new_id("rep")
        document = repayment_document(repayment, debt.public_id, points)
        repaying = Source(repayment, document_hash(document), occurred_at)
        self.take(EntryKind.REDEMPTION, debt.creditor, account, uses, repaying)
        self._acting.add(debt.creditor)
        debt.remaining -= points
        account.debt -= points
        self._touched_debts[debt.id] = debt
        self._repayments.append(store.RepaymentRow(repayment, debt.id, points, to_column(self.now)))

    def room_taken(self, issuer: int, *, prepaid: bool) -> int:
        """How much of what the issuer may issue the entries so far take, or, below zero, give back.

        What is redeemed makes room under a limit on credit, and none under what was bought in advance.
        """
        change = self._outstanding.get(issuer, Outstanding())
        return change.net if prepaid else change.points

    def write(self) -> None:
        """Put everything down.

        :raises IssuerLimitExceeded: an issuer would have more outstanding than it may.
        :raises PartnerSuspended: a partner that issues or redeems was suspended meanwhile.
        """
        # Partners first, then ids: so the entries of a partner have the order in which its limit was judged.
        self._write_partners()
        ids = store.insert_entries(self._entries) if self._entries else ()
        store.insert_lots(
            store.LotRow(
                ids[lot.id - _NEW],
                member,
                lot.issuer,
                points,
                lot.remaining,
                lot.held,
                None if lot.pending_until is None else to_column(lot.pending_until),
                to_column(lot.expires_at),
            )
            for lot, member, points in self._born
        )
        store.insert_lot_uses(
            (ids[index], use._replace(lot=ids[use.lot - _NEW]) if use.lot >= _NEW else use) for index, use in self._uses
        )
        store.update_lots(lot for lot in self._touched_lots.values() if lot.id < _NEW)
        store.update_members(
            (account.balance, account.pending, account.held, account.debt, account.id)
            for account in self._touched_accounts.values()
        )
        store.update_debts(self._touched_debts.values())
        store.insert_repayments(self._repayments)
        hold_store.end_holds(self._expired_holds, self.now)
        if self._matured:
            events.append(list(self._matured.values()), self.now)

    def _load_lots(self, accounts: Sequence[Account]) -> None:
        found = store.open_lots(sorted(account.id for account in accounts))
        for account in accounts:
            account.lots = found[account.id]
            for lot in account.lots.values():
                if lot.pending_until is not None and lot.pending_until <= self.now:
                    self._mature(account, lot)

    def _end_expired_holds(self, accounts: Sequence[Account]) -> None:
        """What was held for a time that is over can be spent again, and repays debts first."""
        holding = {account.id: account for account in accounts if account.held}
        for hold, member in hold_store.expired_holds(list(holding), self.now):
            account = holding[member]
            self.release(account, hold_store.held_lots(hold))
            self._expired_holds.append((hold, "expired", 0))

    def _mature(self, account: Account, lot: Lot) -> None:
        lot.pending_until = None
        account.pending -= lot.remaining
        self._touched_lots[lot.id] = lot
        self._touched_accounts[account.id] = account
        points = lot.remaining + (self._matured[account.id].attributes["points"] if account.id in self._matured else 0)
        self._matured[account.id] = events.NewEvent(
            type=POINTS_AVAILABLE,
            source="coalition",
            source_event_id=new_id("evt"),
            member=account.id,
            partner=lot.issuer,
            attributes={"points": points},
            occurred_at=self.now,
        )

    def choose(self, account: Account, points: int) -> list[LotUse]:
        """Which of the points that the member can spend are spent first. They stay where they are.

        :raises InsufficientPoints: the member can spend fewer.
        """
        lots = spendable(_lots(account).values(), self.now)
        available = sum(lot.free for lot in lots)
        if points > available:
            raise InsufficientPoints(available=available, required=points)
        return choose(lots, points)

    def _hold(self, account: Account, uses: Iterable[LotUse], sign: int) -> None:
        for use in uses:
            lot = _lots(account)[use.lot]
            lot.held += sign * use.points
            account.held += sign * use.points
            self._touched_lots[lot.id] = lot
        self._touched_accounts[account.id] = account

    def _add(self, kind: EntryKind, issuer: int, partner: int, account: Account, points: int, source: Source) -> int:
        account.balance += member_effect(kind, points)
        assert points > 0 and account.balance >= 0, f"{kind.name} of {points} leaves {account}"
        self._touched_accounts[account.id] = account
        self._outstanding.setdefault(issuer, Outstanding()).add(kind, points)
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
                to_column(self.now),
            )
        )
        return len(self._entries) - 1

    def _write_partners(self) -> None:
        for number in sorted(self._outstanding.keys() | self._acting):
            change = self._outstanding.get(number, Outstanding())
            partner = store.change_outstanding(number, change.points, change.issued, change.used)
            if number in self._acting and partner.status != "active":
                raise PartnerSuspended(partner=partner.name)
            taken, most = (change.net, change.highest_net) if partner.prepaid else (change.points, change.highest)
            highest = partner.outstanding - taken + most
            if most > 0 and highest > partner.limit_points:
                raise IssuerLimitExceeded(partner=partner.name, limit=partner.limit_points, outstanding=highest)
            if partner.issued > MOST_POINTS:
                raise IssuerLimitExceeded(partner=partner.name, limit=MOST_POINTS, outstanding=partner.issued)
            if partner.prepaid and change.least_used < 0:
                # What is restored is outstanding again, and the chain may have heard of a limit without room for it.
                partner_changes.ensure_limit(number, partner.limit_points + change.used - change.least_used)


def _lots(account: Account) -> dict[int, Lot]:
    assert account.lots is not None, "the member was not named as a spender"
    return account.lots


def _by_issuer(uses: Iterable[LotUse]) -> list[tuple[int, list[LotUse]]]:
    found: dict[int, list[LotUse]] = {}
    for use in uses:
        found.setdefault(use.issuer, []).append(use)
    return sorted(found.items())
