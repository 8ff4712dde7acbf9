// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {AchievementBadges} from "../../contracts/AchievementBadges.sol";
import {History} from "../../contracts/History.sol";
import {IAchievementBadges} from "../../contracts/IAchievementBadges.sol";
import {ReferenceBadges} from "./ReferenceBadges.sol";
import {ADMIN, PAUSER, RECORDER, Trial, VM} from "./Trial.sol";

/// @title Awards and revocations of few badges to few members, one of them a contract that accepts no token.
contract BadgesTraffic is Trial {
    AchievementBadges public immutable BADGES;
    ReferenceBadges public immutable REFERENCE = new ReferenceBadges();

    /// @dev What whoever reads the calldata of all recorded batches knows.
    uint64 public recorded;
    bytes32 public head;

    /// @dev How many entries of each kind were taken.
    mapping(uint8 kind => uint256) public taken;

    address[3] private _members = [address(0xA11A), address(this), address(type(uint160).max)];
    uint256[3] private _badges = [0, 7, type(uint72).max];

    constructor() {
        bytes memory arguments = abi.encode("https://example.org/{id}.json", ADMIN, RECORDER, PAUSER);
        BADGES = AchievementBadges(VM.deployCode("AchievementBadges.sol:AchievementBadges", arguments));
    }

    function everyMember() external view returns (address[3] memory) {
        return _members;
    }

    function everyBadge() external view returns (uint256[3] memory) {
        return _badges;
    }

    function digest() public view override returns (bytes32 hash) {
        hash = keccak256(abi.encode(BADGES.nextSequence(), BADGES.head(), BADGES.paused()));
        for (uint256 i = 0; i < _badges.length; ++i) {
            hash = keccak256(abi.encode(hash, BADGES.issuerOf(_badges[i])));
            for (uint256 j = 0; j < _members.length; ++j) {
                hash = keccak256(abi.encode(hash, BADGES.balanceOf(_members[j], _badges[i])));
                hash = keccak256(abi.encode(hash, BADGES.isApprovedForAll(_members[j], _members[i])));
            }
        }
    }

    function record(uint256 seed) external {
        _record(_aBatch(seed));
    }

    function recordAnyBytes(bytes calldata entries) external {
        _record(entries);
    }

    function move(uint256 seed) external {
        address member = _members[seed % 3];
        uint256[] memory badges = new uint256[](1);
        uint256[] memory one = new uint256[](1);
        (badges[0], one[0]) = (_badges[(seed >> 8) % 3], 1);
        bytes4 reason = IAchievementBadges.BadgesDoNotMove.selector;
        isRefused(member, abi.encodeCall(BADGES.safeTransferFrom, (member, address(1), badges[0], 1, "")), reason);
        isRefused(member, abi.encodeCall(BADGES.safeBatchTransferFrom, (member, address(1), badges, one, "")), reason);
        isRefused(member, abi.encodeCall(BADGES.setApprovalForAll, (address(1), seed >> 255 == 0)), reason);
    }

    function subject() internal view override returns (History) {
        return BADGES;
    }

    function recordCall(uint64 sequence, uint256 seed) internal view override returns (bytes memory) {
        return abi.encodeCall(IAchievementBadges.record, (sequence, _aBatch(seed)));
    }

    /// @dev Up to three entries. Each badge is mostly awarded by its own issuer; one in eight entries is odd.
    function _aBatch(uint256 seed) private view returns (bytes memory entries) {
        for (uint256 i = 0; i <= seed % 3; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            uint256 kind = 1 + (random >> 8) % 2;
            uint256 which = (random >> 16) % 3;
            uint256 issuer = which + 1;
            address member = _members[(random >> 24) % 3];
            uint256 oddity = (random >> 32) % 32;
            if (oddity == 0) kind = uint8(random >> 40);
            else if (oddity == 1) issuer = 0;
            else if (oddity == 2) issuer = uint16(random >> 40);
            else if (oddity == 3) member = address(0);
            entries =
                abi.encodePacked(entries, (kind << 248) | (issuer << 232) | (_badges[which] << 160) | uint160(member));
        }
    }

    /// @dev Records the batch here and at the reference: both take it, or both refuse it for the same reason.
    function _record(bytes memory entries) private {
        uint64 sequence = recorded + 1;
        bytes memory refusal = attempt(RECORDER, abi.encodeCall(IAchievementBadges.record, (sequence, entries)));
        if (BADGES.paused()) {
            require(bytes4(refusal) == Pausable.EnforcedPause.selector, "recorded while paused");
            return;
        }
        (bool good, bytes memory expected) = address(REFERENCE).call(abi.encodeCall(ReferenceBadges.record, (entries)));
        require(good == (refusal.length == 0), "one takes what the other refuses");
        require(keccak256(refusal) == keccak256(expected), "refused for another reason");
        if (!good) return;
        recorded = sequence;
        head = keccak256(abi.encode(head, sequence, keccak256(entries)));
        for (uint256 i = 0; i < entries.length; i += 32) {
            ++taken[uint8(entries[i])];
        }
    }
}

/// @title What the badges promise atop their source, checked after every call.
contract AchievementBadgesTest {
    BadgesTraffic private immutable TRAFFIC = BadgesTraffic(VM.deployCode("AchievementBadges.t.sol:BadgesTraffic"));
    AchievementBadges private immutable BADGES = TRAFFIC.BADGES();
    ReferenceBadges private immutable REFERENCE = TRAFFIC.REFERENCE();

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(TRAFFIC);
    }

    function invariant_badges__held_as_often_as_awarded_less_revoked_and_the_first_issuers() external view {
        address[3] memory members = TRAFFIC.everyMember();
        uint256[3] memory badges = TRAFFIC.everyBadge();
        for (uint256 i = 0; i < badges.length; ++i) {
            require(BADGES.issuerOf(badges[i]) == REFERENCE.issuerOf(badges[i]), "not the first issuer's");
            for (uint256 j = 0; j < members.length; ++j) {
                uint256 held = BADGES.balanceOf(members[j], badges[i]);
                require(held <= 1, "held twice");
                require(held == REFERENCE.held(members[j], badges[i]), "held is not awarded less revoked");
            }
        }
    }

    function invariant_history__is_gapless_and_recomputes() external view {
        require(BADGES.nextSequence() == TRAFFIC.recorded() + 1, "sequence");
        require(BADGES.head() == TRAFFIC.head(), "head");
    }

    function testFuzz_record__many_batches__as_the_reference(uint256 seed) external {
        for (uint256 i = 0; i < 10; ++i) {
            TRAFFIC.record(uint256(keccak256(abi.encode(seed, i))));
        }
        this.invariant_badges__held_as_often_as_awarded_less_revoked_and_the_first_issuers();
        this.invariant_history__is_gapless_and_recomputes();
    }

    function testFuzz_record__any_bytes__as_the_reference(bytes calldata entries) external {
        TRAFFIC.recordAnyBytes(entries);
    }
}
