// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ISettlement} from "../../contracts/ISettlement.sol";
import {PointsLedger} from "../../contracts/PointsLedger.sol";
import {Settlement} from "../../contracts/Settlement.sol";
import {EUR, KEYS, Settling, USD} from "./Settling.sol";
import {REGISTRAR, VM} from "./Trial.sol";

/**
 * @title A registrar that tries anything, partners that sign, and redemptions that are made and undone meanwhile.
 *
 * @dev What it asks for is honest more often than not, so that periods come to be closed; whether the settlement takes
 * it is the settlement's affair, and the invariants say what must not come of it.
 */
contract SettlementTraffic is Settling {
    uint16[4] private _parties = [0, 1, 2, 3];
    bytes3[2] private _currencies = [EUR, USD];

    /// @dev The obligation of each pair at its last claim.
    mapping(uint16 issuer => mapping(uint16 redeemer => uint256)) public seen;

    /// @dev Of each closed period, all that must never change, as it was when it was closed.
    mapping(uint32 period => bytes32) public fixedAs;
    uint32 public closed;

    /// @dev How often each function was taken.
    mapping(bytes4 selector => uint256) public taken;

    constructor() {
        // Most periods that are opened are over.
        KEYS.warp(5 minutes);
        _registerKeys();
        for (uint16 issuer = 1; issuer <= 3; ++issuer) {
            _redeem(issuer, issuer % 3 + 1, 500);
        }
    }

    function settlement() external view returns (Settlement) {
        return SETTLEMENT;
    }

    function ledger() external view returns (PointsLedger) {
        return LEDGER;
    }

    function redeem(uint8 issuer, uint8 redeemer, uint56 points) external {
        _redeem(issuer % 3 + 1, redeemer % 3 + 1, points % 200 + 1);
    }

    function undo(uint8 issuer, uint8 redeemer, uint56 points) external {
        (uint16 from, uint16 to) = (issuer % 3 + 1, redeemer % 3 + 1);
        uint256 owed = LEDGER.obligation(from, to);
        if (owed != 0) _giveBack(from, to, uint56(points % owed + 1));
    }

    function open(uint256 seed) external {
        uint32 last = SETTLEMENT.periods();
        uint64 endedAt = SETTLEMENT.periodOf(last).endsAt;
        uint32 period = seed % 8 == 0 ? last : last + 1;
        uint64 startsAt = seed % 8 == 1 ? endedAt + 1 : endedAt;
        uint64 endsAt = startsAt + uint64((seed >> 8) % 10);
        uint64 sequence = LEDGER.nextSequence() - (seed % 8 == 2 ? 0 : 1);
        uint64 deadline = uint64(block.timestamp + (seed >> 16) % 5 days);
        _try(abi.encodeCall(ISettlement.open, (period, startsAt, endsAt, sequence, deadline)));
    }

    /// @dev All that is not claimed of each pair, in one currency, with random sums of money; at times some of it.
    function claimAll(uint256 seed) external {
        uint32 period = SETTLEMENT.periods();
        for (uint16 issuer = 1; issuer <= 3; ++issuer) {
            for (uint16 redeemer = 1; redeemer <= 3; ++redeemer) {
                seed = uint256(keccak256(abi.encode(seed)));
                int256 points = SETTLEMENT.unclaimed(issuer, redeemer);
                if (seed % 4 == 0) points = points / 2;
                _claim(period, issuer, redeemer, points, seed >> 8);
            }
        }
    }

    function claimAnything(uint256 seed) external {
        uint16 issuer = uint16(seed % 4);
        _claim(SETTLEMENT.periods(), issuer, uint16((seed >> 8) % 4), int256((seed >> 16) % 64) - 16, seed >> 32);
    }

    function stateAnything(uint256 seed) external {
        uint32 period = SETTLEMENT.periods() - uint32(seed % 2 & SETTLEMENT.periods());
        int128 minor = int128(int256((seed >> 16) % 64) - 16);
        bytes3 currency = _currencies[(seed >> 8) % 2];
        _state(period, uint16((seed >> 24) % 4), currency, minor, minor - int128(int256(seed >> 32) % 2));
    }

    /// @dev State all that is not stated, so that partner 1 bears what is left over; at times it is a little more.
    function finish(uint256 seed) external {
        uint32 period = SETTLEMENT.periods();
        for (uint256 i = 0; i < _currencies.length; ++i) {
            int128 sum = 0;
            for (uint256 j = 0; j < _parties.length; ++j) {
                uint16 partner = _parties[j];
                if (partner == 1) continue;
                int128 other = int128(int256((seed >> (8 * j)) % 16)) - 8;
                int128 position = SETTLEMENT.statementOf(period, partner, _currencies[i]).claimedMinor + other;
                _state(period, partner, _currencies[i], position, other);
                sum += SETTLEMENT.positionOf(period, partner, _currencies[i]);
            }
            int128 more = seed % 8 == 0 ? int128(1) : int128(0);
            int128 left = -sum + more;
            int128 claims = SETTLEMENT.statementOf(period, 1, _currencies[i]).claimedMinor;
            _state(period, 1, _currencies[i], left, left - claims);
        }
        close();
    }

    function close() public {
        uint32 period = SETTLEMENT.periods();
        if (!_try(abi.encodeCall(ISettlement.close, (period)))) return;
        closed = period;
        fixedAs[period] = fixedPart(period);
    }

    function acknowledge(uint256 seed) external {
        (uint32 period, uint16 partner, bytes3 currency) = _something(seed);
        ISettlement.Statement memory told = SETTLEMENT.statementOf(period, partner, currency);
        uint256 key = _key(seed % 16 == 0 ? 0 : partner);
        bytes memory signature = _acknowledgement(key, period, partner, currency, told.root, told.positionMinor);
        _try(abi.encodeCall(ISettlement.acknowledge, (period, partner, currency, signature)));
    }

    function acknowledgeAll(uint32 seed) external {
        if (closed == 0) return;
        uint32 period = seed % closed + 1;
        for (uint256 i = 0; i < 8; ++i) {
            (uint16 partner, bytes3 currency) = (_parties[i / 2], _currencies[i % 2]);
            ISettlement.Statement memory told = SETTLEMENT.statementOf(period, partner, currency);
            bytes memory signature =
                _acknowledgement(_key(partner), period, partner, currency, told.root, told.positionMinor);
            _try(abi.encodeCall(ISettlement.acknowledge, (period, partner, currency, signature)));
        }
    }

    function dispute(uint256 seed) external {
        (uint32 period, uint16 partner, bytes3 currency) = _something(seed);
        bytes32 lines = bytes32((seed >> 32) % 4);
        bytes memory signature = _dispute(_key(partner), period, partner, currency, lines);
        _try(abi.encodeCall(ISettlement.dispute, (period, partner, currency, lines, signature)));
    }

    function answer(uint256 seed) external {
        (uint32 period, uint16 partner, bytes3 currency) = _something(seed);
        _try(abi.encodeCall(ISettlement.answer, (period, partner, currency, bytes32((seed >> 32) % 4), 0)));
    }

    function pay(uint256 seed) external {
        (uint32 period, uint16 payer, bytes3 currency) = _something(seed);
        (uint16 payee, uint128 amount) = (_parties[(seed >> 40) % 4], uint128((seed >> 48) % 8));
        uint64 number = uint64((seed >> 32) % 4);
        bytes memory signature = _payment(_key(payee), period, payer, payee, currency, amount, number);
        _try(abi.encodeCall(ISettlement.confirmPayment, (period, payer, payee, currency, amount, number, signature)));
    }

    function wait_(uint32 seconds_) external {
        KEYS.warp(block.timestamp + seconds_ % 2 days);
    }

    /// @dev A hash over all of a period that is fixed once it is closed.
    function fixedPart(uint32 period) public view returns (bytes32 hash) {
        ISettlement.Period memory told = SETTLEMENT.periodOf(period);
        (told.pending, told.disputed) = (0, 0);
        hash = keccak256(abi.encode(told));
        for (uint256 i = 0; i < 8; ++i) {
            ISettlement.Statement memory each = SETTLEMENT.statementOf(period, _parties[i / 2], _currencies[i % 2]);
            bool isStated = each.status > ISettlement.Status.Claimed;
            hash = keccak256(abi.encode(hash, each.root, each.positionMinor, each.claimedMinor, isStated));
        }
    }

    function _claim(uint32 period, uint16 issuer, uint16 redeemer, int256 points, uint256 seed) private {
        ISettlement.Claim[] memory claims = new ISettlement.Claim[](1);
        bytes3 currency = _currencies[seed % 8 == 0 ? 0 : 1];
        ISettlement.Total memory total = SETTLEMENT.claimedIn(issuer, redeemer, currency);
        int256 most = (int256(uint256(total.points)) + points) * 2 + int256(seed >> 8) % 4 / 3;
        if (most < 0) most = 0;
        claims[0] = ISettlement.Claim({
            issuer: issuer,
            redeemer: redeemer,
            currency: currency,
            byPool: seed % 3 == 0,
            points: int64(points),
            paidMinor: int128(most * int256((seed >> 16) % 5) / 4 - int256(uint256(total.paidMinor))),
            gotMinor: int128(most * int256((seed >> 24) % 5) / 4 - int256(uint256(total.gotMinor)))
        });
        if (!_try(abi.encodeCall(ISettlement.claim, (period, claims)))) return;
        seen[issuer][redeemer] = LEDGER.obligation(issuer, redeemer);
    }

    function _state(uint32 period, uint16 partner, bytes3 currency, int128 position, int128 other) private {
        _try(abi.encodeCall(ISettlement.state, (period, _statements(partner, currency, position, other))));
    }

    /// @dev A position of any period, most often of a closed one.
    function _something(uint256 seed) private view returns (uint32 period, uint16 partner, bytes3 currency) {
        seed = uint256(keccak256(abi.encode(seed)));
        period = closed + 1 - uint32(seed % (closed < 4 ? closed + 1 : 4));
        return (period, _parties[(seed >> 8) % 4], _currencies[(seed >> 16) % 2]);
    }

    function _try(bytes memory call) private returns (bool done) {
        VM.prank(REGISTRAR);
        (done,) = address(SETTLEMENT).call(call);
        if (done) ++taken[bytes4(call)];
    }
}

