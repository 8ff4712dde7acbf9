// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {BatchHistory, History} from "./History.sol";

/**
 * @title The journal of a coalition by its roots only, for a chain on which every entry would cost too much.
 *
 * @notice It proves that an entry was recorded, and when, and that no batch was changed later. Unlike `PointsLedger` it
 * knows no partners and no balances and checks no rule: whoever wants those applies the published entries to their own
 * reading of the rules, and compares {head}, which is the one of a `PointsLedger` that recorded the same batches.
 *
 * @dev What always holds, besides what `History` promises:
 *
 * - rootOf(sequence) never changes once that batch is recorded
 * - head = the head of a PointsLedger with the same batches
 */
contract RootLedger is BatchHistory {
    /// @dev Who these are, `History` tells.
    constructor(address admin, address recorder, address pauser) History(admin, recorder, pauser) {}

    /**
     * @notice Record the next batch of journal entries by its hashes.
     * @dev Caller: RECORDER_ROLE. Refused while paused.
     * @param sequence The number of this batch: {nextSequence}.
     * @param root Merkle root over the journal entries of the batch, kept for receipts.
     * @param entriesHash keccak256 of the packed entries, as `PointsLedger` would take them.
     * @param entries How many they are, at least one.
     */
    function record(uint64 sequence, bytes32 root, bytes32 entriesHash, uint32 entries) external recording(sequence) {
        if (entries == 0) revert MalformedEntries(0);
        _append(sequence, root, entriesHash, entries);
    }
}
