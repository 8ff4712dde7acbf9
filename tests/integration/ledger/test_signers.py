"""Keys are kept encrypted and to ourselves; an external signer is asked, and not believed."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import rlp
from eth_account import Account

from coalition.config import ROLES, Settings
from coalition.errors import InvalidSetting
from coalition.ledger import chains, keys
from coalition.ledger.chains import Anvil
from coalition.ledger.errors import (
    DamagedKey,
    ExposedKey,
    MissingKey,
    MissingPassphrase,
    SignerAnsweredWrong,
    SignerLacksAccount,
    SignerUnavailable,
    WrongPassphrase,
)
from coalition.ledger.keys import Keyring
from coalition.ledger.signers import KeySigner, Web3Signer
from scripts.up import Supervisor

ACCOUNT, OTHER = Account.from_key("0x" + "11" * 32), Account.from_key("0x" + "22" * 32)
NODE = "http://127.0.0.1:8545"
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
CALL = {
    "type": 2,
    "chainId": 31337,
    "nonce": 7,
    "value": 0,
    "gas": 16_000_000,
    "maxFeePerGas": 3 * 10**9,
    "maxPriorityFeePerGas": 10**9,
    "to": OTHER.address,
    "data": b"\x00\x01 calldata",
}
CREATION = {name: value for name, value in CALL.items() if name != "to"}


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A given passphrase is slow to try, which is for production."""
    monkeypatch.setattr(keys, "_COST", 2)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """The settings of this test's data directory, as another process may have them."""
    return lambda chain_url=None, **more: Settings(tmp_path / "data", "", chain_url, 0, 0, **more)


def stored(tmp_path: Path, address: str) -> Path:
    return tmp_path / "data" / "keys" / f"{address.lower()}.json"


# Keystores


def test_key__made__signs_for_its_address_in_the_next_process(settings):
    address = Keyring(settings()).new_account("recorder")

    signed = Keyring(settings()).signer(address).sign(CALL)

    assert Account.recover_transaction(signed.signed_bytes) == address


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_key__made__is_on_disk_only_encrypted_and_only_for_us(tmp_path, settings, monkeypatch, passphrase):
    monkeypatch.setattr(keys.Account, "create", lambda: ACCOUNT)

    address = Keyring(settings(key_passphrase=passphrase)).new_account("recorder")

    directory = tmp_path / "data" / "keys"
    files = {path.name: path for path in directory.iterdir()}
    assert set(files) == {f"{address.lower()}.json"} | (set() if passphrase else {"passphrase"})
    assert not any(bytes(ACCOUNT.key).hex() in path.read_text().lower() for path in files.values())
    assert {path.stat().st_mode & 0o777 for path in files.values()} == {0o600}
    assert directory.stat().st_mode & 0o777 == 0o700
    keystore = json.loads(files[f"{address.lower()}.json"].read_text())
    assert (keystore["version"], keystore["crypto"]["kdf"]) == (3, "scrypt")


def test_key__of_a_given_passphrase__is_slow_to_try(tmp_path, settings, monkeypatch):
    monkeypatch.undo()
    asked = []
    monkeypatch.setattr(keys, "create_keyfile_json", lambda *_, **how: asked.append(how) or {})

    Keyring(settings(key_passphrase="correct horse")).new_account("recorder")

    assert asked == [{"kdf": "scrypt", "iterations": 2**18}]


def test_key__from_another_wallet__opens(tmp_path, settings):
    path = stored(tmp_path, ACCOUNT.address)
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(Account.encrypt(ACCOUNT.key, "correct horse", "pbkdf2", 2)))
    path.chmod(0o600)

    signer = Keyring(settings(NODE, key_passphrase="correct horse")).signer(ACCOUNT.address.lower())

    assert signer.address == ACCOUNT.address


def test_key__asked_for_again__is_opened_once(settings, monkeypatch):
    address = Keyring(settings()).new_account("recorder")
    keyring = Keyring(settings())
    first = keyring.signer(address)
    monkeypatch.delattr(keys, "decode_keyfile_json")

    assert keyring.signer(address) is first