/// @title What the settlement promises atop its source, checked after every call.
contract SettlementInvariants {
    SettlementTraffic private immutable TRAFFIC =
        SettlementTraffic(VM.deployCode("SettlementInvariants.t.sol:SettlementTraffic"));
    Settlement private immutable SETTLEMENT = TRAFFIC.settlement();

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(TRAFFIC);
    }

    function invariant_claims__are_within_what_the_ledger_had_and_the_points_may_cost() external view {
        for (uint16 issuer = 0; issuer <= 3; ++issuer) {
            for (uint16 redeemer = 0; redeemer <= 3; ++redeemer) {
                uint256 claimed = SETTLEMENT.claimed(issuer, redeemer);
                require(claimed <= TRAFFIC.seen(issuer, redeemer), "more is claimed than the ledger had");
                ISettlement.Total memory dollars = SETTLEMENT.claimedIn(issuer, redeemer, USD);
                ISettlement.Total memory euros = SETTLEMENT.claimedIn(issuer, redeemer, EUR);
                require(uint256(dollars.points) + euros.points == claimed, "points of the currencies");
                require(dollars.paidMinor <= dollars.points * 2 && dollars.gotMinor <= dollars.points * 2, "dollars");
                require(euros.paidMinor <= euros.points / 2 && euros.gotMinor <= euros.points / 2, "euros");
            }
        }
    }

    function invariant_closed_periods__sum_to_zero_and_never_change() external view {
        require(SETTLEMENT.periods() - TRAFFIC.closed() <= 1, "two periods are open");
        for (uint32 period = 1; period <= TRAFFIC.closed(); ++period) {
            require(TRAFFIC.fixedPart(period) == TRAFFIC.fixedAs(period), "a closed period has changed");
            require(
                period == 1 || SETTLEMENT.periodOf(period).startsAt == SETTLEMENT.periodOf(period - 1).endsAt, "a gap"
            );
            for (uint256 i = 0; i < 2; ++i) {
                int256 sum;
                for (uint16 partner = 0; partner <= 3; ++partner) {
                    sum += SETTLEMENT.positionOf(period, partner, i == 0 ? EUR : USD);
                }
                require(sum == 0, "positions do not sum to zero");
            }
        }
    }

    function invariant_positions__are_what_claims_bring_and_each_that_is_touched_is_stated() external view {
        for (uint32 period = 1; period <= TRAFFIC.closed(); ++period) {
            for (uint16 partner = 0; partner <= 3; ++partner) {
                ISettlement.Statement memory told = SETTLEMENT.statementOf(period, partner, USD);
                require(told.status != ISettlement.Status.Claimed, "a statement is left out");
                require(told.claimedMinor == 0 || told.root != 0, "a position without a statement");
            }
        }
    }

    function invariant_payments__are_received_as_paid_and_never_exceed_positions() external view {
        for (uint32 period = 1; period <= SETTLEMENT.periods(); ++period) {
            for (uint256 i = 0; i < 2; ++i) {
                int256 sum;
                for (uint16 partner = 0; partner <= 3; ++partner) {
                    int256 position = SETTLEMENT.positionOf(period, partner, i == 0 ? EUR : USD);
                    int256 paid = int256(uint256(SETTLEMENT.paidOf(period, partner, i == 0 ? EUR : USD)));
                    require(paid <= (position < 0 ? -position : position), "more is paid than is owed");
                    sum += position < 0 ? -paid : paid;
                }
                require(sum == 0, "more is received than is paid");
            }
        }
    }

    function invariant_settled__says_what_the_statements_say() external view {
        for (uint32 period = 1; period <= TRAFFIC.closed(); ++period) {
            (uint32 pending, uint32 disputed) = (0, 0);
            for (uint256 i = 0; i < 8; ++i) {
                ISettlement.Status status = SETTLEMENT.statementOf(period, uint16(i / 2), i % 2 == 0 ? EUR : USD).status;
                if (status == ISettlement.Status.Disputed) ++disputed;
                uint32 waiting = SETTLEMENT.statementOf(period, uint16(i / 2), i % 2 == 0 ? EUR : USD).disputes;
                if (status != ISettlement.Status.Acknowledged) {
                    require((status == ISettlement.Status.Disputed) == (waiting != 0), "disputes");
                }
                if (status == ISettlement.Status.Disputed || status == ISettlement.Status.Open) ++pending;
            }
            bool late = block.timestamp >= SETTLEMENT.periodOf(period).deadline;
            require(SETTLEMENT.isSettled(period) == (pending == 0 || (late && disputed == 0)), "settled");
        }
    }
}

