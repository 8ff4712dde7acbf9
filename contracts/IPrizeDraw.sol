// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/**
 * @title Prize draws whose winners anyone can recompute.
 *
 * @notice Before a draw the operator commits to a secret, to the list of tickets and to a block that does not exist yet.
 * Once that block exists the secret is revealed, and the winners follow from both: nobody can know them before, and nobody
 * can choose them, unless whoever makes that block and the operator are one.
 *
 * A draw is keccak256 of its public name. Of the list the contract knows the Merkle root (RFC 9162 over SHA-256) and the
 * number of tickets. The seed is keccak256(abi.encode(secret, hash of the block, draw)). From it follows an order of all
 * tickets, see {orderOf}; the winners are the first in it, but that a ticket of a member who has won already is passed
 * over: who a ticket belongs to is in the list, and not on the chain.
 *
 * An operator that does not like what would come out can do one thing: keep silent. That is seen here. Anybody can
 * {pin} the block's hash, so that it is not lost; reveal, if the operator has left the secret with them; and {declareVoid} the
 * draw once its deadline has passed. Its tickets can then be drawn again, the same list for as many winners, and
 * `attempts` says how often that was so.
 *
 * Who commits is the ledger's affair: whoever has its REGISTRAR_ROLE, or its DEFAULT_ADMIN_ROLE, which grants the former.
 */
interface IPrizeDraw {
    /// @notice How far a draw is.
    enum Status {
        None, // 0: nothing is known of it
        Committed, // 1: secret, list and block are fixed
        Drawn, // 2: the secret is revealed; nothing changes any more
        Void // 3: it was not revealed in time
    }

    /**
     * @notice What is fixed before the block exists.
     * @param commitment {commitmentOf} the secret.
     * @param root Merkle root over the tickets, in the order of the list.
     * @param tickets How many there are.
     * @param winners How many of them win.
     */
    struct Terms {
        bytes32 commitment;
        bytes32 root;
        uint32 tickets;
        uint32 winners;
    }

    /**
     * @notice A draw, and how far it is.
     * @param blockHash Of the block that counts, zero until it is pinned or revealed.
     * @param secret Zero until it is revealed.
     * @param blockNumber The block that counts.
     * @param deadline Until when it is to be revealed, in seconds since 1970, inclusive.
     * @param attempts How often it was committed to: more than one, if it was not revealed in time before.
     * @param rearms How often, in this attempt, the hash of the block was lost, and a later one took its place.
     */
    struct Draw {
        Terms terms;
        bytes32 blockHash;
        bytes32 secret;
        uint64 blockNumber;
        uint64 deadline;
        uint16 attempts;
        uint16 rearms;
        Status status;
    }

    /// @notice What the draw rests on is fixed; `blockNumber` does not exist yet.
    event Committed(
        bytes32 indexed draw,
        bytes32 commitment,
        bytes32 root,
        uint32 tickets,
        uint32 winners,
        uint64 blockNumber,
        uint64 deadline,
        uint16 attempts
    );

    /// @notice The hash of the block that counts is kept.
    event Pinned(bytes32 indexed draw, uint64 blockNumber, bytes32 blockHash);

    /// @notice The hash of the block that counted is lost. Now `blockNumber` counts, which does not exist yet.
    event Rearmed(bytes32 indexed draw, uint64 blockNumber, uint16 rearms);

    /// @notice The draw is over, and the winners follow from the seed.
    event Revealed(bytes32 indexed draw, bytes32 secret, uint64 blockNumber, bytes32 blockHash, bytes32 seed);

    /// @notice The draw was not revealed in time; `attempts` is how often that was tried, this time included.
    event Voided(bytes32 indexed draw, uint16 attempts);

    /// @notice In this status of the draw that cannot be done.
    error WrongStatus(bytes32 draw, Status status);

    /// @notice At least one ticket wins, and no more than there are.
    error WinnersUnsupported(uint32 tickets, uint32 winners);

    /// @notice What is drawn again is the same list, for as many winners: `given` is another.
    error TicketsChanged(bytes32 draw, bytes32 root, bytes32 given);

    /// @notice The block that counts lies `least` to `most` blocks ahead.
    error DelayUnsupported(uint32 least, uint32 most, uint32 given);

    /// @notice The time to reveal is `least` to `most` seconds.
    error NoticeUnsupported(uint32 least, uint32 most, uint32 given);

    /// @notice The block that counts does not exist yet.
    error TooEarly(uint64 blockNumber);

    /// @notice The draw was to be revealed until `deadline`.
    error TooLate(uint64 deadline);

    /// @notice The draw may be revealed until `deadline`.
    error NotOver(uint64 deadline);

    /// @notice The chain no longer tells the hash of this block, and nobody has pinned it.
    error HashLost(uint64 blockNumber);

    /// @notice The hash of this block is there, so no other takes its place.
    error HashThere(uint64 blockNumber);

    /// @notice This is not the secret that was committed to: `given` is what it would have been committed to by.
    error WrongSecret(bytes32 commitment, bytes32 given);

    /// @notice There are only `tickets`.
    error CountUnsupported(uint32 tickets, uint32 given);

    /**
     * @notice Fix all that the draw rests on: a new one, or again one that is void, with the same tickets.
     * @dev Caller: the ledger's REGISTRAR_ROLE or DEFAULT_ADMIN_ROLE.
     * @param delay The block that counts is this many after the one in which this is called.
     * @param notice How many seconds from now there are to reveal the secret.
     */
    function commit(bytes32 draw, Terms calldata terms, uint32 delay, uint32 notice) external;

    /**
     * @notice Keep the hash of the block that counts, so that the secret can be revealed until the deadline.
     * @dev Caller: anybody, while the chain tells it: for 256 blocks, or 8191 where it has EIP-2935.
     */
    function pin(bytes32 draw) external;

    /**
     * @notice The block's hash was lost, so the next block of its series counts that does not exist yet: blocks
     * {BLOCKS_APART} apart, beginning with the one committed to.
     * @dev Caller: anybody.
     */
    function rearm(bytes32 draw) external;

    /// @notice Reveal the secret, once the block that counts exists. From now on the winners are certain.
    /// @dev Caller: anybody who knows it, until the deadline.
    function reveal(bytes32 draw, bytes32 secret) external;

    /// @notice Note that the draw was not revealed in time.
    /// @dev Caller: anybody, after the deadline.
    function declareVoid(bytes32 draw) external;

    /// @notice The ledger that says who may commit.
    function ledger() external view returns (address);

    /// @notice A draw, all zero if there is none by this id.
    function drawOf(bytes32 draw) external view returns (Draw memory);

    /// @notice What one commits to a secret by: it is of this draw, on this chain, in this contract.
    function commitmentOf(bytes32 draw, bytes32 secret) external view returns (bytes32);

    /// @notice The seed of a draw that is over.
    function seedOf(bytes32 draw) external view returns (bytes32);

    /**
     * @notice The first `count` tickets of the order that the seed gives, as their places in the list, from 0.
     * @dev A Fisher–Yates shuffle from the front: at step i the ticket at place i changes places with the one at place
     * i + r, where r is uniform below the number of tickets left, {tickets} - i. It is keccak256(abi.encode(seed, i, t))
     * modulo that number, for the first t from 0 whose hash lies below the greatest multiple of that number which is at
     * most 2**256: so all are equally likely. Each takes the time of those before it: ask for no more than are needed.
     */
    function orderOf(bytes32 draw, uint32 count) external view returns (uint32[] memory);
}
