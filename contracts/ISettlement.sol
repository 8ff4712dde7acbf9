// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/**
 * @title What partners settle by: who owes how much for a period, and that each of them has agreed.
 *
 * @notice The operator closes a period. What it says of points must be on the ledger: points that a position rests on
 * are claimed against it, no more than each issuer owes each redeemer, and the money for them is bounded by a price that
 * the admin has set. All else that a position has (fees, margins, corrections, and points that were not claimed) is the
 * operator's word: it is shown apart, as {Stated}'s `otherMinor`, and nothing bounds it. What is not claimed of what the
 * ledger has is shown by {unclaimed}. So a partner reads both, and its signature is what agrees to them. Positions sum
 * to zero, and nothing of a closed period changes, but for what partners sign themselves. Anyone may bring a signature,
 * so a partner needs a key and no gas.
 *
 * Parties are partner numbers; 0 is the pool and 1 the operator. Money is in minor units of a currency, which is its
 * ISO 4217 code. Who may do what is the ledger's affair: its REGISTRAR_ROLE and DEFAULT_ADMIN_ROLE hold here as well.
 *
 * Signatures are EIP-712, of a key or by ERC-1271 of a contract. The domain is `Coalition Settlement`, version `1`, this
 * chain and this contract; the structs are those of {acknowledge}, {dispute}, {confirmPayment} and {replaceKey}.
 */
interface ISettlement {
    /// @notice How far a statement is.
    enum Status {
        None, // 0: nothing is known of this position
        Claimed, // 1: claims touch it, so it needs a statement before the period can be closed
        Open, // 2: stated, and its partner has said nothing yet
        Acknowledged, // 3: its partner has agreed
        Disputed, // 4: its partner has disputed something in it, and was not answered
        Answered // 5: the registrar has answered all that was disputed
    }

    /// @notice How far a dispute is.
    enum DisputeStatus {
        None, // 0: there is none
        Open, // 1: the partner waits for an answer
        Answered // 2: the registrar has answered
    }

    /**
     * @notice That points of `issuer` were honoured by `redeemer`, and for how much. They are the same partner only where
     * the pool pays.
     * @param byPool Whether the pool pays for them, into which the issuer paid when it issued them.
     * @param points Redeemed less given back, which can be below zero.
     * @param paidMinor What the payer pays for them in all.
     * @param gotMinor What the redeemer gets for them in all.
     */
    struct Claim {
        uint16 issuer;
        uint16 redeemer;
        bytes3 currency;
        bool byPool;
        int64 points;
        int128 paidMinor;
        int128 gotMinor;
    }

    /**
     * @notice What one partner is told.
     * @param root Merkle root over the header and the lines of its statement; not interpreted here.
     * @param positionMinor What the partner gets (above zero) or owes.
     * @param otherMinor How much of it does not rest on claimed points: fees, margins, issuance, breakage, corrections.
     * It may be anything.
     */
    struct StatementOf {
        uint16 partner;
        bytes3 currency;
        bytes32 root;
        int128 positionMinor;
        int128 otherMinor;
    }

    /**
     * @notice A period, and how far it is.
     * @param startsAt When it began, in seconds since 1970, inclusive; `endsAt` is exclusive.
     * @param sequence The last batch of the ledger that it takes entries from.
     * @param deadline Until when partners may dispute, in seconds since 1970, exclusive.
     * @param closed Whether it is fixed.
     * @param statements How many it has.
     * @param unstated How many positions that claims touch have no statement.
     * @param unbalanced In how many currencies the positions do not sum to zero.
     * @param pending How many statements are neither acknowledged nor answered; `disputed` is how many of these are
     * disputed.
     * @param lastClaim Where the claims have come to: 16 bits issuer, 16 redeemer, 24 currency.
     */
    struct Period {
        uint64 startsAt;
        uint64 endsAt;
        uint64 sequence;
        uint64 deadline;
        bool closed;
        uint32 statements;
        uint32 unstated;
        uint32 unbalanced;
        uint32 pending;
        uint32 disputed;
        uint56 lastClaim;
    }

