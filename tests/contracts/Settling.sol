// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ISettlement} from "../../contracts/ISettlement.sol";
import {Settlement} from "../../contracts/Settlement.sol";
import {Coalition, packed} from "./Coalition.sol";
import {ADMIN, RECORDER, REGISTRAR, VM} from "./Trial.sol";

/// @dev The part of forge's cheat codes that has to do with keys and time.
interface KeyVm {
    function addr(uint256 key) external returns (address);
    function sign(uint256 key, bytes32 digest) external returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 time) external;
}

KeyVm constant KEYS = KeyVm(address(uint160(uint256(keccak256("hevm cheat code")))));

bytes3 constant USD = "USD";
bytes3 constant EUR = "EUR";

/// @title A coalition that settles: points that become debts, and keys of partners that sign.
abstract contract Settling is Coalition {
    /// @dev Two minor units a point in dollars, half of one in euros.
    uint64 internal constant DOLLARS = 2_000_000;
    uint64 internal constant EUROS = 500_000;

    Settlement internal immutable SETTLEMENT;

    constructor() {
        bytes memory arguments = abi.encode(address(LEDGER));
        SETTLEMENT = Settlement(VM.deployCode("Settlement.sol:Settlement", arguments));
        _as(ADMIN);
        SETTLEMENT.setCeiling(USD, DOLLARS);
        _as(ADMIN);
        SETTLEMENT.setCeiling(EUR, EUROS);
        for (uint256 i = 0; i < partners.length; ++i) {
            _as(REGISTRAR);
            LEDGER.setLimit(partners[i], 1_000_000);
        }
    }

    function _as(address caller) internal {
        VM.prank(caller);
    }

    /// @dev The key that is the partner's: any number but zero.
    function _key(uint16 partner) internal pure returns (uint256) {
        return uint256(partner) + 1_000;
    }

    function _registerKeys() internal {
        uint16[4] memory parties = [uint16(0), 1, 2, 3];
        for (uint256 i = 0; i < parties.length; ++i) {
            _as(REGISTRAR);
            SETTLEMENT.registerKey(parties[i], KEYS.addr(_key(parties[i])));
        }
    }

    /// @dev From now on the issuer owes the redeemer so many points more.
    function _redeem(uint16 issuer, uint16 redeemer, uint56 points) internal {
        _record(
            abi.encodePacked(
                packed(1, issuer, issuer, points, members[0]), packed(2, issuer, redeemer, points, members[0])
            )
        );
    }

    /// @dev So many points less, and the member spends them no more.
    function _giveBack(uint16 issuer, uint16 redeemer, uint56 points) internal {
        _record(
            abi.encodePacked(
                packed(4, issuer, redeemer, points, members[0]), packed(5, issuer, issuer, points, members[0])
            )
        );
    }

    function _record(bytes memory entries) private {
        uint64 sequence = LEDGER.nextSequence();
        _as(RECORDER);
        LEDGER.record(sequence, 0, entries);
    }

    function _claims(uint16 issuer, uint16 redeemer, int64 points, int128 paid, int128 got)
        internal
        pure
        returns (ISettlement.Claim[] memory claims)
    {
        claims = new ISettlement.Claim[](1);
        claims[0] = ISettlement.Claim(issuer, redeemer, USD, false, points, paid, got);
    }

    function _statements(uint16 partner, bytes3 currency, int128 position, int128 other)
        internal
        pure
        returns (ISettlement.StatementOf[] memory statements)
    {
        statements = new ISettlement.StatementOf[](1);
        statements[0] = ISettlement.StatementOf(partner, currency, _root(partner, currency), position, other);
    }

    function _root(uint16 partner, bytes3 currency) internal pure returns (bytes32) {
        return keccak256(abi.encode("statement", partner, currency));
    }

    /// @dev The signature of a struct, worked out as EIP-712 has it, and not as the contract does.
    function _sign(uint256 key, string memory structType, bytes memory fields) internal returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Coalition Settlement"),
                keccak256("1"),
                block.chainid,
                address(SETTLEMENT)
            )
        );
        bytes32 structHash = keccak256(bytes.concat(keccak256(bytes(structType)), fields));
        (uint8 v, bytes32 r, bytes32 s) = KEYS.sign(key, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    function _acknowledgement(uint256 key, uint32 period, uint16 partner, bytes3 currency, bytes32 root, int128 minor)
        internal
        returns (bytes memory)
    {
        return _sign(
            key,
            "Acknowledgement(uint32 period,uint16 partner,bytes3 currency,bytes32 root,int128 positionMinor)",
            abi.encode(period, partner, currency, root, minor)
        );
    }

    function _dispute(uint256 key, uint32 period, uint16 partner, bytes3 currency, bytes32 lines)
        internal
        returns (bytes memory)
    {
        return _sign(
            key,
            "Dispute(uint32 period,uint16 partner,bytes3 currency,bytes32 root,bytes32 lines)",
            abi.encode(period, partner, currency, _root(partner, currency), lines)
        );
    }

    function _payment(
        uint256 key,
        uint32 period,
        uint16 payer,
        uint16 payee,
        bytes3 currency,
        uint128 amount,
        uint64 number
    ) internal returns (bytes memory) {
        return _sign(
            key,
            "Payment(uint32 period,uint16 payer,uint16 payee,bytes3 currency,uint128 amountMinor,uint64 number)",
            abi.encode(period, payer, payee, currency, amount, number)
        );
    }
}
