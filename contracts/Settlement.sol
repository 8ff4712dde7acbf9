// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IPointsLedger} from "./IPointsLedger.sol";
import {ISettlement} from "./ISettlement.sol";
import {PartnerKeys} from "./PartnerKeys.sol";

/**
 * @title The settlement of a coalition, period by period.
 *
 * @dev What holds between transactions, whatever the registrar sends, besides what `PartnerKeys` promises:
 *
 * - after a claim, 0 <= claimed(issuer, redeemer) <= the ledger's obligation, and the money claimed for these points is
 *   within what they may cost
 * - a position = what claims bring it + what is stated apart as not resting on points, which nothing here bounds
 * - Σ positions of a closed period = 0 in each currency, and none that a claim touches is left out
 * - periods are closed in turn, without gap or overlap, once they are over; a closed one never changes, but for how far
 *   it is
 * - what was paid and received of a position is never more than the position
 */
contract Settlement is PartnerKeys {
    using SafeCast for int256;
    using SafeCast for uint256;

    /// @dev A struct of one word, and the root: what of a statement claims write first and the statement then.
    struct Position {
        bytes32 root;
        int120 positionMinor;
        int120 claimedMinor;
        Status status;
        uint128 paidMinor;
        uint32 disputes;
    }

    /// @notice The least time, in seconds, that partners have to dispute a closed period.
    uint64 public constant LEAST_NOTICE = 1 days;

    /// @notice The most time, in seconds, that partners have: nobody waits for its money for ever.
    uint64 public constant MOST_NOTICE = 400 days;

    uint256 private constant MICROS = 1_000_000;

    bytes32 private constant ACKNOWLEDGEMENT =
        keccak256("Acknowledgement(uint32 period,uint16 partner,bytes3 currency,bytes32 root,int128 positionMinor)");
    bytes32 private constant DISPUTE =
        keccak256("Dispute(uint32 period,uint16 partner,bytes3 currency,bytes32 root,bytes32 lines)");
    bytes32 private constant PAYMENT =
        keccak256("Payment(uint32 period,uint16 payer,uint16 payee,bytes3 currency,uint128 amountMinor,uint64 number)");

    /// @inheritdoc ISettlement
    uint32 public periods;

    mapping(uint32 period => Period) private _periods;
    mapping(uint32 period => mapping(uint16 partner => mapping(bytes3 currency => Position))) private _positions;
    mapping(bytes32 dispute => DisputeStatus) private _disputes;
    mapping(uint32 period => mapping(bytes3 currency => int256)) private _sums;
    mapping(uint16 issuer => mapping(uint16 redeemer => mapping(bytes3 currency => Total))) private _totals;

    /// @inheritdoc ISettlement
    mapping(uint16 issuer => mapping(uint16 redeemer => uint256)) public claimed;

    /// @inheritdoc ISettlement
    mapping(bytes3 currency => uint64) public ceilingOf;

    /// @param ledger_ Says what partners owe one another, and who is registrar and admin.
    constructor(address ledger_) {
        // slither-disable-next-line missing-zero-check
        ledger = ledger_;
    }

    /// @inheritdoc ISettlement
    function setCeiling(bytes3 currency, uint64 mostPerPoint) external onlyAdmin {
        ceilingOf[currency] = mostPerPoint;
        emit CeilingChanged(currency, mostPerPoint);
    }

    /// @inheritdoc ISettlement
    function open(uint32 period, uint64 startsAt, uint64 endsAt, uint64 sequence, uint64 deadline)
        external
        onlyRegistrar
    {
        uint32 last = periods;
        Period storage before = _periods[last];
        if (last != 0 && !before.closed) revert PeriodNotClosed(last);
        if (period != last + 1) revert PeriodMismatch(last + 1, period);
        if (last != 0 && startsAt != before.endsAt) revert StartMismatch(before.endsAt, startsAt);
        if (endsAt <= startsAt) revert EmptyPeriod(startsAt, endsAt);
        uint64 recorded = IPointsLedger(ledger).nextSequence() - 1;
        if (sequence < before.sequence || sequence > recorded) {
            revert SequenceUnsupported(before.sequence, recorded, sequence);
        }

        periods = period;
        Period storage opened = _periods[period];
        (opened.startsAt, opened.endsAt, opened.sequence) = (startsAt, endsAt, sequence);
        opened.deadline = deadline;
        emit Opened(period, startsAt, endsAt, sequence, deadline);
    }

    /// @inheritdoc ISettlement
    function claim(uint32 period, Claim[] calldata claims) external onlyRegistrar {
        Period storage opened = _opened(period);
        if (opened.statements != 0) revert ClaimsEnded(period);

        (uint56 last, uint32 touched) = (opened.lastClaim, 0);
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata given = claims[i];
            uint56 place =
                (uint56(given.issuer) << 40) | (uint56(given.redeemer) << 24) | uint56(uint24(given.currency));
            if (place <= last) revert OutOfOrder(last, place);
            last = place;
            _claim(given);
            uint16 payer = given.byPool ? 0 : given.issuer;
            touched += _bring(_positions[period][payer][given.currency], -given.paidMinor);
            touched += _bring(_positions[period][given.redeemer][given.currency], given.gotMinor);
            emit Claimed(
                period,
                given.issuer,
                given.redeemer,
                given.currency,
                given.byPool,
                given.points,
                given.paidMinor,
                given.gotMinor
            );
        }
        opened.lastClaim = last;
        opened.unstated += touched;
    }

    /// @inheritdoc ISettlement
    function state(uint32 period, StatementOf[] calldata statements) external onlyRegistrar {
        Period storage opened = _opened(period);
        for (uint256 i = 0; i < statements.length; ++i) {
            StatementOf calldata given = statements[i];
            Position storage position = _positions[period][given.partner][given.currency];
            Status status = position.status;
            if (status > Status.Claimed) revert StatementExists(given.partner, given.currency);
            if (ceilingOf[given.currency] == 0) revert NoCeiling(given.currency);
            int256 supported = int256(position.claimedMinor) + given.otherMinor;
            if (supported != given.positionMinor) {
                revert PositionUnsupported(given.partner, given.currency, supported, given.positionMinor);
            }

            if (status == Status.Claimed) --opened.unstated;
            position.root = given.root;
            position.positionMinor = supported.toInt120();
            position.status = Status.Open;
            _balance(opened, _sums[period], given.currency, supported);
            emit Stated(period, given.partner, given.currency, given.root, given.positionMinor, given.otherMinor);
        }
        uint32 count = statements.length.toUint32();
        opened.statements += count;
        opened.pending += count;
    }

    /// @inheritdoc ISettlement
    function close(uint32 period) external onlyRegistrar {
        Period storage opened = _opened(period);
        if (opened.unstated != 0) revert StatementsMissing(period, opened.unstated);
        if (opened.unbalanced != 0) revert Unbalanced(period, opened.unbalanced);

        uint64 time = uint64(block.timestamp);
        // Here and not in {open}, before which a quiet chain may have had no block since the period ended.
        if (opened.endsAt > time) revert PeriodNotOver(opened.endsAt);

        opened.closed = true;
        if (opened.deadline < time + LEAST_NOTICE) opened.deadline = time + LEAST_NOTICE;
        if (opened.deadline > time + MOST_NOTICE) opened.deadline = time + MOST_NOTICE;
        emit Closed(period, opened.statements, opened.deadline);
    }

    /// @inheritdoc ISettlement
    function acknowledge(uint32 period, uint16 partner, bytes3 currency, bytes calldata signature) external {
        Period storage fixed_ = _closed(period);
        Position storage position = _positions[period][partner][currency];
        Status status = position.status;
        if (status < Status.Open || status == Status.Acknowledged) revert WrongStatus(partner, currency, status);
        bytes32 structHash = keccak256(
            abi.encode(ACKNOWLEDGEMENT, period, partner, currency, position.root, int128(position.positionMinor))
        );
        _signed(partner, structHash, signature);

        if (status != Status.Answered) --fixed_.pending;
        if (status == Status.Disputed) --fixed_.disputed;
        position.status = Status.Acknowledged;
        emit Acknowledged(period, partner, currency);
    }

    /// @inheritdoc ISettlement
    function dispute(uint32 period, uint16 partner, bytes3 currency, bytes32 lines, bytes calldata signature) external {
        Period storage fixed_ = _closed(period);
        if (block.timestamp >= fixed_.deadline) revert TooLate(fixed_.deadline);
        Position storage position = _positions[period][partner][currency];
        Status status = position.status;
        if (status < Status.Open || status == Status.Acknowledged) revert WrongStatus(partner, currency, status);
        bytes32 structHash = keccak256(abi.encode(DISPUTE, period, partner, currency, position.root, lines));
        _signed(partner, structHash, signature);
        bytes32 place = _dispute(period, partner, currency, lines);
        if (_disputes[place] != DisputeStatus.None) revert WrongDispute(partner, currency, lines, _disputes[place]);

        if (status == Status.Answered) ++fixed_.pending;
        if (status != Status.Disputed) ++fixed_.disputed;
        _disputes[place] = DisputeStatus.Open;
        ++position.disputes;
        position.status = Status.Disputed;
        emit Disputed(period, partner, currency, lines);
    }

    /// @inheritdoc ISettlement
    function answer(uint32 period, uint16 partner, bytes3 currency, bytes32 lines, bytes32 answer_)
        external
        onlyRegistrar
    {
        Position storage position = _positions[period][partner][currency];
        if (position.status != Status.Disputed) revert WrongStatus(partner, currency, position.status);
        bytes32 place = _dispute(period, partner, currency, lines);
        if (_disputes[place] != DisputeStatus.Open) revert WrongDispute(partner, currency, lines, _disputes[place]);

        _disputes[place] = DisputeStatus.Answered;
        if (--position.disputes == 0) {
            Period storage fixed_ = _periods[period];
            --fixed_.pending;
            --fixed_.disputed;
            position.status = Status.Answered;
        }
        emit Answered(period, partner, currency, lines, answer_);
    }

    /// @inheritdoc ISettlement
    function confirmPayment(
        uint32 period,
        uint16 payer,
        uint16 payee,
        bytes3 currency,
        uint128 amountMinor,
        uint64 number,
        bytes calldata signature
    ) external {
        if (!isSettled(period)) revert NotSettled(period);
        if (amountMinor == 0) revert ZeroPayment();
        bytes32 structHash = keccak256(abi.encode(PAYMENT, period, payer, payee, currency, amountMinor, number));
        _take(_signed(payee, structHash, signature));

        Position storage owing = _positions[period][payer][currency];
        Position storage owed = _positions[period][payee][currency];
        _pay(owing, payer, -int256(owing.positionMinor), amountMinor);
        _pay(owed, payee, owed.positionMinor, amountMinor);
        emit Paid(period, payer, payee, currency, amountMinor, number);
    }

    /// @inheritdoc ISettlement
    function periodOf(uint32 period) external view returns (Period memory) {
        return _periods[period];
    }

    /// @inheritdoc ISettlement
    function statementOf(uint32 period, uint16 partner, bytes3 currency) external view returns (Statement memory) {
        Position storage position = _positions[period][partner][currency];
        return Statement({
            root: position.root,
            positionMinor: position.positionMinor,
            claimedMinor: position.claimedMinor,
            paidMinor: position.paidMinor,
            disputes: position.disputes,
            status: position.status
        });
    }

    /// @inheritdoc ISettlement
    function positionOf(uint32 period, uint16 partner, bytes3 currency) external view returns (int128) {
        return _positions[period][partner][currency].positionMinor;
    }

    /// @inheritdoc ISettlement
    function paidOf(uint32 period, uint16 partner, bytes3 currency) external view returns (uint128) {
        return _positions[period][partner][currency].paidMinor;
    }

    /// @inheritdoc ISettlement
    function claimedIn(uint16 issuer, uint16 redeemer, bytes3 currency) external view returns (Total memory) {
        return _totals[issuer][redeemer][currency];
    }

    /// @inheritdoc ISettlement
    function unclaimed(uint16 issuer, uint16 redeemer) external view returns (int256) {
        return IPointsLedger(ledger).obligation(issuer, redeemer).toInt256() - claimed[issuer][redeemer].toInt256();
    }

    /// @inheritdoc ISettlement
    function disputeOf(uint32 period, uint16 partner, bytes3 currency, bytes32 lines)
        external
        view
        returns (DisputeStatus)
    {
        return _disputes[_dispute(period, partner, currency, lines)];
    }

    /// @inheritdoc ISettlement
    function isSettled(uint32 period) public view returns (bool) {
        Period storage asked = _periods[period];
        if (!asked.closed) return false;
        return asked.pending == 0 || (asked.disputed == 0 && block.timestamp >= asked.deadline);
    }

    /// @dev Adds a claim to what was claimed of its pair, if the ledger and the ceiling let it.
    function _claim(Claim calldata given) private {
        (uint16 issuer, uint16 redeemer) = (given.issuer, given.redeemer);
        if (issuer == redeemer && !given.byPool) revert SamePartner(issuer);
        uint256 obligation = IPointsLedger(ledger).obligation(issuer, redeemer);
        int256 points = claimed[issuer][redeemer].toInt256() + given.points;
        if (points < 0 || uint256(points) > obligation) revert Unsupported(issuer, redeemer, obligation, points);
        claimed[issuer][redeemer] = uint256(points);

        uint256 ceiling = ceilingOf[given.currency];
        if (ceiling == 0) revert NoCeiling(given.currency);
        Total storage total = _totals[issuer][redeemer][given.currency];
        int256 ofCurrency = int256(uint256(total.points)) + given.points;
        if (ofCurrency < 0) revert Unsupported(issuer, redeemer, obligation, ofCurrency);
        uint256 most = uint256(ofCurrency) * ceiling / MICROS;
        int256 paid = int256(uint256(total.paidMinor)) + given.paidMinor;
        int256 got = int256(uint256(total.gotMinor)) + given.gotMinor;
        if (paid < 0 || uint256(paid) > most) revert MoneyUnsupported(issuer, redeemer, given.currency, most, paid);
        if (got < 0 || uint256(got) > most) revert MoneyUnsupported(issuer, redeemer, given.currency, most, got);
        total.points = uint256(ofCurrency).toUint64();
        total.paidMinor = uint256(paid).toUint96();
        total.gotMinor = uint256(got).toUint96();
    }

    /// @dev Adds what a claim brings to a position; 1 if it is the first to touch it.
    function _bring(Position storage position, int128 minor) private returns (uint32 first) {
        if (position.status == Status.None) {
            position.status = Status.Claimed;
            first = 1;
        }
        position.claimedMinor = (int256(position.claimedMinor) + minor).toInt120();
    }

    /// @dev Adds a position to the sum of its currency, and keeps count of the sums that are not zero.
    function _balance(Period storage opened, mapping(bytes3 => int256) storage sums, bytes3 currency, int256 minor)
        private
    {
        int256 sum = sums[currency];
        if (sum != 0) --opened.unbalanced;
        if (sum + minor != 0) ++opened.unbalanced;
        sums[currency] = sum + minor;
    }

    /// @dev Counts a payment against what the partner owes, or is owed: `dueMinor`.
    function _pay(Position storage position, uint16 partner, int256 dueMinor, uint128 amountMinor) private {
        uint128 left = dueMinor <= 0 ? 0 : uint256(dueMinor).toUint128() - position.paidMinor;
        if (amountMinor > left) revert PaymentTooHigh(partner, left, amountMinor);
        position.paidMinor += amountMinor;
    }

    /// @dev The period that is being closed.
    function _opened(uint32 period) private view returns (Period storage opened) {
        opened = _periods[period];
        if (period == 0 || period > periods || opened.closed) revert PeriodNotOpen(period);
    }

    function _closed(uint32 period) private view returns (Period storage fixed_) {
        fixed_ = _periods[period];
        if (!fixed_.closed) revert PeriodNotClosed(period);
    }

    function _dispute(uint32 period, uint16 partner, bytes3 currency, bytes32 lines) private pure returns (bytes32) {
        return keccak256(abi.encode(period, partner, currency, lines));
    }
}