    /**
     * @notice What is known of a position.
     * @param claimedMinor How much of the position the claims explain.
     * @param paidMinor What of it was paid, or received, as payees have confirmed.
     * @param disputes How many disputes of it wait for an answer.
     */
    struct Statement {
        bytes32 root;
        int128 positionMinor;
        int128 claimedMinor;
        uint128 paidMinor;
        uint32 disputes;
        Status status;
    }

    /// @notice All that was claimed of a pair in a currency, in all periods.
    struct Total {
        uint64 points;
        uint96 paidMinor;
        uint96 gotMinor;
    }

    /// @notice This key signs for the partner from now on, and no other.
    event KeyChanged(uint16 indexed partner, address key);

    /// @notice A point may cost up to this much in the currency, in millionths of a minor unit.
    event CeilingChanged(bytes3 indexed currency, uint64 mostPerPoint);

    /// @notice A period is being closed.
    event Opened(uint32 indexed period, uint64 startsAt, uint64 endsAt, uint64 sequence, uint64 deadline);

    /// @notice What was claimed of a pair for the period.
    event Claimed(
        uint32 indexed period,
        uint16 indexed issuer,
        uint16 indexed redeemer,
        bytes3 currency,
        bool byPool,
        int64 points,
        int128 paidMinor,
        int128 gotMinor
    );

    /// @notice What the partner is told for the period.
    event Stated(
        uint32 indexed period,
        uint16 indexed partner,
        bytes3 indexed currency,
        bytes32 root,
        int128 positionMinor,
        int128 otherMinor
    );

    /// @notice The period is fixed, and may be disputed until `deadline`.
    event Closed(uint32 indexed period, uint32 statements, uint64 deadline);

    /// @notice The partner has agreed to its statement.
    event Acknowledged(uint32 indexed period, uint16 indexed partner, bytes3 indexed currency);

    /// @notice The partner disputes lines of its statement; which, `lines` proves.
    event Disputed(uint32 indexed period, uint16 indexed partner, bytes3 indexed currency, bytes32 lines);

    /// @notice The registrar has answered a dispute of these lines; how, `answer` proves.
    event Answered(
        uint32 indexed period, uint16 indexed partner, bytes3 indexed currency, bytes32 lines, bytes32 answer
    );

    /// @notice The payee has received this from the payer.
    event Paid(
        uint32 indexed period,
        uint16 indexed payer,
        uint16 indexed payee,
        bytes3 currency,
        uint128 amountMinor,
        uint64 number
    );

    /// @notice The ledger has no partner by this number.
    error UnknownPartner(uint16 partner);

    /// @notice Nobody signs with the key zero.
    error ZeroKey(uint16 partner);

    /// @notice The partner has a key, which only its own signature or the ledger's admin replaces.
    error KeyExists(uint16 partner, address key);

    /// @notice The partner has no key.
    error NoKey(uint16 partner);

    /// @notice This is not the signature of the partner's key under this.
    error WrongSignature(uint16 partner, address key);

    /// @notice This payment was confirmed before.
    error AlreadyTaken(bytes32 digest);

    /// @notice The period's turn is not now: the next to open is `expected`.
    error PeriodMismatch(uint32 expected, uint32 given);

    /// @notice The period before is not closed yet.
    error PeriodNotClosed(uint32 period);

    /// @notice The period is not being closed: it is closed, or was never opened.
    error PeriodNotOpen(uint32 period);

    /// @notice The period would leave a gap, or overlap the one before it, which ended at `expected`.
    error StartMismatch(uint64 expected, uint64 given);

    /// @notice The period would end before it began.
    error EmptyPeriod(uint64 startsAt, uint64 endsAt);

    /// @notice The period lasts until `endsAt`.
    error PeriodNotOver(uint64 endsAt);

    /// @notice The ledger's batches that a period may end with are `least` to `most`.
    error SequenceUnsupported(uint64 least, uint64 most, uint64 given);

    /// @notice Claims come in ascending order of issuer, redeemer and currency.
    error OutOfOrder(uint56 last, uint56 given);

    /// @notice What a partner owes itself settles to nothing, unless the pool pays it.
    error SamePartner(uint16 partner);

