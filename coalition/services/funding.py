"""Who pays for points: rules name partners as funders, and not all of them can pay at every moment."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from coalition.domain.programme import Programme
from coalition.domain.reckoning import Reckoning
from coalition.errors import IssuerLimitExceeded, PartnerSuspended, UnknownPartner
from coalition.services.journal import JournalSession
from coalition.services.partners import Partner, check_active, check_limit, list_partners


class Funders:
    """The partners by name; those beyond the sellers are looked up when a rule first names one."""

    def __init__(self, sellers: Iterable[Partner]) -> None:
        self._by_name = {partner.name: partner for partner in sellers}

    def named(self, name: str) -> Partner:
        """:raises UnknownPartner: there is none of this name."""
        if name not in self._by_name:
            self._by_name |= {partner.name: partner for partner in list_partners() if partner.name not in self._by_name}
        if name not in self._by_name:
            raise UnknownPartner(partner=name)
        return self._by_name[name]

    def fund(
        self,
        reckon_by: Callable[[Programme], Reckoning],
        programme: Programme,
        seller: Partner,
        journal: JournalSession | None = None,
    ) -> Reckoning:
        """Reckon by the programme, without the rules whose funder cannot pay now.

        It may be suspended, at its limit, or not there at all. ``journal`` knows how much its entries have taken of
        what funders may issue.

        :raises PartnerSuspended: the seller itself.
        :raises IssuerLimitExceeded: the seller itself.
        """
        while True:
            reckoning = reckon_by(programme)
            unable = self._unable(reckoning, seller, journal)
            if unable is None:
                return reckoning
            programme = replace(programme, accrual=programme.accrual.without_funder(unable))

    def _unable(self, reckoning: Reckoning, seller: Partner, journal: JournalSession | None) -> str | None:
        points: dict[str, int] = {}
        for award in reckoning.accrual.awards:
            points[award.funder] = points.get(award.funder, 0) + award.points
        for name, funded in points.items():
            try:
                funder = self.named(name)
                check_active(funder)
                taken = journal.room_taken(funder.number, prepaid=funder.prepaid) if journal else 0
                check_limit(funder, funded, taken)
            except (UnknownPartner, PartnerSuspended, IssuerLimitExceeded):
                if name == seller.name:
                    raise
                return name
        return None
