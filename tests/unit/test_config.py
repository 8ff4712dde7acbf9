from pathlib import Path

import pytest

from coalition.config import LedgerMode, Settings
from coalition.errors import InvalidSetting

SIGNER = "https://signer.internal:9000"
ADDRESSES = {
    "admin": "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
    "recorder": "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF",
    "registrar": "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69",
    "pauser": "0x1efF47bc3a10a45D4B230B5d10E37751FE6AA718",
}
ACCOUNTS = ",".join(f"{role}={address}" for role, address in ADDRESSES.items())


def test_settings__nothing_said__embedded_defaults():
    settings = Settings.from_environment({})

    assert settings.data_dir == Path("var").absolute()
    assert settings.database_url == f"sqlite:///{settings.data_dir}/coalition.db"
    assert (settings.chain_url, settings.port, settings.confirmations) == (None, 8000, 0)
    assert settings.ledger_mode is LedgerMode.FULL
    assert (settings.key_passphrase, settings.key_passphrase_file, settings.signer_url) == (None, None, None)
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.sms is None


@pytest.mark.parametrize("chain_url", [None, "http://127.0.0.1:8545"])
def test_settings__handed_to_a_child_process__the_same_there(tmp_path, chain_url):
    settings = Settings(tmp_path, "postgresql://127.0.0.1/points", chain_url, 8123, 12)

    assert Settings.from_environment(settings.to_environment()) == settings


@pytest.mark.parametrize(
    "guard", [{"key_passphrase": " correct horse, battery=staple "}, {"key_passphrase_file": Path("/run/passphrase")}]
)
def test_settings__keys_and_signer_handed_to_a_child_process__the_same_there(tmp_path, guard):
    settings = Settings(
        tmp_path, "sqlite:///c.db", None, 0, 0, LedgerMode.ROOTS, **guard, signer_url=SIGNER, signer_accounts=ADDRESSES
    )

    assert Settings.from_environment(settings.to_environment()) == settings


def test_passphrase__settings_shown__is_not_among_them():
    assert "battery" not in repr(Settings.from_environment({"COALITION_KEY_PASSPHRASE": "horse battery"}))


def test_passphrase__given_twice__refused_and_not_told():
    environ = {"COALITION_KEY_PASSPHRASE": "horse battery", "COALITION_KEY_PASSPHRASE_FILE": "/run/passphrase"}

    with pytest.raises(InvalidSetting, match="left out where COALITION_KEY_PASSPHRASE_FILE is given") as refusal:
        Settings.from_environment(environ)
    assert "battery" not in str(refusal.value)


@pytest.mark.parametrize(("chain_url", "ours"), [(None, True), ("tester://", True), ("http://127.0.0.1:8545", False)])
def test_chain__given_by_url__is_not_ours(tmp_path, chain_url, ours):
    assert Settings(tmp_path, "", chain_url, 0, 0).chain_is_ours is ours


@pytest.mark.parametrize("url", ["http://user:s3cret@node:8545/v2/KEY?a=b", "https://node", "tester://"])
def test_chain_url__of_a_node_or_in_process__used_and_handed_on_and_not_shown(url):
    settings = Settings.from_environment({"COALITION_CHAIN_URL": url})

    assert settings.chain_url == url
    assert Settings.from_environment(settings.to_environment()) == settings
    assert url not in repr(settings)


@pytest.mark.parametrize("url", ["us:s3cret@node:8545", "ws://s3cret", "http://", "http://s3cret:port", "tester://x"])
def test_chain_url__of_another_kind__refused_and_not_told(url):
    with pytest.raises(InvalidSetting, match="http://…, https://… or tester://") as refusal:
        Settings.from_environment({"COALITION_CHAIN_URL": url})
    assert "s3cret" not in str(refusal.value)


def test_ledger_mode__unknown__refused():
    with pytest.raises(InvalidSetting, match="full or roots"):
        Settings.from_environment({"COALITION_LEDGER_MODE": "ROOTS"})


