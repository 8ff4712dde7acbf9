// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IBatchHistory, IHistory} from "./IHistory.sol";

/**
 * @title Who may add to a history, and in which order.
 *
 * @dev What always holds:
 *
 * - nextSequence = 1 + the number of batches recorded: no gap, none twice
 * - head can be recomputed from the batches recorded, and no other batches give it
 * - nothing is recorded but by a recorder, and nothing while paused
 */
abstract contract History is IHistory, AccessControl, Pausable {
    /// @notice May record batches.
    bytes32 public constant RECORDER_ROLE = keccak256("RECORDER_ROLE");

    /// @notice May stop and resume recording.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @inheritdoc IHistory
    uint64 public nextSequence = 1;

    /// @inheritdoc IHistory
    bytes32 public head;

    /// @dev For a function that records batch `sequence`: refused unless a recorder calls it, in turn, while not paused.
    modifier recording(uint64 sequence) {
        _checkRole(RECORDER_ROLE);
        _requireNotPaused();
        if (sequence != nextSequence) revert SequenceMismatch(nextSequence, sequence);
        _;
    }

    /// @param admin Grants and revokes the roles, and has none of the others itself.
    /// @param recorder The first account with {RECORDER_ROLE}.
    /// @param pauser The first account with {PAUSER_ROLE}.
    constructor(address admin, address recorder, address pauser) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(RECORDER_ROLE, recorder);
        _grantRole(PAUSER_ROLE, pauser);
    }

    /// @inheritdoc IHistory
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IHistory
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// @dev Batch `sequence`, whose turn it is, is recorded, and the history now ends in `newHead`.
    function _advance(uint64 sequence, bytes32 newHead) internal {
        nextSequence = sequence + 1;
        head = newHead;
    }
}

/// @title A history of journal entries: what a ledger that applies them and one that does not have in common.
abstract contract BatchHistory is IBatchHistory, History {
    /// @inheritdoc IBatchHistory
    mapping(uint64 sequence => bytes32) public rootOf;

    /// @dev Batch `sequence`, whose turn it is, is recorded.
    function _append(uint64 sequence, bytes32 root, bytes32 entriesHash, uint256 entries) internal {
        bytes32 newHead = keccak256(abi.encode(head, sequence, root, entriesHash));
        _advance(sequence, newHead);
        rootOf[sequence] = root;
        emit Recorded(sequence, root, newHead, entries);
    }
}