def test_key__not_there__names_address_and_directory(tmp_path, settings):
    with pytest.raises(MissingKey) as refusal:
        Keyring(settings()).signer(ACCOUNT.address)

    assert refusal.value == MissingKey(ACCOUNT.address, str(tmp_path / "data" / "keys"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
@pytest.mark.parametrize("which", ["key", "made passphrase", "given passphrase"])
def test_key__others_can_get_at_it_or_its_passphrase__refused(tmp_path, settings, which, mode):
    given = tmp_path / "given"
    given.write_text("correct horse\n")
    given.chmod(0o600)
    chosen = settings(key_passphrase_file=given if which == "given passphrase" else None)
    address = Keyring(chosen).new_account("recorder")
    key = stored(tmp_path, address)
    exposed = {"key": key, "made passphrase": key.with_name("passphrase"), "given passphrase": given}[which]
    exposed.chmod(mode)

    with pytest.raises(ExposedKey, match=f"chmod 600 {exposed}$"):
        Keyring(chosen).signer(address)


@pytest.mark.parametrize("content", ["", "garbage", "[]", "{}", '{"version": 3, "crypto": []}', "\xff\x00"])
def test_key__not_a_keystore__named(tmp_path, settings, content):
    address = Keyring(settings()).new_account("recorder")
    stored(tmp_path, address).write_text(content, encoding="latin-1")

    with pytest.raises(DamagedKey) as refusal:
        Keyring(settings()).signer(address)
    assert refusal.value.path == str(stored(tmp_path, address))


def test_key__keystore_of_another_address__named(tmp_path, settings):
    first, second = (Keyring(settings()).new_account(role) for role in ("admin", "recorder"))
    stored(tmp_path, first).rename(stored(tmp_path, second))

    with pytest.raises(DamagedKey, match=first):
        Keyring(settings()).signer(second)


# Passphrases


def test_passphrase__wrong__names_the_keystore(tmp_path, settings):
    address = Keyring(settings(key_passphrase="correct horse")).new_account("recorder")

    with pytest.raises(WrongPassphrase) as refusal:
        Keyring(settings(key_passphrase="battery staple")).signer(address)
    assert refusal.value == WrongPassphrase(str(stored(tmp_path, address)))


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_passphrase__in_a_file__without_its_line_end(tmp_path, settings, end):
    given = tmp_path / "given"
    given.write_bytes(b"correct horse" + end.encode())
    given.chmod(0o600)
    address = Keyring(settings(NODE, key_passphrase="correct horse")).new_account("recorder")

    assert Keyring(settings(NODE, key_passphrase_file=given)).signer(address).address == address


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_passphrase__file_without_one__refused(tmp_path, settings, content):
    given = tmp_path / "given"
    if content is not None:
        given.write_text(content)
        given.chmod(0o600)

    with pytest.raises(InvalidSetting, match="COALITION_KEY_PASSPHRASE_FILE"):
        Keyring(settings(key_passphrase_file=given)).new_account("recorder")


def test_passphrase__none_for_a_chain_given_by_url__refused(tmp_path, settings):
    with pytest.raises(MissingPassphrase, match=r"COALITION_KEY_PASSPHRASE_FILE.* or COALITION_KEY_PASSPHRASE "):
        Keyring(settings(NODE)).new_account("recorder")
    assert not (tmp_path / "data" / "keys").exists()


def test_passphrase__made_here__opens_for_a_chain_by_url_only_where_it_is_named(tmp_path, settings):
    address = Keyring(settings()).new_account("recorder")
    made = stored(tmp_path, address).with_name("passphrase")

    with pytest.raises(MissingPassphrase):
        Keyring(settings(NODE)).signer(address)
    with pytest.raises(MissingPassphrase):
        Keyring(settings(NODE)).new_account("recorder")
    assert Keyring(settings(NODE, key_passphrase_file=made)).signer(address).address == address


@pytest.mark.parametrize("chain_url", [None, "tester://"])
def test_passphrase__lost_beside_keys__no_second_one_is_made(tmp_path, settings, chain_url):
    address = Keyring(settings(chain_url)).new_account("recorder")
    stored(tmp_path, address).with_name("passphrase").unlink()

    with pytest.raises(MissingPassphrase):
        Keyring(settings(chain_url)).signer(address)
    with pytest.raises(MissingPassphrase):
        Keyring(settings(chain_url)).new_account("recorder")


def test_passphrase__another_process_makes_it_meanwhile__both_use_the_same(settings, monkeypatch):
    token_hex, made = keys.secrets.token_hex, []

    def while_another_does_too(size: int) -> str:
        monkeypatch.setattr(keys.secrets, "token_hex", token_hex)
        made.append(Keyring(settings()).new_account("admin"))
        return token_hex(size)

    monkeypatch.setattr(keys.secrets, "token_hex", while_another_does_too)
    made.append(Keyring(settings()).new_account("recorder"))

    assert [Keyring(settings()).signer(address).address for address in made] == made


def test_passphrase__four_processes_start_at_once__all_use_the_same(settings):
    at_once = threading.Barrier(4)

    def start(role: str) -> str:
        at_once.wait(10)
        return Keyring(settings()).new_account(role)

    with ThreadPoolExecutor(4) as processes:
        made = list(processes.map(start, ROLES))

    assert [Keyring(settings()).signer(address).address for address in made] == made


# Signing


@pytest.mark.parametrize("fields", [CALL, CREATION, {**CALL, "nonce": 0, "data": b""}, {**CALL, "data": bytes(58_000)}])
def test_signature__of_a_key__is_the_one_of_eth_account(fields):
    signed = KeySigner(ACCOUNT).sign(fields)

    expected = ACCOUNT.sign_transaction(fields)
    assert signed == ("0x" + expected.hash.hex(), bytes(expected.raw_transaction))


# The external signer

Answer = Callable[[dict[str, Any]], Any]


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def call(self) -> dict[str, Any]:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))


