// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {History} from "../../contracts/History.sol";
import {IHistory} from "../../contracts/IHistory.sol";
import {IPointsLedger} from "../../contracts/IPointsLedger.sol";
import {PointsLedger} from "../../contracts/PointsLedger.sol";
import {RootLedger} from "../../contracts/RootLedger.sol";
import {Coalition} from "./Coalition.sol";
import {ADMIN, PAUSER, RECORDER, Trial, VM} from "./Trial.sol";

function aRootLedger() returns (RootLedger) {
    return RootLedger(VM.deployCode("RootLedger.sol:RootLedger", abi.encode(ADMIN, RECORDER, PAUSER)));
}

/// @title A ledger of roots that is told every batch which a ledger of points has taken, and more that it must refuse.
contract RootTraffic is Coalition, Trial {
    RootLedger private immutable ROOTS = aRootLedger();

    uint64 public recorded;

    function ledgers() external view returns (RootLedger, PointsLedger) {
        return (ROOTS, LEDGER);
    }

    function digest() public view override returns (bytes32) {
        uint64 next = ROOTS.nextSequence();
        return keccak256(abi.encode(next, ROOTS.head(), ROOTS.rootOf(next - 1), ROOTS.rootOf(next), ROOTS.paused()));
    }

    function record(uint256 seed) external {
        if (ROOTS.paused()) {
            isRefused(RECORDER, recordCall(recorded + 1, seed), Pausable.EnforcedPause.selector);
            return;
        }
        bytes memory entries = aBatch(seed, 3);
        VM.prank(RECORDER);
        try LEDGER.record(recorded + 1, bytes32(seed), entries) {
            ++recorded;
            VM.prank(RECORDER);
            ROOTS.record(recorded, bytes32(seed), keccak256(entries), uint32(entries.length / 32));
        } catch {}
    }

    function recordNothing(uint256 seed) external {
        if (ROOTS.paused()) return;
        bytes memory data = abi.encodeCall(RootLedger.record, (recorded + 1, bytes32(seed), keccak256(""), 0));
        isRefused(RECORDER, data, IHistory.MalformedEntries.selector);
    }

    function subject() internal view override returns (History) {
        return ROOTS;
    }

    function recordCall(uint64 sequence, uint256 seed) internal view override returns (bytes memory) {
        return abi.encodeCall(RootLedger.record, (sequence, bytes32(seed), keccak256(aBatch(seed, 3)), 3));
    }
}

/// @title Whether a ledger applies the entries or keeps their hash only, its history is the same.
contract RootLedgerTest {
    RootTraffic private immutable TRAFFIC = RootTraffic(VM.deployCode("RootLedger.t.sol:RootTraffic"));

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(TRAFFIC);
    }

    function invariant_history__is_that_of_the_points_ledger() external view {
        (RootLedger roots, PointsLedger ledger) = TRAFFIC.ledgers();
        require(roots.nextSequence() == ledger.nextSequence(), "sequence");
        require(roots.head() == ledger.head(), "head");
        for (uint64 sequence = 0; sequence <= TRAFFIC.recorded() + 1; ++sequence) {
            require(roots.rootOf(sequence) == ledger.rootOf(sequence), "root");
        }
    }

    /// @dev Any hashes will do: what they are of is nothing to this ledger.
    function testFuzz_record__any_batches__head_recomputes(bytes32[2][] calldata batches, uint32 entries) external {
        RootLedger roots = aRootLedger();
        if (entries == 0) entries = 1;
        bytes32 head;
        for (uint64 i = 0; i < batches.length; ++i) {
            VM.prank(RECORDER);
            roots.record(i + 1, batches[i][0], batches[i][1], entries);
            head = keccak256(abi.encode(head, i + 1, batches[i][0], batches[i][1]));
            require(roots.head() == head && roots.rootOf(i + 1) == batches[i][0], "head or root");
        }
        require(roots.nextSequence() == batches.length + 1, "sequence");
    }
}
