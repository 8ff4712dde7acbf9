// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAchievementBadges} from "../../contracts/IAchievementBadges.sol";
import {IHistory} from "../../contracts/IHistory.sol";

/// @title The rules of the badges in the plainest words, to check the real ones against.
contract ReferenceBadges {
    mapping(address member => mapping(uint256 badge => uint256)) public awards;
    mapping(address member => mapping(uint256 badge => uint256)) public revocations;
    mapping(uint256 badge => uint16) public issuerOf;

    function record(bytes calldata entries) external {
        if (entries.length == 0 || entries.length % 32 != 0) revert IHistory.MalformedEntries(entries.length);
        for (uint256 i = 0; i < entries.length / 32; ++i) {
            bytes calldata entry = entries[i * 32:(i + 1) * 32];
            _post(
                i,
                uint8(entry[0]),
                uint16(bytes2(entry[1:3])),
                uint72(bytes9(entry[3:12])),
                address(bytes20(entry[12:]))
            );
        }
    }

    function held(address member, uint256 badge) public view returns (uint256) {
        return awards[member][badge] - revocations[member][badge];
    }

    function _post(uint256 index, uint8 kind, uint16 issuer, uint256 badge, address member) private {
        if (member == address(0)) revert IAchievementBadges.ZeroMember(index);
        if (issuer == 0) revert IAchievementBadges.ZeroIssuer(index);
        if (kind == uint8(IAchievementBadges.Kind.Award)) {
            if (held(member, badge) == 1) revert IAchievementBadges.BadgeHeld(member, badge);
            awards[member][badge] += 1;
        } else if (kind == uint8(IAchievementBadges.Kind.Revocation)) {
            if (held(member, badge) == 0) revert IAchievementBadges.BadgeNotHeld(member, badge);
            revocations[member][badge] += 1;
        } else {
            revert IAchievementBadges.UnknownKind(index, kind);
        }
        if (issuerOf[badge] == 0) issuerOf[badge] = issuer; // for ever: here alone it is written
        if (issuerOf[badge] != issuer) revert IAchievementBadges.IssuerMismatch(badge, issuerOf[badge], issuer);
    }
}
