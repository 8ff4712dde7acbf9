"""``coalition partner``: packs, funding and leaving; and the worker, which does the rest."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from coalition.services.packs import funding
from coalition.services.partners import get_partner
from scripts.worker import TIMED_WORK
from tests.integration.books import contents, news
from tests.integration.test_commands_lifecycle import run  # noqa: F401

PACK = ("partner", "pack", "cinema", "--points", 1000, "--amount-minor", 900, "--reference", "invoice-7")
LEAVE = ("partner", "offboard", "cinema", "--spendable-until", "2026-04-30", "--deposit-minor", 30)


def work(clock) -> dict[str, int]:
    """A minute passes, and the worker comes round."""
    clock.advance(timedelta(minutes=1))
    return {each.__name__: done for each in TIMED_WORK if (done := each(now=clock.now()))}


def test_pack__is_entered_once(coalition, run):  # noqa: F811
    said = run(*PACK, "--json").document
    assert (said["points"], said["currency"], said["by"], said["dry_run"]) == (1000, "USD", "cli:olga", False)
    assert "points that it may still issue: any" in run(*PACK).out
    assert run("partner", "funding", "cinema", "--json").document[0]["bought"] == 1000


def test_pack__same_reference_with_other_terms__exits_with_2(coalition, run):  # noqa: F811
    run(*PACK)
    said = run(*PACK[:-3], 901, *PACK[-2:])
    assert (said.status, said.out) == (2, "")
    assert "duplicate_reference" in said.err


@pytest.mark.parametrize("words", [PACK, LEAVE, ("partner", "prepay", "cinema")], ids=["pack", "offboard", "prepay"])
def test_dry_run__tells_and_writes_nothing(till, run, words):  # noqa: F811
    before = contents()
    said = run(*words, "--dry-run", "--json")
    assert (said.status, said.document["dry_run"]) == (0, True)
    assert contents() == before


def test_funding__tells_what_is_left_of_everybodys(till, coalition, run):  # noqa: F811
    run(*PACK)
    assert "points that it may still issue: 1000" in run("partner", "prepay", "cinema").out
    till.sell(coalition.cinema, 8500)
    shown = {each["name"]: each for each in run("partner", "funding", "--json").document}
    assert list(shown) == ["operator", "cinema", "cafe", "grocer"]
    assert {key: shown["cinema"][key] for key in ("funding", "outstanding", "left", "alert")} == {
        "funding": "prepaid",
        "outstanding": 850,
        "left": 150,
        "alert": "low",
    }
    row = next(line for line in run("partner", "funding").out.splitlines() if "cinema" in line)
    assert "prepaid" in row and "low" in row and "150" in row
    assert "any" in run("partner", "funding", "cafe").out


def test_offboard__and_leaving__tell_what_is_outstanding_and_covered(till, coalition, run):  # noqa: F811
    till.sell(coalition.cinema, 1000)
    assert "leaving" in run(*LEAVE).out
    till.redeem(coalition.cafe, 40)
    (shown,) = run("partner", "leaving", "--json").document
    assert (shown["outstanding"], shown["drawn_minor"], shown["uncovered_minor"]) == (60, 40, 10)
    assert "2026-05-01" in run("partner", "leaving").out
    assert run(*LEAVE).status == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("offboard", "cinema"), "invalid_offboarding"),
        (("offboard", "cinema", "--spendable-until", "2026-03-01"), "invalid_offboarding"),
        (("offboard", "operator", "--spendable-until", "2026-04-30"), "invalid_offboarding"),
        (("offboard", "nobody", "--failed"), "unknown_partner"),
        (("prepay", "nobody"), "unknown_partner"),
        (("funding", "nobody"), "unknown_partner"),
        (("pack", "cinema", "--points", 0, "--amount-minor", 1, "--reference", "r"), "invalid_pack"),
    ],
)
def test_refusals__exit_with_2_and_say_why(till, run, words, code):  # noqa: F811
    before = contents()
    said = run("partner", *words)
    assert (said.status, said.out) == (2, "")
    assert code in said.err
    assert contents() == before


def test_offboard__failed__is_told_to_members_by_the_worker(till, coalition, clock, run):  # noqa: F811
    till.sell(coalition.cinema, 1000)
    assert run("partner", "offboard", "cinema", "--failed", "--json").document["borne_by"] == "operator"
    assert work(clock)["announce_leaving"] == 1
    assert news("partner.failed") == [{"points": 100, "expires_at": None}]


def test_worker__tells_of_packs_and_deposits__each_once(till, coalition, clock, run):  # noqa: F811
    run(*PACK)
    run("partner", "prepay", "cinema")
    till.sell(coalition.cinema, 9000)
    till.redeem(coalition.cafe, 100)
    with capture_logs() as logs:
        done = work(clock)
    assert (done["tell_limits"], done["watch_funding"]) == (1, 1)
    assert logs == [{"event": "pack.alert", "log_level": "warning", "partner": "cinema", "alert": "low", "left": 100}]
    assert funding(coalition.cinema.id).limit == get_partner(coalition.cinema.id).limit == 900
    # The pool pays for a prepaid partner's points, so it is another's deposit that they use up.
    other = till.enrol(1)
    till.sell(coalition.grocer, 5000, to=other)
    run(*(("grocer" if word == "cinema" else word) for word in LEAVE))
    till.redeem(coalition.cafe, 31, of=other)
    with capture_logs() as logs:
        done = work(clock)
    assert (done["watch_funding"], done["announce_leaving"]) == (1, 1)
    assert [each for each in logs if each["event"] == "deposit.exhausted"] == [
        {
            "event": "deposit.exhausted",
            "log_level": "warning",
            "partner": "grocer",
            "deposit_minor": 30,
            "drawn_minor": 31,
            "borne_by": "operator",
        }
    ]
    assert "watch_funding" not in work(clock)
    # Until the last day is over: then the points lapse and nothing is left to do.
    clock.advance(timedelta(days=90))
    done = work(clock)
    assert (done["expire_points"], done["end_offboardings"]) == (19, 1)
    assert not {"announce_leaving", "watch_funding", "end_offboardings"} & set(work(clock))
