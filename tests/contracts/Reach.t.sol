// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IAchievementBadges} from "../../contracts/IAchievementBadges.sol";
import {IHistory} from "../../contracts/IHistory.sol";
import {IPointsLedger} from "../../contracts/IPointsLedger.sol";
import {BadgesTraffic} from "./AchievementBadges.t.sol";
import {Traffic} from "./PointsLedgerInvariants.t.sol";
import {RootTraffic} from "./RootLedger.t.sol";
import {Trial, VM} from "./Trial.sol";

/// @title The traffic of the invariants goes everywhere. If it did not, they would prove little.
contract Reach {
    error NothingWasRefusedFor(bytes4 reason);

    bytes4[] private _reasons = [
        IAccessControl.AccessControlUnauthorizedAccount.selector,
        Pausable.EnforcedPause.selector,
        Pausable.ExpectedPause.selector,
        IHistory.SequenceMismatch.selector
    ];

    /// @dev All kinds, and all errors but {TotalOverflow}: no coalition this small counts to 2⁵⁶.
    function test_points_traffic__every_kind_is_taken_and_everything_refused() external {
        Traffic traffic = Traffic(VM.deployCode("PointsLedgerInvariants.t.sol:Traffic"));
        for (uint256 i = 0; i < 300; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            traffic.record(seed);
            traffic.recordOne(seed);
            traffic.recordRandomWords(_words(seed));
            if (seed % 8 == 0) traffic.recordAgain(seed);
            if (seed % 8 == 1) traffic.recordTornBytes(seed >> 8);
            if (seed % 8 == 2) traffic.recordOutOfOrder(uint64(seed), seed);
            if (seed % 8 == 3) traffic.pauseOrUnpause(seed >> 8);
            if (seed % 8 == 4) traffic.suspend(uint8(seed >> 8));
            if (seed % 8 == 5) traffic.reinstate(uint8(seed >> 8));
            if (seed % 8 == 6) traffic.setLimit(uint8(seed >> 8), uint56(seed >> 16));
            traffic.callAsAnother(seed, address(uint160(seed)));
            traffic.register(seed);
            traffic.move(address(1), address(2), seed);
        }
        for (uint8 kind = 1; kind <= uint8(type(IPointsLedger.Kind).max); ++kind) {
            require(traffic.taken(kind) != 0, "a kind was never taken");
        }
        _reasons.push(IHistory.MalformedEntries.selector);
        _reasons.push(IPointsLedger.PointsDoNotMove.selector);
        _reasons.push(IPointsLedger.UnknownKind.selector);
        _reasons.push(IPointsLedger.ZeroPoints.selector);
        _reasons.push(IPointsLedger.ZeroMember.selector);
        _reasons.push(IPointsLedger.InsufficientPoints.selector);
        _reasons.push(IPointsLedger.InsufficientOutstanding.selector);
        _reasons.push(IPointsLedger.InsufficientObligation.selector);
        _reasons.push(IPointsLedger.LimitExceeded.selector);
        _reasons.push(IPointsLedger.UnknownPartner.selector);
        _reasons.push(IPointsLedger.PartnerSuspended.selector);
        _reasons.push(IPointsLedger.PartnerNotSuspended.selector);
        _reasons.push(IPointsLedger.PartnerExists.selector);
        _reasons.push(IPointsLedger.InvalidPartnerNumber.selector);
        _eachWasGiven(traffic);
        require(traffic.recorded() > 100, "hardly anything was recorded");
    }

    function test_root_traffic__something_is_taken_and_everything_refused() external {
        RootTraffic traffic = RootTraffic(VM.deployCode("RootLedger.t.sol:RootTraffic"));
        for (uint256 i = 0; i < 200; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            traffic.record(seed);
            traffic.recordNothing(seed);
            traffic.recordOutOfOrder(uint64(seed), seed);
            if (seed % 4 == 0) traffic.pauseOrUnpause(seed >> 8);
            traffic.callAsAnother(seed, address(uint160(seed)));
        }
        _reasons.push(IHistory.MalformedEntries.selector);
        _eachWasGiven(traffic);
        require(traffic.recorded() > 30, "hardly anything was recorded");
    }

    function test_badges_traffic__every_kind_is_taken_and_everything_refused() external {
        BadgesTraffic traffic = BadgesTraffic(VM.deployCode("AchievementBadges.t.sol:BadgesTraffic"));
        for (uint256 i = 0; i < 200; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            traffic.record(seed);
            traffic.recordOutOfOrder(uint64(seed), seed);
            traffic.recordAnyBytes(abi.encodePacked(seed, uint8(1)));
            if (seed % 4 == 0) traffic.pauseOrUnpause(seed >> 8);
            traffic.callAsAnother(seed, address(uint160(seed)));
            traffic.move(seed);
        }
        _reasons.push(IHistory.MalformedEntries.selector);
        _reasons.push(IAchievementBadges.BadgesDoNotMove.selector);
        _reasons.push(IAchievementBadges.UnknownKind.selector);
        _reasons.push(IAchievementBadges.ZeroMember.selector);
        _reasons.push(IAchievementBadges.ZeroIssuer.selector);
        _reasons.push(IAchievementBadges.BadgeHeld.selector);
        _reasons.push(IAchievementBadges.BadgeNotHeld.selector);
        _reasons.push(IAchievementBadges.IssuerMismatch.selector);
        _eachWasGiven(traffic);
        require(traffic.taken(1) > 10 && traffic.taken(2) > 10, "hardly anything was recorded");
    }

    function _eachWasGiven(Trial traffic) private view {
        for (uint256 i = 0; i < _reasons.length; ++i) {
            if (traffic.refusals(_reasons[i]) == 0) revert NothingWasRefusedFor(_reasons[i]);
        }
    }

    function _words(uint256 seed) private pure returns (bytes32[] memory words) {
        words = new bytes32[](1 + seed % 2);
        words[0] = bytes32(seed);
    }
}