@pytest.mark.parametrize("url", ["signer:9000", "ftp://signer", "http://", "http://signer:port"])
def test_signer_url__not_http__refused(url):
    with pytest.raises(InvalidSetting, match="http://… or https://…"):
        Settings.from_environment({"COALITION_SIGNER_URL": url, "COALITION_SIGNER_ACCOUNTS": ACCOUNTS})


def test_signer_url__with_a_password__refused_and_not_told():
    with pytest.raises(InvalidSetting, match="a URL without") as refusal:
        Settings.from_environment({"COALITION_SIGNER_URL": "https://us:battery@signer"})
    assert "battery" not in str(refusal.value)


def test_signer_accounts__lower_case_and_spaces__checksummed():
    written = ACCOUNTS.lower().replace(",", ", ")

    settings = Settings.from_environment({"COALITION_SIGNER_URL": SIGNER, "COALITION_SIGNER_ACCOUNTS": written})

    assert settings.signer_accounts == ADDRESSES


@pytest.mark.parametrize(
    "accounts",
    [
        "",
        f"recorder={ADDRESSES['recorder']}",
        ACCOUNTS.replace("pauser", "admin"),
        ACCOUNTS.replace("pauser", "auditor"),
        ACCOUNTS + f",pauser={ADDRESSES['pauser']}",
        ACCOUNTS[:-1],
        # One letter's case is wrong, so it may be a typing mistake.
        ACCOUNTS.replace("0x7E5F", "0x7e5F"),
    ],
)
def test_signer_accounts__not_one_valid_address_for_each_role__refused(accounts):
    with pytest.raises(InvalidSetting, match="admin=0x…,recorder=0x…,registrar=0x…,pauser=0x…"):
        Settings.from_environment({"COALITION_SIGNER_URL": SIGNER, "COALITION_SIGNER_ACCOUNTS": accounts})


def test_signer_accounts__without_a_signer__refused():
    with pytest.raises(InvalidSetting, match="left out where COALITION_SIGNER_URL is"):
        Settings.from_environment({"COALITION_SIGNER_ACCOUNTS": ACCOUNTS})


def test_public_url__not_said__is_this_machine_at_its_port():
    assert Settings.from_environment({"COALITION_PORT": "8123"}).public_url == "http://127.0.0.1:8123"


@pytest.mark.parametrize("url", ["https://points.example", "http://points.example:81/loyalty"])
def test_public_url__given__is_used_and_handed_to_a_child_process(url):
    settings = Settings.from_environment({"COALITION_PUBLIC_URL": url})

    assert settings.public_url == url
    assert Settings.from_environment(settings.to_environment()) == settings


@pytest.mark.parametrize("url", ["points.example", "ftp://points.example", "https://", "https://points.example:port"])
def test_public_url__not_http__refused(url):
    with pytest.raises(InvalidSetting, match=r"COALITION_PUBLIC_URL .* http://… or https://…"):
        Settings.from_environment({"COALITION_PUBLIC_URL": url})


@pytest.mark.parametrize("end", ["/", "/loyalty/", "?a=b", "#top", "/{id}", " "])
def test_public_url__no_path_can_follow__refused(end):
    with pytest.raises(InvalidSetting, match="no slash at its end"):
        Settings.from_environment({"COALITION_PUBLIC_URL": f"https://points.example{end}"})


@pytest.mark.parametrize("sms", ["log", "acme:Gateway", "acme.sms:factory.gateway"])
def test_sms__given__is_used_and_handed_to_a_child_process(sms):
    settings = Settings.from_environment({"COALITION_SMS": sms})

    assert settings.sms == sms
    assert Settings.from_environment(settings.to_environment()) == settings


@pytest.mark.parametrize("sms", ["yes", "LOG", "acme:", ":Gateway", "acme:Gateway()", "https://sms.example"])
def test_sms__of_another_kind__refused(sms):
    with pytest.raises(InvalidSetting, match="log, or module:callable"):
        Settings.from_environment({"COALITION_SMS": sms})
