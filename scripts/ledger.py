"""``coalition ledger``: what operators do with the token ledger, and what anybody does to check it."""

from dataclasses import asdict, replace

import click
from eth_utils.address import is_address, to_checksum_address

from coalition.config import ROLES, LedgerMode, Settings
from coalition.ledger import deployments
from coalition.ledger.chains import Chain, open_chain
from coalition.ledger.keys import Keyring
from coalition.ledger.lease import RECORDER, Lease
from coalition.ledger.reconciliation.reconcile import reconcile as compare
from coalition.ledger.recorder import Recorder
from coalition.services import ledger as service
from coalition.store.database import transaction
from scripts.administering import administering
from scripts.audit import audit
from scripts.composition import CLOCK, new_recorder, open_coalition
from scripts.output import dry_run_option, json_option, people, print_json, print_table, refusals_exit
from scripts.reconcile import show as show_differences
from scripts.record import drain_visibly


@click.group()
def ledger() -> None:
    """Operate the token ledger: its state, its accounts, replaying it elsewhere, and checking it from outside."""


ledger.add_command(audit)


@ledger.command()
@json_option
@refusals_exit
def status(as_json: bool) -> None:
    """Show how far the chain is behind the journal, where the ledger is, and what the contract refused."""
    open_coalition(Settings.from_environment())
    found = asdict(service.status())
    refused = service.refused_entries()
    if as_json:
        print_json(found | {"refused_entries": refused})
        return
    print_table("Ledger", ("what", "is"), [(name.replace("_", " "), _told(value)) for name, value in found.items()])
    if refused:
        print_table("Refused entries", ("entry", "reason"), [(each["entry"], each["reason"]) for each in refused])


@ledger.command()
@json_option
@refusals_exit
def accounts(as_json: bool) -> None:
    """Show the account of each role, making those that are missing: on a chain of others they need something to pay
    for gas with before the ledger can be created."""
    settings = Settings.from_environment()
    open_coalition(settings)
    known = deployments.ensure_accounts(Keyring(settings))
    if as_json:
        print_json(known)
    else:
        print_table("Accounts", ("role", "address"), list(known.items()))


@ledger.command()
@click.option("--chain-url", help="The chain to record on from now on; default: the present one, with a new contract.")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in LedgerMode]), help="Record every entry, or roots only."
)
@dry_run_option
@json_option
@refusals_exit
def rebuild(chain_url: str | None, mode: str | None, dry_run: bool, as_json: bool) -> None:
    """Replay the journal to a new contract, on this or another chain: the same batches, so the same head. Then
    reconcile.

    The old contract stays as it is. Stop the worker before, and point COALITION_CHAIN_URL at the chain afterwards.
    """
    settings = Settings.from_environment()
    settings = replace(
        settings,
        chain_url=chain_url or settings.chain_url,
        ledger_mode=LedgerMode(mode) if mode else settings.ledger_mode,
    )
    open_coalition(settings)
    lease = Lease(RECORDER)
    lease.hold(CLOCK.now())
    try:
        with open_chain(settings) as chain:
            recorder = _new_ledger(chain, settings, lease, dry_run)
            if recorder is None:
                return
            drain_visibly(recorder, "replaying", service.recorded_entries() + service.status().backlog)
            result = compare(recorder.contract, quick=True)
    finally:
        lease.release()
    people.print(f"The ledger is now {recorder.contract.address} on chain {recorder.outbox.chain_id}")
    show_differences(result, as_json)


def _new_ledger(chain: Chain, settings: Settings, lease: Lease, dry_run: bool) -> Recorder | None:
    chain_id = chain.node.chain_id()
    if dry_run:
        entries = service.recorded_entries() + service.status().backlog
        people.print(f"dry run: {entries} entries would be replayed to a new contract on chain {chain_id}", style="dim")
        return None
    # Before anything is forgotten, so that the accounts stay if they cannot pay yet; and what takes long, before
    # others that write have to wait.
    keyring = Keyring(settings)
    accounts = deployments.ensure_accounts(keyring)
    for account in accounts.values():
        chain.ensure_funds(account)
    keyring.signer(accounts["admin"])
    with transaction():
        deployments.unbind()
        return new_recorder(chain, settings, keyring, lease)


@ledger.command()
@click.argument("role", type=click.Choice(ROLES))
@click.option("--to", help="The account that is to have the role; default: a new one.")
@json_option
@refusals_exit
def rotate(role: str, to: str | None, as_json: bool) -> None:
    """Give a role to another account, and take it from every other that has it; recording goes on meanwhile.

    If it was interrupted, give it again, --to the account that it named.
    """
    if to is not None and not is_address(to):
        raise click.BadParameter(f"{to} is not an address", param_hint="--to")
    settings = Settings.from_environment()
    open_coalition(settings)
    keyring = Keyring(settings)
    new = to_checksum_address(to) if to else keyring.new_account(role)
    keyring.signer(new)
    if to is None:
        hint = (
            f"The new account is {new}. If this is interrupted, go on with: coalition ledger rotate {role} --to {new}"
        )
        people.print(hint, soft_wrap=True)
    with administering(settings, keyring) as administrator:
        old = administrator.rotate(role, new)
    if as_json:
        print_json({"role": role, "account": new, "before": old})
    else:
        print(f"{new} is {role} now, and no other account")


@ledger.command()
@refusals_exit
def pause() -> None:
    """Have the contracts refuse everything, at once. Tills go on; what they sell waits for unpause."""
    _set_paused(True)
    print("The ledger is paused")


@ledger.command()
@refusals_exit
def unpause() -> None:
    """Have the contracts accept batches again."""
    _set_paused(False)
    print("The ledger is recording again")


def _set_paused(paused: bool) -> None:
    settings = Settings.from_environment()
    open_coalition(settings)
    with administering(settings, Keyring(settings)) as administrator:
        administrator.set_paused(paused)


@ledger.command()
@json_option
@refusals_exit
def retry(as_json: bool) -> None:
    """Have the entries recorded that the contract refused, once what was wrong is mended."""
    open_coalition(Settings.from_environment())
    entries = service.retry_refused()
    if as_json:
        print_json({"entries": entries})
    else:
        print(f"{entries} entries wait to be recorded again")


def _told(value: object) -> str:
    return "—" if value is None else str(value)
