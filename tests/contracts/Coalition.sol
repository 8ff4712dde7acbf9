// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IPointsLedger} from "../../contracts/IPointsLedger.sol";
import {PointsLedger} from "../../contracts/PointsLedger.sol";
import {ADMIN, PAUSER, RECORDER, REGISTRAR, VM} from "./Trial.sol";

/// @dev One packed entry.
function packed(uint256 kind, uint256 issuer, uint256 partner, uint256 points, address member) pure returns (bytes32) {
    return bytes32((kind << 248) | (issuer << 232) | (partner << 216) | (points << 160) | uint160(member));
}

/**
 * @title A small coalition to try the ledger on, whose traffic random numbers become.
 *
 * @dev The partners' numbers are chosen to hurt: 1 to 3 share a page of obligations, 1 and 129 lie on the same line of
 * the open accounts, and so do 0, which is no partner's, and 128.
 */
abstract contract Coalition {
    /// @dev Kinds as often as they are to occur.
    bytes internal constant KINDS = hex"01010101010202020202030405060708";

    /// @dev Points that a partner has room to issue: few entries' worth, so that limits are met.
    uint56 internal constant ROOM = 128;

    PointsLedger internal immutable LEDGER;

    uint16[6] internal partners = [1, 2, 3, 128, 129, 65_535];
    address[4] internal members = [address(0xA11A), address(0xB0B1), address(0xC1A5), address(type(uint160).max)];

    constructor() {
        bytes memory arguments = abi.encode("Coalition Points", "POINTS", ADMIN, RECORDER, REGISTRAR, PAUSER);
        LEDGER = PointsLedger(VM.deployCode("PointsLedger.sol:PointsLedger", arguments));
        for (uint256 i = 0; i < partners.length; ++i) {
            VM.prank(REGISTRAR);
            LEDGER.registerPartner(partners[i], ROOM);
        }
    }

    /**
     * @dev An entry that a random number stands for. Mostly one that could be, so that batches have a history to work
     * on; one in thirty-two has a kind, a partner or a member that does not exist, or no points, or absurdly many.
     */
    function anEntry(uint256 random) internal view returns (bytes32) {
        uint256 kind = uint8(KINDS[random % KINDS.length]);
        uint256 issuer = partners[(random >> 8) % partners.length];
        uint256 partner = (random >> 16) % 4 == 0 ? issuer : partners[(random >> 24) % partners.length];
        uint256 points = 1 + (random >> 32) % 64;
        address member = members[(random >> 48) % members.length];
        uint256 oddity = (random >> 56) % 192;
        if (oddity == 0) kind = uint8(random >> 64);
        else if (oddity == 1) issuer = (random >> 64) % 2 * 130;
        else if (oddity == 2) partner = (random >> 64) % 2 * 130;
        else if (oddity == 3) points = 0;
        else if (oddity == 4) member = address(0);
        else if (oddity == 5) points = uint56(random >> 64);
        return packed(kind, issuer, partner, points, member);
    }

    /// @dev Up to `most` random entries.
    function aBatch(uint256 seed, uint256 most) internal view returns (bytes memory entries) {
        uint256 count = 1 + seed % most;
        for (uint256 i = 0; i < count; ++i) {
            entries = abi.encodePacked(entries, anEntry(uint256(keccak256(abi.encode(seed, i)))));
        }
    }

    /// @dev A hash over all that the ledger says about itself: if it is the same, nothing has changed.
    function ledgerDigest() internal view returns (bytes32 hash) {
        uint64 next = LEDGER.nextSequence();
        hash = keccak256(
            abi.encode(
                next, LEDGER.head(), LEDGER.rootOf(next - 1), LEDGER.rootOf(next), LEDGER.totalSupply(), LEDGER.paused()
            )
        );
        for (uint256 i = 0; i < members.length; ++i) {
            hash = keccak256(abi.encode(hash, LEDGER.balanceOf(members[i])));
        }
        for (uint256 i = 0; i < partners.length; ++i) {
            hash = keccak256(abi.encode(hash, LEDGER.partner(partners[i])));
            for (uint256 j = 0; j < partners.length; ++j) {
                hash = keccak256(abi.encode(hash, LEDGER.obligation(partners[i], partners[j])));
            }
        }
    }
}