    /// @notice A statement was made, so no more is claimed for this period.
    error ClaimsEnded(uint32 period);

    /// @notice The ledger has `obligation` points that the issuer owes the redeemer, and `claimed` would be claimed.
    error Unsupported(uint16 issuer, uint16 redeemer, uint256 obligation, int256 claimed);

    /// @notice The admin has not said what a point may cost in this currency.
    error NoCeiling(bytes3 currency);

    /// @notice For all points claimed so far a pair may have moved 0 to `most`, and not `given`.
    error MoneyUnsupported(uint16 issuer, uint16 redeemer, bytes3 currency, uint256 most, int256 given);

    /// @notice Claims and the rest come to `supported`, and not to the position.
    error PositionUnsupported(uint16 partner, bytes3 currency, int256 supported, int128 given);

    /// @notice There is a statement of this position already.
    error StatementExists(uint16 partner, bytes3 currency);

    /// @notice Positions that claims touch have no statement.
    error StatementsMissing(uint32 period, uint32 unstated);

    /// @notice In this many currencies the positions do not sum to zero.
    error Unbalanced(uint32 period, uint32 currencies);

    /// @notice There is such a dispute, or such an answer, already, or no such dispute to answer.
    error WrongDispute(uint16 partner, bytes3 currency, bytes32 lines, DisputeStatus status);

    /// @notice The statement is not one that this can be done to.
    error WrongStatus(uint16 partner, bytes3 currency, Status status);

    /// @notice Disputes were taken until `deadline`.
    error TooLate(uint64 deadline);

    /// @notice The period is not settled.
    error NotSettled(uint32 period);

    /// @notice Of what the partner owes, or is owed, only `left` is left.
    error PaymentTooHigh(uint16 partner, uint128 left, uint128 given);

    /// @notice A payment is of something.
    error ZeroPayment();

    /// @notice Let the partner sign with this key. The pool, 0, has one as well.
    /// @dev Caller: the ledger's REGISTRAR_ROLE.
    function registerKey(uint16 partner, address key) external;

    /**
     * @notice Let the partner sign with another key from now on.
     * @param signature Of `KeyReplacement(uint16 partner,address key,uint32 number)`, by the key to be replaced, where
     * `number` is {keyNumber}.
     */
    function replaceKey(uint16 partner, address key, bytes calldata signature) external;

    /// @notice Let the partner sign with another key from now on, because it has lost its own.
    /// @dev Caller: the ledger's DEFAULT_ADMIN_ROLE.
    function replaceLostKey(uint16 partner, address key) external;

    /// @notice Let a point cost up to this much in the currency, in millionths of a minor unit; 0 ends the currency.
    /// @dev Caller: the ledger's DEFAULT_ADMIN_ROLE.
    function setCeiling(bytes3 currency, uint64 mostPerPoint) external;

    /**
     * @notice Begin to close the next period. It takes several calls, and may be interrupted between any two:
     * {open}, {claim} until all is claimed, {state} until all is stated, {close}.
     * @dev Caller: the ledger's REGISTRAR_ROLE, as for these three.
     * @param period One more than {periods}.
     * @param startsAt When the period before ended; anything for the first.
     * @param sequence The last batch of the ledger that it takes entries from: recorded, and no earlier than that of the
     * period before.
     * @param deadline Until when partners may dispute; {close} moves it to give them from {LEAST_NOTICE} to {MOST_NOTICE}.
     */
    function open(uint32 period, uint64 startsAt, uint64 endsAt, uint64 sequence, uint64 deadline) external;

    /**
     * @notice Claim points that were honoured, and money for them: all of these, or none.
     *
     * After each claim the points claimed of the pair, in all periods and currencies together, are 0 to what the issuer
     * owes the redeemer on the ledger; and what was paid and got for them in this currency is each 0 to what they may
     * cost, rounded down.
     */
    function claim(uint32 period, Claim[] calldata claims) external;

    /// @notice Tell partners their positions: all of these, or none. After the first, nothing more is claimed.
    function state(uint32 period, StatementOf[] calldata statements) external;