def signs(asked: dict[str, Any], account=ACCOUNT, **changes: Any) -> str:
    """What an honest signer that knows JSON-RPC's own fields answers, but for the changes."""
    known = ("nonce", "gas", "value", "to", "data", "maxFeePerGas", "maxPriorityFeePerGas")
    assert asked["from"] == ACCOUNT.address
    fields = {name: asked[name] for name in known if name in asked} | {"chainId": 31337, "type": 2} | changes
    return "0x" + account.sign_transaction(fields).raw_transaction.hex()


@contextmanager
def web3signer(sign: Answer = signs, accounts: Any = None) -> Iterator[str]:
    class Handler(Quiet):
        def do_POST(self) -> None:
            call = self.call()
            listed = accounts or [ACCOUNT.address.lower()]
            result = listed if call["method"] == "eth_accounts" else sign(call["params"][0])
            self.answer(200, json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": result}).encode())

    with serving(Handler) as url:
        yield url


@pytest.mark.parametrize("fields", [CALL, CREATION], ids=["call", "creation"])
def test_external_signer__honest__signs_as_the_key_would(fields):
    with web3signer() as url:
        assert Web3Signer(url, ACCOUNT.address).sign(fields) == KeySigner(ACCOUNT).sign(fields)


def high_s(asked: dict[str, Any]) -> str:
    """The other signature that says the same."""
    items = rlp.decode(bytes.fromhex(signs(asked)[4:]))
    parity, s = items[-3], int.from_bytes(items[-1], "big")
    items[-3], items[-1] = b"" if parity else b"\x01", (2 * HALF_ORDER + 1 - s).to_bytes(32, "big")
    return "0x02" + rlp.encode(items).hex()


def with_signature(asked: dict[str, Any], *signature: Any) -> str:
    items = rlp.decode(bytes.fromhex(signs(asked)[4:]))
    return "0x02" + rlp.encode([*items[:-3], *signature]).hex()


def with_zero(asked: dict[str, Any]) -> str:
    """The right signature, in a form that nodes do not take."""
    parity, r, s = rlp.decode(bytes.fromhex(signs(asked)[4:]))[-3:]
    return with_signature(asked, parity, b"\0" + r, s)


LIES = {
    "another nonce": (lambda asked: signs(asked, nonce=8), "another nonce than"),
    "another chain": (lambda asked: signs(asked, chainId=1), "another chainId than"),
    "another receiver": (lambda asked: signs(asked, to=ACCOUNT.address), "another to than"),
    "a creation": (lambda asked: signs(asked, to=b""), "another to than"),
    "other data": (lambda asked: signs(asked, data=b"other"), "another data than"),
    "a payment": (lambda asked: signs(asked, value=1), "another value than"),
    "more gas": (lambda asked: signs(asked, gas=16_000_001), "another gas than"),
    "higher fee": (lambda asked: signs(asked, maxFeePerGas=4 * 10**9), "another maxFeePerGas than"),
    "higher tip": (lambda asked: signs(asked, maxPriorityFeePerGas=2 * 10**9), "another maxPriorityFeePerGas than"),
    "access list": (
        lambda asked: signs(asked, accessList=[{"address": OTHER.address, "storageKeys": []}]),
        "another accessList than",
    ),
    "another sender": (lambda asked: signs(asked, OTHER), f"signed by {OTHER.address}, not by {ACCOUNT.address}"),
    "high s": (high_s, "this form of its signature"),
    "zero before r": (with_zero, "no signed transaction"),
    "no signature": (lambda asked: with_signature(asked, b"", b"", b""), "no signed transaction"),
    "no point": (lambda asked: with_signature(asked, b"", b"\xff" * 32, b"\x01" * 32), "no signed transaction"),
    "long numbers": (lambda asked: with_signature(asked, b"", b"\x01" * 40, b"\x01"), "no signed transaction"),
    "nested": (lambda asked: with_signature(asked, b"", [b"\x01"], b"\x01"), "no signed transaction"),
    "a legacy transaction": (
        lambda asked: "0x" + rlp.encode(rlp.decode(bytes.fromhex(signs(asked)[4:]))).hex(),
        "no signed transaction",
    ),
    "more after it": (lambda asked: signs(asked) + "00", "no signed transaction"),
    "less of it": (lambda asked: signs(asked)[:-2], "no signed transaction"),
    "garbage": (lambda _: "0x02garbage", "no signed transaction"),
    "nothing": (lambda _: "", "no signed transaction"),
    "null": (lambda _: None, "no signed transaction"),
    "an object": (lambda asked: {"raw": signs(asked)}, "no signed transaction"),
}


@pytest.mark.parametrize(("sign", "told"), LIES.values(), ids=LIES)
def test_external_signer__answers_something_else__not_used(sign, told):
    with web3signer(sign) as url, pytest.raises(SignerAnsweredWrong, match=told) as refusal:
        Web3Signer(url, ACCOUNT.address).sign(CALL)
    assert refusal.value.url == url


REFUSAL = b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "Signing from is not unlocked"}}'


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b"<html>log in</html>", "HTTP 200, not JSON-RPC"),
        (200, b"[]", "HTTP 200, not JSON-RPC"),
        (200, b"{}", "HTTP 200, not JSON-RPC"),
        (500, b"oops", "HTTP 500, not JSON-RPC"),
        (400, REFUSAL, "Signing from is not unlocked"),
    ],
)
def test_external_signer__no_answer_to_the_question__told(status, body, told):
    class Handler(Quiet):
        def do_POST(self) -> None:
            self.call()
            self.answer(status, body)

    with serving(Handler) as url, pytest.raises(SignerUnavailable, match=told):
        Web3Signer(url, ACCOUNT.address).sign(CALL)


