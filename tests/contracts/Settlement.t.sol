// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ISettlement} from "../../contracts/ISettlement.sol";
import {EUR, KEYS, Settling, USD} from "./Settling.sol";
import {ADMIN, REGISTRAR} from "./Trial.sol";

/// @dev A wallet that is a contract, and takes every signature that is its word.
contract Wallet is IERC1271 {
    function isValidSignature(bytes32, bytes memory signature) external pure returns (bytes4) {
        return keccak256(signature) == keccak256("agreed") ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @title What a settlement takes, and each thing that it refuses.
contract SettlementTest is Settling {
    uint64 private constant DEADLINE = 10 days;
    bytes32 private constant LINES = keccak256("lines");

    /// @dev Partner 2 owes partner 3 for 100 points: it pays 90, of which 80 arrive and 10 are the operator's margin.
    function setUp() external {
        KEYS.warp(1_000);
        _redeem(2, 3, 100);
        _registerKeys();
    }

    function test_period__closed_and_acknowledged_by_all__is_settled() external {
        _close();
        require(SETTLEMENT.claimed(2, 3) == 100 && SETTLEMENT.unclaimed(2, 3) == 0, "claimed");
        require(SETTLEMENT.positionOf(1, 2, USD) == -90 && SETTLEMENT.positionOf(1, 3, USD) == 80, "positions");
        for (uint16 partner = 1; partner <= 3; ++partner) {
            require(!SETTLEMENT.isSettled(1), "settled too early");
            _acknowledge(partner);
        }
        require(SETTLEMENT.isSettled(1), "not settled");
        ISettlement.Statement memory told = SETTLEMENT.statementOf(1, 2, USD);
        require(told.root == _root(2, USD) && told.status == ISettlement.Status.Acknowledged, "statement");
        require(told.positionMinor == -90 && told.claimedMinor == -90, "statement's sums");
    }

    function test_period__deadline_passed_and_nobody_spoke__is_settled() external {
        _close();
        KEYS.warp(DEADLINE - 1);
        require(!SETTLEMENT.isSettled(1), "settled before the deadline");
        KEYS.warp(DEADLINE);
        require(SETTLEMENT.isSettled(1), "not settled at the deadline");
    }

    function test_period__dispute_unanswered__is_settled_by_no_deadline() external {
        _close();
        _disputes(3, LINES);
        KEYS.warp(DEADLINE);
        require(!SETTLEMENT.isSettled(1), "settled over a dispute");
        _as(REGISTRAR);
        SETTLEMENT.answer(1, 3, USD, LINES, "rejected");
        require(SETTLEMENT.isSettled(1), "not settled");
        require(SETTLEMENT.disputeOf(1, 3, USD, LINES) == ISettlement.DisputeStatus.Answered, "not answered");
    }

    function test_period__all_acknowledged_or_answered__is_settled_before_the_deadline() external {
        _close();
        _disputes(3, LINES);
        _acknowledge(1);
        _acknowledge(2);
        require(!SETTLEMENT.isSettled(1), "settled over a dispute");
        _as(REGISTRAR);
        SETTLEMENT.answer(1, 3, USD, LINES, "rejected");
        require(SETTLEMENT.isSettled(1), "not settled");
        _disputes(3, keccak256("others"));
        require(!SETTLEMENT.isSettled(1), "settled over another dispute");
        _acknowledge(3);
        require(SETTLEMENT.isSettled(1), "not settled by an acknowledgement of what was disputed");
    }

    function test_deadline__that_has_passed__leaves_partners_a_day() external {
        KEYS.warp(20 days);
        _close();
        require(SETTLEMENT.periodOf(1).deadline == 21 days, "deadline");
        require(!SETTLEMENT.isSettled(1), "settled at once");
    }

    function test_deadline__in_the_far_future__is_put_forward() external {
        _as(REGISTRAR);
        SETTLEMENT.open(1, 100, 200, 1, 5_000 days);
        _finish();
        require(SETTLEMENT.periodOf(1).deadline == 1_000 + 400 days, "deadline");
    }

    function test_pool__pays_a_redeemer_for_its_own_points() external {
        _redeem(3, 3, 40);
        _open(1);
        ISettlement.Claim[] memory claims = _claims(3, 3, 41, 40, 40);
        claims[0].byPool = true;
        _refuse(_claimCall(1, claims), abi.encodeWithSelector(ISettlement.Unsupported.selector, 3, 3, 40, int256(41)));
        claims[0].points = 40;
        _claim(claims);
        require(SETTLEMENT.statementOf(1, 0, USD).claimedMinor == -40, "the pool does not pay");
        require(SETTLEMENT.statementOf(1, 3, USD).claimedMinor == 40, "the redeemer gets nothing");
        require(SETTLEMENT.unclaimed(3, 3) == 0, "unclaimed");
    }

    function test_pool__pays_where_points_are_paid_for_at_issuance() external {
        _open(1);
        ISettlement.Claim[] memory claims = _claims(2, 3, 100, 90, 80);
        claims[0].byPool = true;
        _claim(claims);
        require(SETTLEMENT.statementOf(1, 0, USD).claimedMinor == -90, "the pool does not pay");
        require(SETTLEMENT.statementOf(1, 2, USD).status == ISettlement.Status.None, "the issuer is touched");
    }

    function test_claims__in_several_transactions_and_currencies__add_up() external {
        _redeem(2, 1, 50);
        _redeem(3, 2, 1_000_000 / 2);
        _open(1);
        _claim(_claims(2, 1, 50, 60, 60));
        ISettlement.Claim[] memory claims = new ISettlement.Claim[](2);
        claims[0] = ISettlement.Claim(2, 3, EUR, false, 60, 30, 30);
        claims[1] = ISettlement.Claim(2, 3, USD, false, 40, 80, 70);
        _claim(claims);
        require(SETTLEMENT.statementOf(1, 2, USD).claimedMinor == -140, "dollars");
        require(SETTLEMENT.statementOf(1, 2, EUR).claimedMinor == -30, "euros");
        require(SETTLEMENT.claimed(2, 3) == 100 && SETTLEMENT.claimedIn(2, 3, EUR).points == 60, "points");
        require(SETTLEMENT.periodOf(1).unstated == 5, "touched");
    }

    function test_next_period__takes_back_what_was_undone() external {
        _close();
        _giveBack(2, 3, 30);
        require(SETTLEMENT.unclaimed(2, 3) == -30, "unclaimed");
        _open(2);
        _refuse(_claimCall(2, _claims(2, 3, -29, 0, 0)), _unsupported(70, 71));
        _as(REGISTRAR);
        SETTLEMENT.claim(2, _claims(2, 3, -30, -27, -24));
        require(SETTLEMENT.unclaimed(2, 3) == 0, "still unclaimed");
        require(SETTLEMENT.statementOf(2, 2, USD).claimedMinor == 27, "not paid back");
    }

    function test_payment__confirmed_in_parts__up_to_what_is_owed() external {
        _settle();
        _pays(2, 3, 50, 1);
        _pays(2, 3, 30, 1);
        _pays(2, 1, 10, 1);
        require(SETTLEMENT.paidOf(1, 2, USD) == 90 && SETTLEMENT.paidOf(1, 3, USD) == 80, "paid");
        _refusePayment(2, 3, 1, abi.encodeWithSelector(ISettlement.PaymentTooHigh.selector, 2, 0, 1));
    }

    function test_payment__by_a_contract_wallet__needs_its_word() external {
        address wallet = address(new Wallet());
        _as(ADMIN);
        SETTLEMENT.replaceLostKey(3, wallet);
        _settle();
        bytes memory no = abi.encodeCall(ISettlement.confirmPayment, (1, 2, 3, USD, 5, 1, "no"));
        _refuse(no, abi.encodeWithSelector(ISettlement.WrongSignature.selector, 3, wallet));
        SETTLEMENT.confirmPayment(1, 2, 3, USD, 5, 1, "agreed");
        require(SETTLEMENT.paidOf(1, 3, USD) == 5, "not paid");
    }

    function test_key__replaced_by_its_own_signature__once() external {
        string memory replacement = "KeyReplacement(uint16 partner,address key,uint32 number)";
        bytes memory there = _sign(_key(2), replacement, abi.encode(uint16(2), KEYS.addr(7), uint32(1)));
        SETTLEMENT.replaceKey(2, KEYS.addr(7), there);
        require(SETTLEMENT.keyOf(2) == KEYS.addr(7) && SETTLEMENT.keyNumber(2) == 2, "key");
        bytes memory back = _sign(7, replacement, abi.encode(uint16(2), KEYS.addr(_key(2)), uint32(2)));
        SETTLEMENT.replaceKey(2, KEYS.addr(_key(2)), back);
        bytes memory again = abi.encodeCall(ISettlement.replaceKey, (2, KEYS.addr(7), there));
        _refuse(again, abi.encodeWithSelector(ISettlement.WrongSignature.selector, 2, KEYS.addr(_key(2))));
    }

    function test_key__replaced_by_the_admin__signs() external {
        _as(ADMIN);
        SETTLEMENT.replaceLostKey(2, KEYS.addr(7));
        _close();
        _refuse(_acknowledgeCall(2, _key(2)), _wrongSignature(2, KEYS.addr(7)));
        bytes memory signature = _acknowledgement(7, 1, 2, USD, _root(2, USD), -90);
        SETTLEMENT.acknowledge(1, 2, USD, signature);
    }

    function test_calls_of_others__are_refused() external {
        _close();
        _disputes(3, LINES);
        bytes[7] memory registrars = [
            abi.encodeCall(ISettlement.registerKey, (128, address(1))),
            abi.encodeCall(ISettlement.open, (2, 200, 300, 1, DEADLINE)),
            _claimCall(2, _claims(2, 3, 0, 0, 0)),
            abi.encodeCall(ISettlement.state, (2, _statements(2, USD, 0, 0))),
            abi.encodeCall(ISettlement.close, (2)),
            abi.encodeCall(ISettlement.answer, (1, 3, USD, LINES, "rejected")),
            abi.encodeCall(ISettlement.answer, (1, 3, USD, LINES, "accepted"))
        ];
        for (uint256 i = 0; i < registrars.length; ++i) {
            _refuse(ADMIN, registrars[i], _unauthorized(ADMIN, keccak256("REGISTRAR_ROLE")));
        }
        bytes memory ceiling = abi.encodeCall(ISettlement.setCeiling, (USD, 1));
        bytes memory key = abi.encodeCall(ISettlement.replaceLostKey, (2, address(1)));
        _refuse(REGISTRAR, ceiling, _unauthorized(REGISTRAR, 0));
        _refuse(REGISTRAR, key, _unauthorized(REGISTRAR, 0));
        _refuse(address(this), key, _unauthorized(address(this), 0));
    }

    function test_role__lost_on_the_ledger__is_lost_here() external {
        bytes32 role = keccak256("REGISTRAR_ROLE");
        _as(ADMIN);
        LEDGER.revokeRole(role, REGISTRAR);
        _refuse(_openCall(1, 100, 200, 1), _unauthorized(REGISTRAR, role));
    }

    function test_keys__refused() external {
        address key = KEYS.addr(_key(2));
        bytes memory exists = abi.encodeWithSelector(ISettlement.KeyExists.selector, 2, key);
        _refuse(abi.encodeCall(ISettlement.registerKey, (2, address(1))), exists);
        bytes memory unknown = abi.encodeWithSelector(ISettlement.UnknownPartner.selector, 77);
        _refuse(abi.encodeCall(ISettlement.registerKey, (77, address(1))), unknown);
        bytes memory zero = abi.encodeWithSelector(ISettlement.ZeroKey.selector, 128);
        _refuse(abi.encodeCall(ISettlement.registerKey, (128, address(0))), zero);
        bytes memory none = abi.encodeWithSelector(ISettlement.NoKey.selector, 128);
        _refuse(abi.encodeCall(ISettlement.replaceKey, (128, address(1), "")), none);
        _refuse(ADMIN, abi.encodeCall(ISettlement.replaceLostKey, (128, address(1))), none);
        bytes memory lost = abi.encodeWithSelector(ISettlement.ZeroKey.selector, 2);
        _refuse(ADMIN, abi.encodeCall(ISettlement.replaceLostKey, (2, address(0))), lost);
        _refuse(abi.encodeCall(ISettlement.replaceKey, (2, address(1), "nothing")), _wrongSignature(2, key));
    }

    function test_open__out_of_turn__refused() external {
        bytes4 mismatch = ISettlement.PeriodMismatch.selector;
        _refuse(_openCall(0, 100, 200, 1), abi.encodeWithSelector(mismatch, 1, 0));
        _refuse(_openCall(2, 100, 200, 1), abi.encodeWithSelector(mismatch, 1, 2));
        _open(1);
        bytes memory notClosed = abi.encodeWithSelector(ISettlement.PeriodNotClosed.selector, 1);
        _refuse(_openCall(2, 200, 300, 1), notClosed);
        _refuse(_openCall(1, 100, 200, 1), notClosed);
        _finish();
        _refuse(_openCall(1, 100, 200, 1), abi.encodeWithSelector(mismatch, 2, 1));
    }

    function test_open__gap_overlap_or_nothing__refused() external {
        _close();
        bytes4 mismatch = ISettlement.StartMismatch.selector;
        _refuse(_openCall(2, 201, 300, 1), abi.encodeWithSelector(mismatch, 200, 201));
        _refuse(_openCall(2, 199, 300, 1), abi.encodeWithSelector(mismatch, 200, 199));
        _refuse(_openCall(2, 200, 200, 1), abi.encodeWithSelector(ISettlement.EmptyPeriod.selector, 200, 200));
    }

    function test_open__batch_not_recorded_or_before_the_last__refused() external {
        bytes4 unsupported = ISettlement.SequenceUnsupported.selector;
        _refuse(_openCall(1, 100, 200, 2), abi.encodeWithSelector(unsupported, 0, 1, 2));
        _close();
        _refuse(_openCall(2, 200, 300, 0), abi.encodeWithSelector(unsupported, 1, 1, 0));
    }

    function test_closing__of_what_is_not_open__refused() external {
        for (uint32 period = 0; period < 2; ++period) {
            bytes memory reason = abi.encodeWithSelector(ISettlement.PeriodNotOpen.selector, period);
            _refuse(_claimCall(period, _claims(2, 3, 1, 1, 1)), reason);
            _refuse(abi.encodeCall(ISettlement.state, (period, _statements(2, USD, 0, 0))), reason);
            _refuse(abi.encodeCall(ISettlement.close, (period)), reason);
        }
    }

    function test_closing__once_more__refused_and_nothing_is_added() external {
        _close();
        bytes memory reason = abi.encodeWithSelector(ISettlement.PeriodNotOpen.selector, 1);
        _refuse(_claimCall(1, _claims(3, 2, 0, 0, 0)), reason);
        _refuse(abi.encodeCall(ISettlement.state, (1, _statements(128, USD, 0, 0))), reason);
        _refuse(abi.encodeCall(ISettlement.close, (1)), reason);
    }

    function test_claim__more_than_the_ledger_has__refused() external {
        _open(1);
        _refuse(_claimCall(1, _claims(2, 3, 101, 90, 80)), _unsupported(100, 101));
        _refuse(_claimCall(1, _claims(2, 3, -1, 0, 0)), _unsupported(100, -1));
        bytes memory nothing = abi.encodeWithSelector(ISettlement.Unsupported.selector, 3, 2, 0, int256(1));
        _refuse(_claimCall(1, _claims(3, 2, 1, 0, 0)), nothing);
        ISettlement.Claim[] memory both = new ISettlement.Claim[](2);
        both[0] = ISettlement.Claim(2, 3, EUR, false, 60, 0, 0);
        both[1] = ISettlement.Claim(2, 3, USD, false, 41, 0, 0);
        _refuse(_claimCall(1, both), _unsupported(100, 101));
    }

    function test_claim__points_of_another_currency_taken_back__refused() external {
        _close();
        _open(2);
        ISettlement.Claim[] memory claims = _claims(2, 3, -1, 0, 0);
        claims[0].currency = EUR;
        _refuse(_claimCall(2, claims), _unsupported(100, -1));
    }

    function test_claim__again_in_the_next_period__refused() external {
        _close();
        _open(2);
        _refuse(_claimCall(2, _claims(2, 3, 1, 0, 0)), _unsupported(100, 101));
    }

    function test_claim__money_beyond_the_points__refused() external {
        _open(1);
        _refuse(_claimCall(1, _claims(2, 3, 100, 201, 80)), _moneyUnsupported(USD, 200, 201));
        _refuse(_claimCall(1, _claims(2, 3, 100, 90, 201)), _moneyUnsupported(USD, 200, 201));
        _refuse(_claimCall(1, _claims(2, 3, 100, -1, 80)), _moneyUnsupported(USD, 200, -1));
        _refuse(_claimCall(1, _claims(2, 3, 100, 90, -1)), _moneyUnsupported(USD, 200, -1));
        _refuse(_claimCall(1, _claims(2, 3, 0, 1, 0)), _moneyUnsupported(USD, 0, 1));
        ISettlement.Claim[] memory euros = _claims(2, 3, 99, 50, 0);
        euros[0].currency = EUR;
        _refuse(_claimCall(1, euros), _moneyUnsupported(EUR, 49, 50));
    }

    function test_claim__currency_without_ceiling__refused() external {
        _open(1);
        ISettlement.Claim[] memory claims = _claims(2, 3, 100, 90, 80);
        claims[0].currency = "RUB";
        bytes memory reason = abi.encodeWithSelector(ISettlement.NoCeiling.selector, bytes3("RUB"));
        _refuse(_claimCall(1, claims), reason);
        _refuse(abi.encodeCall(ISettlement.state, (1, _statements(2, "RUB", 0, 0))), reason);
    }

    function test_claim__out_of_order_twice_or_of_oneself__refused() external {
        _redeem(2, 2, 10);
        _open(1);
        _claim(_claims(2, 3, 50, 0, 0));
        uint56 last = (2 << 40) | (3 << 24) | uint56(uint24(USD));
        bytes4 order = ISettlement.OutOfOrder.selector;
        _refuse(_claimCall(1, _claims(2, 3, 50, 0, 0)), abi.encodeWithSelector(order, last, last));
        _refuse(_claimCall(1, _claims(2, 1, 1, 0, 0)), abi.encodeWithSelector(order, last, last - (2 << 24)));
        _refuse(_claimCall(1, _claims(3, 3, 0, 0, 0)), abi.encodeWithSelector(ISettlement.SamePartner.selector, 3));
    }

    function test_claim__after_a_statement__refused() external {
        _open(1);
        _state(2, 0, 0);
        _refuse(_claimCall(1, _claims(2, 3, 1, 0, 0)), abi.encodeWithSelector(ISettlement.ClaimsEnded.selector, 1));
    }

    function test_state__position_that_claims_do_not_explain__refused() external {
        _open(1);
        _claim(_claims(2, 3, 100, 90, 80));
        bytes4 reason = ISettlement.PositionUnsupported.selector;
        bytes memory more = abi.encodeWithSelector(reason, 3, USD, int256(80), int128(81));
        _refuse(abi.encodeCall(ISettlement.state, (1, _statements(3, USD, 81, 0))), more);
        bytes memory apart = abi.encodeWithSelector(reason, 1, USD, int256(9), int128(10));
        _refuse(abi.encodeCall(ISettlement.state, (1, _statements(1, USD, 10, 9))), apart);
    }

    function test_state__twice__refused() external {
        _open(1);
        _state(2, 0, 0);
        bytes memory reason = abi.encodeWithSelector(ISettlement.StatementExists.selector, 2, USD);
        _refuse(abi.encodeCall(ISettlement.state, (1, _statements(2, USD, 0, 0))), reason);
    }

    function test_close__period_that_is_not_over__refused() external {
        _as(REGISTRAR);
        SETTLEMENT.open(1, 100, 2_000, 1, DEADLINE);
        KEYS.warp(1_999);
        _refuse(
            abi.encodeCall(ISettlement.close, (1)), abi.encodeWithSelector(ISettlement.PeriodNotOver.selector, 2_000)
        );
        KEYS.warp(2_000);
        _as(REGISTRAR);
        SETTLEMENT.close(1);
    }

    function test_close__statement_left_out__refused() external {
        _open(1);
        _claim(_claims(2, 3, 100, 90, 80));
        _refuse(
            abi.encodeCall(ISettlement.close, (1)), abi.encodeWithSelector(ISettlement.StatementsMissing.selector, 1, 2)
        );
        _state(3, 80, 0);
        _refuse(
            abi.encodeCall(ISettlement.close, (1)), abi.encodeWithSelector(ISettlement.StatementsMissing.selector, 1, 1)
        );
    }

    function test_close__positions_do_not_sum_to_zero__refused() external {
        _open(1);
        _claim(_claims(2, 3, 100, 90, 80));
        _state(3, 80, 0);
        _state(2, -90, 0);
        bytes memory call = abi.encodeCall(ISettlement.close, (1));
        _refuse(call, abi.encodeWithSelector(ISettlement.Unbalanced.selector, 1, 1));
        _as(REGISTRAR);
        SETTLEMENT.state(1, _statements(2, EUR, 10, 10));
        _refuse(call, abi.encodeWithSelector(ISettlement.Unbalanced.selector, 1, 2));
        _state(1, 10, 10);
        _refuse(call, abi.encodeWithSelector(ISettlement.Unbalanced.selector, 1, 1));
    }

    function test_acknowledgement__by_another_key_or_for_something_else__refused() external {
        _close();
        bytes memory wrong = _wrongSignature(2, KEYS.addr(_key(2)));
        _refuse(_acknowledgeCall(2, _key(3)), wrong);
        bytes[4] memory others = [
            _acknowledgement(_key(2), 1, 2, USD, _root(3, USD), -90),
            _acknowledgement(_key(2), 1, 2, USD, _root(2, USD), -89),
            _acknowledgement(_key(2), 2, 2, USD, _root(2, USD), -90),
            _acknowledgement(_key(2), 1, 2, EUR, _root(2, USD), -90)
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            _refuse(abi.encodeCall(ISettlement.acknowledge, (1, 2, USD, others[i])), wrong);
        }
    }

    function test_acknowledgement__of_nothing_or_again__refused() external {
        _open(1);
        bytes memory notClosed = abi.encodeWithSelector(ISettlement.PeriodNotClosed.selector, 1);
        _refuse(_acknowledgeCall(2, _key(2)), notClosed);
        _finish();
        bytes memory nothing = abi.encodeCall(ISettlement.acknowledge, (1, 2, EUR, ""));
        _refuse(nothing, _wrongStatus(2, EUR, ISettlement.Status.None));
        _acknowledge(2);
        _refuse(_acknowledgeCall(2, _key(2)), _wrongStatus(2, USD, ISettlement.Status.Acknowledged));
    }

    function test_dispute__too_late__refused() external {
        _close();
        bytes memory call = _disputeCall(3, _key(3), LINES);
        KEYS.warp(DEADLINE);
        _refuse(call, abi.encodeWithSelector(ISettlement.TooLate.selector, DEADLINE));
        KEYS.warp(DEADLINE - 1);
        _disputes(3, LINES);
    }

    function test_dispute__by_another_key_twice_or_of_what_was_agreed__refused() external {
        _open(1);
        _refuse(_disputeCall(3, _key(3), LINES), abi.encodeWithSelector(ISettlement.PeriodNotClosed.selector, 1));
        _finish();
        _refuse(_disputeCall(3, _key(2), LINES), _wrongSignature(3, KEYS.addr(_key(3))));
        bytes memory nothing = abi.encodeCall(ISettlement.dispute, (1, 3, EUR, LINES, ""));
        _refuse(nothing, _wrongStatus(3, EUR, ISettlement.Status.None));
        _disputes(3, LINES);
        _refuse(_disputeCall(3, _key(3), LINES), _wrongDispute(LINES, ISettlement.DisputeStatus.Open));
        _as(REGISTRAR);
        SETTLEMENT.answer(1, 3, USD, LINES, "rejected");
        _refuse(_disputeCall(3, _key(3), LINES), _wrongDispute(LINES, ISettlement.DisputeStatus.Answered));
        _acknowledge(2);
        _refuse(_disputeCall(2, _key(2), LINES), _wrongStatus(2, USD, ISettlement.Status.Acknowledged));
    }

    function test_answer__to_nothing_or_again__refused() external {
        _close();
        bytes memory call = abi.encodeCall(ISettlement.answer, (1, 3, USD, LINES, "rejected"));
        _refuse(call, _wrongStatus(3, USD, ISettlement.Status.Open));
        _disputes(3, LINES);
        _as(REGISTRAR);
        SETTLEMENT.answer(1, 3, USD, LINES, "rejected");
        _refuse(call, _wrongStatus(3, USD, ISettlement.Status.Answered));
        _disputes(3, keccak256("others"));
        _refuse(call, _wrongDispute(LINES, ISettlement.DisputeStatus.Answered));
        call = abi.encodeCall(ISettlement.answer, (1, 3, USD, "no such", "rejected"));
        _refuse(call, _wrongDispute("no such", ISettlement.DisputeStatus.None));
    }

    function test_dispute__of_several_lines__is_answered_once_each_of_them_is() external {
        _close();
        _disputes(3, LINES);
        _disputes(3, "others");
        _as(REGISTRAR);
        SETTLEMENT.answer(1, 3, USD, LINES, "rejected");
        require(SETTLEMENT.statementOf(1, 3, USD).status == ISettlement.Status.Disputed, "answered too early");
        require(SETTLEMENT.statementOf(1, 3, USD).disputes == 1, "disputes");
        _as(REGISTRAR);
        SETTLEMENT.answer(1, 3, USD, "others", "corrected");
        require(SETTLEMENT.statementOf(1, 3, USD).status == ISettlement.Status.Answered, "not answered");
    }

    function test_payment__before_all_is_settled__refused() external {
        _close();
        _refusePayment(2, 3, 1, abi.encodeWithSelector(ISettlement.NotSettled.selector, 1));
    }

    function test_payment__not_owed_or_too_high__refused() external {
        _settle();
        bytes4 tooHigh = ISettlement.PaymentTooHigh.selector;
        _refusePayment(2, 3, 81, abi.encodeWithSelector(tooHigh, 3, 80, 81));
        _refusePayment(2, 3, 91, abi.encodeWithSelector(tooHigh, 2, 90, 91));
        _refusePayment(3, 1, 1, abi.encodeWithSelector(tooHigh, 3, 0, 1));
        _refusePayment(2, 2, 1, abi.encodeWithSelector(tooHigh, 2, 0, 1));
        _refusePayment(128, 3, 1, abi.encodeWithSelector(tooHigh, 128, 0, 1));
        _refusePayment(2, 3, 0, abi.encodeWithSelector(ISettlement.ZeroPayment.selector));
    }

    function test_payment__by_another_key_or_again__refused() external {
        _settle();
        bytes memory signature = _payment(_key(2), 1, 2, 3, USD, 40, 1);
        bytes memory call = abi.encodeCall(ISettlement.confirmPayment, (1, 2, 3, USD, 40, 1, signature));
        _refuse(call, _wrongSignature(3, KEYS.addr(_key(3))));
        _pays(2, 3, 40, 1);
        signature = _payment(_key(3), 1, 2, 3, USD, 40, 1);
        call = abi.encodeCall(ISettlement.confirmPayment, (1, 2, 3, USD, 40, 1, signature));
        _refuseTaken(call);
        _pays(2, 3, 40, 2);
    }

    /// @dev Any claim whatever: it is taken exactly if ledger and ceiling support it.
    function testFuzz_claim__taken_exactly_if_supported(int64 points, int128 paid, int128 got) external {
        _open(1);
        bool supported = points >= 0 && points <= 100;
        int256 most = int256(points) * 2;
        supported = supported && paid >= 0 && paid <= most && got >= 0 && got <= most;
        _as(REGISTRAR);
        (bool taken,) = address(SETTLEMENT).call(_claimCall(1, _claims(2, 3, points, paid, got)));
        require(taken == supported, "taken, or refused, unlike expected");
    }

    function testFuzz_claim__within_what_is_supported__taken(uint64 points, uint256 paid, uint256 got) external {
        points %= 101;
        _isTaken(int64(points), int128(int256(paid % (2 * points + 1))), int128(int256(got % (2 * points + 1))));
    }

    function testFuzz_state__taken_exactly_if_explained(int128 position, int128 other) external {
        _open(1);
        _claim(_claims(2, 3, 100, 90, 80));
        bool fits = int256(position) == int120(position);
        _as(REGISTRAR);
        (bool taken,) =
            address(SETTLEMENT).call(abi.encodeCall(ISettlement.state, (1, _statements(3, USD, position, other))));
        require(taken == (fits && int256(position) == int256(other) + 80), "taken, or refused, unlike expected");
    }

    function testFuzz_signature__any_bytes__refused(bytes calldata signature) external {
        _close();
        (bool taken,) = address(SETTLEMENT).call(abi.encodeCall(ISettlement.acknowledge, (1, 2, USD, signature)));
        require(!taken, "bytes passed for a signature");
    }

    function _isTaken(int64 points, int128 paid, int128 got) private {
        _open(1);
        _claim(_claims(2, 3, points, paid, got));
        require(SETTLEMENT.claimed(2, 3) == uint256(int256(points)), "points");
        require(SETTLEMENT.statementOf(1, 2, USD).claimedMinor == -paid, "paid");
        require(SETTLEMENT.statementOf(1, 3, USD).claimedMinor == got, "got");
    }

    function _open(uint32 period) private {
        _as(REGISTRAR);
        SETTLEMENT.open(period, 100 * period, 100 * (period + 1), 1, DEADLINE);
    }

    function _claim(ISettlement.Claim[] memory claims) private {
        _as(REGISTRAR);
        SETTLEMENT.claim(1, claims);
    }

    function _state(uint16 partner, int128 position, int128 other) private {
        _as(REGISTRAR);
        SETTLEMENT.state(1, _statements(partner, USD, position, other));
    }

    function _close() private {
        _open(1);
        _finish();
    }

    function _finish() private {
        _claim(_claims(2, 3, 100, 90, 80));
        _state(1, 10, 10);
        _state(2, -90, 0);
        _state(3, 80, 0);
        _as(REGISTRAR);
        SETTLEMENT.close(1);
    }

    function _settle() private {
        _close();
        KEYS.warp(DEADLINE);
    }

    function _acknowledge(uint16 partner) private {
        bytes memory call = _acknowledgeCall(partner, _key(partner));
        (bool taken,) = address(SETTLEMENT).call(call);
        require(taken, "not acknowledged");
    }

    function _disputes(uint16 partner, bytes32 lines) private {
        SETTLEMENT.dispute(1, partner, USD, lines, _dispute(_key(partner), 1, partner, USD, lines));
    }

    function _pays(uint16 payer, uint16 payee, uint128 amount, uint64 number) private {
        bytes memory signature = _payment(_key(payee), 1, payer, payee, USD, amount, number);
        SETTLEMENT.confirmPayment(1, payer, payee, USD, amount, number, signature);
    }

    function _openCall(uint32 period, uint64 startsAt, uint64 endsAt, uint64 sequence)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeCall(ISettlement.open, (period, startsAt, endsAt, sequence, DEADLINE));
    }

    function _claimCall(uint32 period, ISettlement.Claim[] memory claims) private pure returns (bytes memory) {
        return abi.encodeCall(ISettlement.claim, (period, claims));
    }

    function _acknowledgeCall(uint16 partner, uint256 key) private returns (bytes memory) {
        int128 position = SETTLEMENT.positionOf(1, partner, USD);
        bytes memory signature = _acknowledgement(key, 1, partner, USD, _root(partner, USD), position);
        return abi.encodeCall(ISettlement.acknowledge, (1, partner, USD, signature));
    }

    function _disputeCall(uint16 partner, uint256 key, bytes32 lines) private returns (bytes memory) {
        bytes memory signature = _dispute(key, 1, partner, USD, lines);
        return abi.encodeCall(ISettlement.dispute, (1, partner, USD, lines, signature));
    }

    function _unsupported(uint256 obligation, int256 given) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.Unsupported.selector, 2, 3, obligation, given);
    }

    function _moneyUnsupported(bytes3 currency, uint256 most, int256 given) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.MoneyUnsupported.selector, 2, 3, currency, most, given);
    }

    function _wrongSignature(uint16 partner, address key) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.WrongSignature.selector, partner, key);
    }

    function _wrongDispute(bytes32 lines, ISettlement.DisputeStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.WrongDispute.selector, 3, USD, lines, status);
    }

    function _wrongStatus(uint16 partner, bytes3 currency, ISettlement.Status status)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(ISettlement.WrongStatus.selector, partner, currency, status);
    }

    function _unauthorized(address caller, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
    }

    function _refusePayment(uint16 payer, uint16 payee, uint128 amount, bytes memory reason) private {
        bytes memory signature = _payment(_key(payee), 1, payer, payee, USD, amount, 9);
        _refuse(abi.encodeCall(ISettlement.confirmPayment, (1, payer, payee, USD, amount, 9, signature)), reason);
    }

    function _refuseTaken(bytes memory call) private {
        _as(REGISTRAR);
        (bool taken, bytes memory refusal) = address(SETTLEMENT).call(call);
        require(!taken && bytes4(refusal) == ISettlement.AlreadyTaken.selector, "taken twice");
    }

    function _refuse(bytes memory call, bytes memory reason) private {
        _refuse(REGISTRAR, call, reason);
    }

    function _refuse(address caller, bytes memory call, bytes memory reason) private {
        _as(caller);
        (bool taken, bytes memory refusal) = address(SETTLEMENT).call(call);
        require(!taken, "taken");
        require(keccak256(refusal) == keccak256(reason), "refused for another reason");
    }
}
