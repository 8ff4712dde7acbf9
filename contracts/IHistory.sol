// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/**
 * @title A history that only grows: batches, each recorded once and in order, and one hash over all of them.
 *
 * @notice Who may do what is kept apart. The admin grants and revokes roles and can do nothing else; the recorder
 * records; the pauser stops and resumes recording. Each role is OpenZeppelin's, so several accounts can have it for a
 * while: a new recorder is granted the role before the old one loses it, and no batch waits.
 */
interface IHistory {
    /// @notice The next batch is `expected`: `given` was recorded already, or comes too early.
    error SequenceMismatch(uint64 expected, uint64 given);

    /// @notice `length` bytes are not one or more whole 32-byte entries.
    error MalformedEntries(uint256 length);

    /// @notice The sequence that the next batch must carry: 1 at first, then one more after each batch.
    function nextSequence() external view returns (uint64);

    /// @notice A hash over the whole history, starting from zero: whoever has the batches can recompute it.
    function head() external view returns (bytes32);

    /// @notice Refuse all batches until {unpause}.
    /// @dev Caller: PAUSER_ROLE.
    function pause() external;

    /// @notice Accept batches again.
    /// @dev Caller: PAUSER_ROLE.
    function unpause() external;
}

/**
 * @title A history of journal entries, in batches with a Merkle root each.
 *
 * @notice The head is keccak256(abi.encode(previous head, sequence, root, keccak256(entries))). So two ledgers with one
 * head recorded the same entries in the same batches, whether they apply the entries or keep their hash only.
 */
interface IBatchHistory is IHistory {
    /// @notice A batch of `entries` entries was recorded as `sequence`, and the history now ends in `head`.
    event Recorded(uint64 indexed sequence, bytes32 root, bytes32 head, uint256 entries);

    /// @notice The Merkle root of batch `sequence`, zero if there is no such batch.
    function rootOf(uint64 sequence) external view returns (bytes32);
}