@pytest.mark.parametrize("status", [302, 307, 308])
def test_external_signer__redirects__not_followed(status):
    with web3signer() as elsewhere:

        class Handler(Quiet):
            def do_POST(self) -> None:
                self.call()
                self.answer(status, b"", Location=elsewhere)

        with serving(Handler) as url, pytest.raises(SignerUnavailable, match=f"HTTP {status}"):
            Web3Signer(url, ACCOUNT.address).sign(CALL)


def test_external_signer__hangs__given_up():
    given_up = threading.Event()

    class Handler(Quiet):
        def do_POST(self) -> None:
            given_up.wait(1)

    with serving(Handler) as url:
        with pytest.raises(SignerUnavailable, match="Timeout"):
            Web3Signer(url, ACCOUNT.address, timeout_s=0.05).sign(CALL)
        given_up.set()


def test_external_signer__not_there__told():
    with web3signer() as url:
        pass
    with pytest.raises(SignerUnavailable, match="ConnectionError") as refusal:
        Web3Signer(url, ACCOUNT.address).sign(CALL)
    assert refusal.value.url == url


# The keyring with an external signer


def external(url: str) -> dict[str, Any]:
    accounts = dict.fromkeys(("admin", "registrar", "pauser"), OTHER.address) | {"recorder": ACCOUNT.address}
    return {"signer_url": url, "signer_accounts": accounts}