/// @title The traffic of the invariants goes everywhere. If it did not, they would prove little.
contract SettlementReach {
    error HardlyEverTaken(bytes4 selector, uint256 times);

    function test_settlement_traffic__everything_is_taken() external {
        SettlementTraffic traffic = SettlementTraffic(VM.deployCode("SettlementInvariants.t.sol:SettlementTraffic"));
        for (uint256 i = 0; i < 100; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            traffic.redeem(uint8(seed), uint8(seed >> 8), uint56(seed >> 16));
            if (seed % 2 == 0) traffic.undo(uint8(seed >> 16), uint8(seed >> 24), uint56(seed >> 32));
            traffic.open(seed);
            traffic.claimAll(seed);
            traffic.claimAnything(seed);
            if (seed % 4 == 0) traffic.stateAnything(seed);
            traffic.finish(seed);
            traffic.acknowledge(seed);
            traffic.dispute(seed >> 1);
            traffic.answer(seed >> 1);
            if (seed % 4 == 1) traffic.wait_(uint32(seed));
            if (seed % 4 == 2) traffic.acknowledgeAll(uint32(seed));
            for (uint256 j = 0; j < 8; ++j) {
                traffic.pay(uint256(keccak256(abi.encode(seed, j))));
            }
        }
        bytes4[8] memory selectors = [
            ISettlement.open.selector,
            ISettlement.claim.selector,
            ISettlement.state.selector,
            ISettlement.close.selector,
            ISettlement.acknowledge.selector,
            ISettlement.dispute.selector,
            ISettlement.answer.selector,
            ISettlement.confirmPayment.selector
        ];
        for (uint256 i = 0; i < selectors.length; ++i) {
            if (traffic.taken(selectors[i]) < 3) revert HardlyEverTaken(selectors[i], traffic.taken(selectors[i]));
        }
        require(traffic.closed() > 20, "hardly any period was closed");
    }
}
