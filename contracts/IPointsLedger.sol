// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IBatchHistory} from "./IHistory.sol";

/**
 * @title The points of a coalition, as its partners agreed to record them.
 *
 * @notice Many merchants (partners) share one purse of points. The operator's journal decides; this ledger proves: each
 * journal entry is recorded here exactly once, in order, in batches, so that any partner can recompute every balance
 * and every debt without trusting the operator.
 *
 * It reads like an ERC-20 to any wallet or indexer, and does not move like one: a person's points are not for sale.
 */
interface IPointsLedger is IERC20Metadata, IBatchHistory {
    /**
     * @notice What an entry does to the member's balance, and to the issuer whose points these are.
     *
     * The number is the one in the entry. `None` exists so that an empty word is refused and not read as an accrual.
     */
    enum Kind {
        None, // 0: never valid
        Accrual, // 1: points issued for a purchase (mint)
        Redemption, // 2: points spent at `partner`, which the issuer now owes (burn)
        AccrualReversal, // 3: goods returned, the points they earned are taken back (burn)
        RedemptionReversal, // 4: a redemption undone, points and debt restored (mint, and the debt shrinks)
        Expiry, // 5: points that nobody spent in time (burn)
        Reward, // 6: points issued for an achievement (mint)
        AdjustmentIncrease, // 7: a correction by hand, upwards (mint)
        AdjustmentDecrease // 8: a correction by hand, downwards (burn)
    }

    /// @notice Whether a partner may act.
    enum PartnerStatus {
        Unknown, // 0: not registered
        Active, // 1: it may issue and redeem
        Suspended // 2: it may do neither
    }

    /**
     * @notice A partner as an issuer: what became of the points that are its own.
     * @param issued Points issued so far, less those reversed or adjusted away.
     * @param redeemed Of those, points spent, at any partner, its own tills included.
     * @param expired Of those, points that ran out.
     * @param limit The most that may be outstanding (issued − redeemed − expired): what the partner has funded.
     * @param status Whether the partner may issue and redeem.
     */
    struct Partner {
        uint256 issued;
        uint256 redeemed;
        uint256 expired;
        uint256 limit;
        PartnerStatus status;
    }

    /// @notice Partner `number` joined, and may have up to `limit` points outstanding.
    event Registered(uint16 indexed number, uint56 limit);

    /// @notice Partner `number` may from now on have up to `limit` points outstanding.
    event LimitChanged(uint16 indexed number, uint56 limit);

    /// @notice Partner `number` may no longer issue nor redeem.
    event Suspended(uint16 indexed number);

    /// @notice Partner `number` may issue and redeem again.
    event Reinstated(uint16 indexed number);

    /// @notice Points change hands only by a recorded entry, never from one member to another.
    error PointsDoNotMove();

    /// @notice Entry `index` of the batch names a kind that does not exist.
    error UnknownKind(uint256 index, uint8 kind);

    /// @notice Entry `index` of the batch is about no points at all.
    error ZeroPoints(uint256 index);

    /// @notice Entry `index` of the batch is about nobody.
    error ZeroMember(uint256 index);

    /// @notice The member does not have the points that the entry takes.
    error InsufficientPoints(address member, uint256 available, uint256 required);

    /// @notice The issuer does not have that many points outstanding.
    error InsufficientOutstanding(uint16 issuer, uint256 outstanding, uint256 required);

    /// @notice The issuer does not owe the redeemer that much: more redemptions are reversed than were made.
    error InsufficientObligation(uint16 issuer, uint16 redeemer, uint256 obligation, uint256 required);

    /// @notice The partner would have more points outstanding than it has funded.
    error LimitExceeded(uint16 partner, uint256 limit, uint256 outstanding);

    /// @notice The issuer would have redeemed, or let expire, more points since it joined than 56 bits can count.
    error TotalOverflow(uint16 issuer, uint256 total);

    /// @notice No partner is registered under this number.
    error UnknownPartner(uint16 number);

    /// @notice The partner is suspended: it may not issue, redeem, nor be suspended once more.
    error PartnerSuspended(uint16 number);

    /// @notice The partner is not suspended, and cannot be reinstated.
    error PartnerNotSuspended(uint16 number);

    /// @notice A partner is registered under this number already.
    error PartnerExists(uint16 number);

    /// @notice Partners are numbered from 1.
    error InvalidPartnerNumber(uint16 number);

    /**
     * @notice Record the next batch of journal entries: all of them, or none.
     * @dev Caller: RECORDER_ROLE. Refused while paused.
     *
     * An entry is one 32-byte word, from the highest bit: 8 kind, 16 issuer, 16 partner, 56 points, 160 member.
     * `partner` is where it happened, which for a redemption is the redeemer. A redemption that uses points of three
     * issuers is three entries.
     *
     * Entries apply in order. After each of them no balance is below zero, and no issuer has less than nothing
     * outstanding, or more than its limit. A reversed redemption puts points back, so the limit holds for it as well.
     *
     * A suspended issuer cannot issue (accrual, reward, adjustment increase) and a suspended partner cannot redeem.
     * The points of a suspended issuer stay spendable elsewhere, and what only unwinds or expires stays possible.
     *
     * @param sequence The number of this batch: {nextSequence}.
     * @param root Merkle root over the journal entries of the batch, kept for receipts, not interpreted here.
     * @param entries The packed entries, at least one.
     */
    function record(uint64 sequence, bytes32 root, bytes calldata entries) external;

    /// @notice Let a new partner take part, with `limit` points funded.
    /// @dev Caller: REGISTRAR_ROLE. Partners can be changed while recording is paused, as all that follow.
    function registerPartner(uint16 number, uint56 limit) external;

    /// @notice Change how many points the partner may have outstanding; not to below what it has outstanding now.
    /// @dev Caller: REGISTRAR_ROLE.
    function setLimit(uint16 number, uint56 limit) external;

    /// @notice Stop the partner from issuing and redeeming.
    /// @dev Caller: REGISTRAR_ROLE.
    function suspend(uint16 number) external;

    /// @notice Let a suspended partner issue and redeem again.
    /// @dev Caller: REGISTRAR_ROLE.
    function reinstate(uint16 number) external;

    /// @notice Totals, limit and status of a partner: all zero, with status `Unknown`, if there is none by this number.
    function partner(uint16 number) external view returns (Partner memory);

    /// @notice Points of this issuer that members hold now: issued − redeemed − expired.
    function outstanding(uint16 issuer) external view returns (uint256);

    /// @notice Points that `issuer` owes `redeemer` for honouring them. What a partner owes itself settles to nothing.
    function obligation(uint16 issuer, uint16 redeemer) external view returns (uint256);
}