def test_external_account__the_signer_has_it__used_and_no_key_is_made(tmp_path, settings):
    with web3signer() as url:
        keyring = Keyring(settings(NODE, **external(url)))

        address = keyring.new_account("recorder")

        assert address == ACCOUNT.address
        assert keyring.signer(address).sign(CALL) == KeySigner(ACCOUNT).sign(CALL)
    assert not (tmp_path / "data").exists()


def test_external_account__the_signer_lacks_it__refused(settings):
    with web3signer() as url:
        with pytest.raises(SignerLacksAccount) as refusal:
            Keyring(settings(NODE, **external(url))).new_account("admin")
        assert refusal.value == SignerLacksAccount(OTHER.address, url)


@pytest.mark.parametrize("listed", [["0x12"], [7], [None]])
def test_external_account__the_signer_lists_something_else__refused(settings, listed):
    with web3signer(accounts=listed) as url, pytest.raises(SignerAnsweredWrong):
        Keyring(settings(NODE, **external(url))).new_account("recorder")


def test_external_account__a_keystore_from_before__still_signs(settings):
    address = Keyring(settings()).new_account("admin")
    with web3signer() as url:
        signer = Keyring(settings(**external(url))).signer(address)
    assert Account.recover_transaction(signer.sign(CALL).signed_bytes) == address


def test_passphrase__made_here_and_now_to_be_named__says_which_file(tmp_path, settings):
    address = Keyring(settings()).new_account("recorder")
    made = stored(tmp_path, address).with_name("passphrase")
    with pytest.raises(MissingPassphrase, match=f"COALITION_KEY_PASSPHRASE_FILE to {made},"):
        Keyring(settings(NODE)).signer(address)


@pytest.fixture
def started(monkeypatch) -> list[dict[str, str]]:
    """The environments that child processes are started with."""
    monkeypatch.setenv("COALITION_KEY_PASSPHRASE", "correct horse")
    environments: list[dict[str, str]] = []

    class Child:
        def __init__(self, command: object, env: dict[str, str], **more: object) -> None:
            environments.append(env)

        def poll(self) -> None:
            return None

    monkeypatch.setattr(subprocess, "Popen", Child)
    return environments


def test_up__passphrase_in_the_environment__only_the_worker_is_told(settings, started):
    supervisor = Supervisor(settings(key_passphrase="correct horse"))
    supervisor.settings.data_dir.mkdir(parents=True, exist_ok=True)
    for name in ("api", "worker"):
        supervisor._start(name)
    assert [environment.get("COALITION_KEY_PASSPHRASE") for environment in started] == [None, "correct horse"]


def test_anvil__passphrase_in_the_environment__is_not_told(tmp_path, started, monkeypatch):
    monkeypatch.setattr(chains, "answers", lambda url: True)
    Anvil(tmp_path / "anvil", tmp_path)._start_once()
    assert [environment.get("COALITION_KEY_PASSPHRASE") for environment in started] == [None]
    assert "PATH" in started[0]