    /// @notice Fix the period: it is over, every position that claims touch is stated, and in each currency they sum to
    /// zero.
    function close(uint32 period) external;

    /**
     * @notice The partner agrees to its statement, disputed or not.
     * @param signature Of `Acknowledgement(uint32 period,uint16 partner,bytes3 currency,bytes32 root,int128
     * positionMinor)`, by the partner's key.
     */
    function acknowledge(uint32 period, uint16 partner, bytes3 currency, bytes calldata signature) external;

    /**
     * @notice The partner disputes lines of its statement, which it has not agreed to, before the deadline.
     * @param lines What proves which lines, and why; not interpreted here.
     * @param signature Of `Dispute(uint32 period,uint16 partner,bytes3 currency,bytes32 root,bytes32 lines)`, by the
     * partner's key. Lines are disputed once.
     */
    function dispute(uint32 period, uint16 partner, bytes3 currency, bytes32 lines, bytes calldata signature) external;

    /**
     * @notice Answer a dispute of these lines. A correction is in a later period.
     * @dev Caller: the ledger's REGISTRAR_ROLE.
     * @param answer_ What proves the answer; not interpreted here.
     */
    function answer(uint32 period, uint16 partner, bytes3 currency, bytes32 lines, bytes32 answer_) external;

    /**
     * @notice The payee has received what the payer owes, or a part of it. The period is settled.
     * @param number Tells one payment from another that is like it.
     * @param signature Of `Payment(uint32 period,uint16 payer,uint16 payee,bytes3 currency,uint128 amountMinor,uint64
     * number)`, by the payee's key.
     */
    function confirmPayment(
        uint32 period,
        uint16 payer,
        uint16 payee,
        bytes3 currency,
        uint128 amountMinor,
        uint64 number,
        bytes calldata signature
    ) external;

    /// @notice The ledger whose obligations are settled here.
    function ledger() external view returns (address);

    /// @notice The key that signs for the partner, zero if there is none.
    function keyOf(uint16 partner) external view returns (address);

    /// @notice How many keys the partner has had, the one it has included.
    function keyNumber(uint16 partner) external view returns (uint32);

    /// @notice What a point may cost in this currency, in millionths of a minor unit; 0 if it is not settled in.
    function ceilingOf(bytes3 currency) external view returns (uint64);

    /// @notice How many periods there are, the one that is being closed included.
    function periods() external view returns (uint32);

    /// @notice A period, all zero if there is none by this number.
    function periodOf(uint32 period) external view returns (Period memory);

    /// @notice What is known of a position, all zero if there is none.
    function statementOf(uint32 period, uint16 partner, bytes3 currency) external view returns (Statement memory);

    /// @notice What the partner gets (above zero) or owes for the period.
    function positionOf(uint32 period, uint16 partner, bytes3 currency) external view returns (int128);

    /// @notice What of the position was paid, or received, as payees have confirmed.
    function paidOf(uint32 period, uint16 partner, bytes3 currency) external view returns (uint128);

    /// @notice Whether all have acknowledged, or been answered; or the deadline has passed, and no dispute is open.
    function isSettled(uint32 period) external view returns (bool);

    /// @notice Points claimed of a pair, in all periods and currencies.
    function claimed(uint16 issuer, uint16 redeemer) external view returns (uint256);

    /// @notice All that was claimed of a pair in this currency, in all periods.
    function claimedIn(uint16 issuer, uint16 redeemer, bytes3 currency) external view returns (Total memory);

    /**
     * @notice Points that the issuer owes the redeemer on the ledger, less those claimed.
     * @dev Below zero where redemptions were undone after they had been claimed: the next period takes them back.
     */
    function unclaimed(uint16 issuer, uint16 redeemer) external view returns (int256);

    /// @notice How far a dispute of these lines is.
    function disputeOf(uint32 period, uint16 partner, bytes3 currency, bytes32 lines)
        external
        view
        returns (DisputeStatus);

    /// @notice Whether the payment with this EIP-712 digest was confirmed.
    function isTaken(bytes32 digest) external view returns (bool);
}
