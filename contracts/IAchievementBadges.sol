// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IHistory} from "./IHistory.sol";

/**
 * @title ERC-5192, adapted from ERC-721 to ERC-1155: tokens that are bound to whoever got them.
 *
 * @dev The interface id is the standard's, 0xb45a3c0e. Its event `Unlocked` is left out: nothing is ever unlocked.
 */
interface IERC5192 {
    /// @notice Tokens with this id exist from now on, and are locked for ever.
    event Locked(uint256 tokenId);

    /// @notice Whether tokens with this id are bound to whoever has them.
    function locked(uint256 tokenId) external view returns (bool);
}

/**
 * @title The badges that members earn for achievements.
 *
 * @notice Each entry awards a badge to a member or takes it back, in batches, each recorded once and in order. Any
 * wallet shows a badge as an ERC-1155 token; nobody can pass it on.
 *
 * The head is keccak256(abi.encode(previous head, sequence, keccak256(entries))).
 */
interface IAchievementBadges is IHistory, IERC1155, IERC5192 {
    /**
     * @notice What an entry does.
     *
     * The number is the one in the entry. `None` exists so that an empty word is refused and not read as an award.
     */
    enum Kind {
        None, // 0: never valid
        Award, // 1: the member has the badge from now on
        Revocation // 2: the member has it no more
    }

    /// @notice A batch of `entries` entries was recorded as `sequence`, and the history now ends in `head`.
    event BadgesRecorded(uint64 indexed sequence, bytes32 head, uint256 entries);

    /// @notice A badge stays with whoever earned it.
    error BadgesDoNotMove();

    /// @notice Entry `index` of the batch names a kind that does not exist.
    error UnknownKind(uint256 index, uint8 kind);

    /// @notice Entry `index` of the batch is about nobody.
    error ZeroMember(uint256 index);

    /// @notice Entry `index` of the batch names no issuer: partners are numbered from 1.
    error ZeroIssuer(uint256 index);

    /// @notice The member has this badge already, and nobody has one twice.
    error BadgeHeld(address member, uint256 badge);

    /// @notice The member does not have the badge that the entry takes back.
    error BadgeNotHeld(address member, uint256 badge);

    /// @notice The badge is `issuer`'s for ever, and not `given`'s.
    error IssuerMismatch(uint256 badge, uint16 issuer, uint16 given);

    /**
     * @notice Record the next batch of awards and revocations: all of them, or none.
     * @dev Caller: RECORDER_ROLE. Refused while paused. Members are told nothing, so none can refuse a badge or stop the
     * batch: {IERC1155Receiver} is not called.
     *
     * An entry is one 32-byte word, from the highest bit: 8 kind, 16 issuer, 72 badge, 160 member. Entries apply in
     * order. The first award of a badge makes its issuer the only one who may ever award or revoke it.
     *
     * @param sequence The number of this batch: {nextSequence}.
     * @param entries The packed entries, at least one.
     */
    function record(uint64 sequence, bytes calldata entries) external;

    /// @notice The number of the partner whose badge this is, zero if it was never awarded.
    function issuerOf(uint256 badge) external view returns (uint16);
}
