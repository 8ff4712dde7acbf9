"""Who may do what: each function is for one role, which one account has at first, and which passes on without a gap."""

from typing import Any

import pytest

from tests.contracts.badges import BadgeKind, badge_entry
from tests.contracts.chain import PEOPLE, Deployed
from tests.contracts.ledger import CAFE, CINEMA, ROOT, UNREGISTERED, Kind, entry

FIRST_BATCH: dict[str, tuple[Any, ...]] = {
    "ledger": (1, ROOT, entry(Kind.ACCRUAL, 1)),
    "roots": (1, ROOT, ROOT, 1),
    "badges": (1, badge_entry(BadgeKind.AWARD)),
}
PARTNER_CALLS = {
    "registerPartner": (UNREGISTERED, 1),
    "setLimit": (CINEMA, 1),
    "suspend": (CINEMA,),
    "reinstate": (CAFE,),
}
ROLES_OF = {
    "ledger": ("admin", "recorder", "registrar", "pauser"),
    "roots": ("admin", "recorder", "pauser"),
    "badges": ("admin", "recorder", "pauser"),
}
CALLS = [
    (name, role, function, arguments)
    for name in FIRST_BATCH
    for role, function, arguments in (
        ("recorder", "record", FIRST_BATCH[name]),
        ("pauser", "pause", ()),
        ("pauser", "unpause", ()),
        *(("registrar", function, arguments) for function, arguments in PARTNER_CALLS.items() if name == "ledger"),
    )
]


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Deployed:
    return request.getfixturevalue(request.param)


every_contract = pytest.mark.parametrize("contract", FIRST_BATCH, indirect=True)
every_call = pytest.mark.parametrize(("contract", "role", "function", "arguments"), CALLS, indirect=["contract"])


def ready(contract: Deployed, function: str) -> None:
    """Bring about what the call undoes, so that it could succeed."""
    if function == "unpause":
        contract.call("pause")
    if function == "reinstate":
        contract.call("suspend", CAFE)


@every_call
def test_call__by_anyone_without_the_role__refused(
    contract: Deployed, role: str, function: str, arguments: tuple[Any, ...]
) -> None:
    ready(contract, function)
    for caller in set(PEOPLE) - {role}:
        with contract.refuses_without_role(caller, contract.role(role)):
            contract.call(function, *arguments, by=caller)
    contract.call(function, *arguments, by=role)


@every_call
def test_call__once_the_role_is_revoked__refused(
    contract: Deployed, role: str, function: str, arguments: tuple[Any, ...]
) -> None:
    ready(contract, function)
    contract.call("revokeRole", contract.role(role), contract.chain.address(role))
    with contract.refuses_without_role(role, contract.role(role)):
        contract.call(function, *arguments, by=role)


@pytest.mark.parametrize(
    ("contract", "role"), [(name, role) for name in ROLES_OF for role in ROLES_OF[name]], indirect=["contract"]
)
def test_deployment__gives_each_role_to_one_account(contract: Deployed, role: str) -> None:
    accounts = {person: contract.chain.address(person) for person in PEOPLE} | {
        "deployer": contract.chain.funder.address
    }
    assert [name for name, account in accounts.items() if contract.read("hasRole", contract.role(role), account)] == [
        role
    ]


@every_contract
def test_role__granted_by_anyone_but_the_admin__refused(contract: Deployed) -> None:
    recording, successor = contract.role("recorder"), contract.chain.address("successor")
    for caller in set(PEOPLE) - {"admin"}:
        with contract.refuses_without_role(caller, contract.role("admin")):
            contract.call("grantRole", recording, successor, by=caller)


@every_contract
def test_role__passed_on__no_batch_waits(contract: Deployed, request: pytest.FixtureRequest) -> None:
    """Grant to the new one, both may record, revoke from the old one."""
    first, second, third, fourth = batches(request.node.callspec.params["contract"])
    role = contract.role("recorder")
    contract.call("record", *first, by="recorder")
    contract.call("grantRole", role, contract.chain.address("successor"))
    contract.call("record", *second, by="recorder")
    contract.call("record", *third, by="successor")
    contract.call("revokeRole", role, contract.chain.address("recorder"))

    with contract.refuses_without_role("recorder", role):
        contract.call("record", *fourth, by="recorder")
    contract.call("record", *fourth, by="successor")
    assert contract.read("nextSequence") == 5


@every_contract
def test_admin__passed_on__the_old_one_grants_nothing_any_more(contract: Deployed) -> None:
    admin = contract.role("admin")
    contract.call("grantRole", admin, contract.chain.address("successor"))
    contract.call("revokeRole", admin, contract.chain.address("admin"), by="successor")
    with contract.refuses_without_role("admin", admin):
        contract.call("grantRole", contract.role("pauser"), contract.chain.address("admin"), by="admin")


@every_contract
def test_paused__no_batch_is_taken_until_unpaused(contract: Deployed, request: pytest.FixtureRequest) -> None:
    (batch, *_) = batches(request.node.callspec.params["contract"])
    contract.call("pause")
    with contract.refuses("EnforcedPause"):
        contract.call("record", *batch)
    with contract.refuses("EnforcedPause"):
        contract.call("pause")
    contract.call("unpause")
    contract.call("record", *batch)
    with contract.refuses("ExpectedPause"):
        contract.call("unpause")


def batches(name: str) -> list[tuple[Any, ...]]:
    """Four batches for the contract of this name."""
    entries = [badge_entry(BadgeKind.AWARD, badge=i) for i in range(4)]
    return [
        (sequence, entries[sequence - 1]) if name == "badges" else (sequence, *FIRST_BATCH[name][1:])
        for sequence in range(1, 5)
    ]
