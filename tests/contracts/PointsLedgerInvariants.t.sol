// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {History} from "../../contracts/History.sol";
import {IHistory} from "../../contracts/IHistory.sol";
import {IPointsLedger} from "../../contracts/IPointsLedger.sol";
import {PointsLedger} from "../../contracts/PointsLedger.sol";
import {Coalition} from "./Coalition.sol";
import {RECORDER, REGISTRAR, Trial, VM} from "./Trial.sol";

/// @title The recorder, the registrar and the pauser at work, with some who are none of these, in any order.
contract Traffic is Coalition, Trial {
    /// @dev What whoever reads the calldata of all recorded batches knows.
    uint64 public recorded;
    bytes32 public head;
    mapping(uint64 sequence => bytes32) public rootOf;

    /// @dev How many entries of each kind were taken.
    mapping(uint8 kind => uint256) public taken;

    function ledger() external view returns (PointsLedger) {
        return LEDGER;
    }

    function everyPartner() external view returns (uint16[6] memory) {
        return partners;
    }

    function everyMember() external view returns (address[4] memory) {
        return members;
    }

    function digest() public view override returns (bytes32) {
        return ledgerDigest();
    }

    function record(uint256 seed) public {
        _record(bytes32(seed), aBatch(seed, 3));
    }

    function recordOne(uint256 seed) external {
        _record(bytes32(seed), abi.encodePacked(anEntry(seed)));
    }

    /// @dev Words as they come, of which hardly any is an entry.
    function recordRandomWords(bytes32[] calldata words) external {
        if (words.length != 0) _record(0, abi.encodePacked(words));
    }

    function recordAgain(uint256 seed) external {
        record(seed);
        if (LEDGER.paused()) return;
        isRefused(RECORDER, recordCall(recorded, seed), IHistory.SequenceMismatch.selector);
    }

    function recordTornBytes(uint256 seed) external {
        if (LEDGER.paused()) return;
        bytes memory torn = seed % 8 == 0 ? bytes("") : abi.encodePacked(aBatch(seed, 3), uint8(seed));
        bytes memory data = abi.encodeCall(IPointsLedger.record, (LEDGER.nextSequence(), 0, torn));
        isRefused(RECORDER, data, IHistory.MalformedEntries.selector);
    }

    function move(address member, address other, uint256 points) external {
        bytes4 reason = IPointsLedger.PointsDoNotMove.selector;
        isRefused(member, abi.encodeCall(LEDGER.transfer, (other, points)), reason);
        isRefused(member, abi.encodeCall(LEDGER.approve, (other, points)), reason);
        isRefused(other, abi.encodeCall(LEDGER.transferFrom, (member, other, points)), reason);
    }

    function register(uint256 which) external {
        (uint16 number, bytes4 reason) = which % 7 == 6
            ? (0, IPointsLedger.InvalidPartnerNumber.selector)
            : (partners[which % 7], IPointsLedger.PartnerExists.selector);
        isRefused(REGISTRAR, abi.encodeCall(IPointsLedger.registerPartner, (number, ROOM)), reason);
    }

    function suspend(uint8 which) external {
        (uint16 number, bool active) = _aPartner(which);
        bytes4 reason = IPointsLedger.PartnerSuspended.selector;
        isRefused(REGISTRAR, abi.encodeCall(IPointsLedger.suspend, (number)), reason, !active);
    }

    function reinstate(uint8 which) public {
        (uint16 number, bool active) = _aPartner(which);
        bytes4 reason = IPointsLedger.PartnerNotSuspended.selector;
        isRefused(REGISTRAR, abi.encodeCall(IPointsLedger.reinstate, (number)), reason, active);
    }

    /// @dev Twice as often as {suspend}, so that most partners are active.
    function reinstateOnceMore(uint8 which) external {
        reinstate(which);
    }

    function setLimit(uint8 which, uint56 limit) external {
        (uint16 number,) = _aPartner(which);
        uint256 outstanding = LEDGER.outstanding(number);
        limit = uint56(outstanding / 2 + limit % ROOM);
        bytes4 reason = IPointsLedger.LimitExceeded.selector;
        isRefused(REGISTRAR, abi.encodeCall(IPointsLedger.setLimit, (number, limit)), reason, limit < outstanding);
    }

    function subject() internal view override returns (History) {
        return LEDGER;
    }

    function recordCall(uint64 sequence, uint256 seed) internal view override returns (bytes memory) {
        return abi.encodeCall(IPointsLedger.record, (sequence, bytes32(seed), aBatch(seed, 3)));
    }

    function someCall(uint256 seed) internal view override returns (bytes memory, address) {
        uint16 number = partners[seed % partners.length];
        uint256 which = (seed >> 8) % 8;
        if (which == 0) return (abi.encodeCall(IPointsLedger.registerPartner, (7, ROOM)), REGISTRAR);
        if (which == 1) return (abi.encodeCall(IPointsLedger.setLimit, (number, type(uint56).max)), REGISTRAR);
        if (which == 2) return (abi.encodeCall(IPointsLedger.suspend, (number)), REGISTRAR);
        if (which == 3) return (abi.encodeCall(IPointsLedger.reinstate, (number)), REGISTRAR);
        return super.someCall(seed >> 16);
    }

    function _aPartner(uint8 which) private view returns (uint16 number, bool active) {
        number = partners[which % partners.length];
        active = LEDGER.partner(number).status == IPointsLedger.PartnerStatus.Active;
    }

    function _record(bytes32 root, bytes memory entries) private {
        uint64 sequence = recorded + 1;
        bytes memory refusal = attempt(RECORDER, abi.encodeCall(IPointsLedger.record, (sequence, root, entries)));
        require(!LEDGER.paused() || bytes4(refusal) == Pausable.EnforcedPause.selector, "recorded while paused");
        if (refusal.length != 0) return;
        recorded = sequence;
        rootOf[sequence] = root;
        head = keccak256(abi.encode(head, sequence, root, keccak256(entries)));
        for (uint256 i = 0; i < entries.length; i += 32) {
            ++taken[uint8(entries[i])];
        }
    }
}

/// @title What the ledger promises atop its source, checked after every call.
contract PointsLedgerInvariants {
    Traffic private immutable TRAFFIC = Traffic(VM.deployCode("PointsLedgerInvariants.t.sol:Traffic"));
    PointsLedger private immutable LEDGER = TRAFFIC.ledger();

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(TRAFFIC);
    }

    function invariant_supply__is_what_members_hold_and_what_issuers_have_outstanding() external view {
        uint256 held;
        address[4] memory members = TRAFFIC.everyMember();
        for (uint256 i = 0; i < members.length; ++i) {
            held += LEDGER.balanceOf(members[i]);
        }
        uint256 outstanding;
        uint16[6] memory partners = TRAFFIC.everyPartner();
        for (uint256 i = 0; i < partners.length; ++i) {
            outstanding += LEDGER.outstanding(partners[i]);
        }
        require(LEDGER.totalSupply() == held, "supply is not what members hold");
        require(LEDGER.totalSupply() == outstanding, "supply is not what issuers have outstanding");
    }

    function invariant_partners__outstanding_is_issued_less_gone_and_debts_are_what_was_redeemed() external view {
        uint16[6] memory partners = TRAFFIC.everyPartner();
        for (uint256 i = 0; i < partners.length; ++i) {
            IPointsLedger.Partner memory partner = LEDGER.partner(partners[i]);
            uint256 outstanding = partner.issued - partner.redeemed - partner.expired;
            require(LEDGER.outstanding(partners[i]) == outstanding, "outstanding");
            require(outstanding <= partner.limit, "limit");
            uint256 owed;
            for (uint256 j = 0; j < partners.length; ++j) {
                owed += LEDGER.obligation(partners[i], partners[j]);
            }
            require(owed == partner.redeemed, "obligations");
        }
    }

    function invariant_history__is_gapless_and_recomputes() external view {
        uint64 recorded = TRAFFIC.recorded();
        require(LEDGER.nextSequence() == recorded + 1, "sequence");
        require(LEDGER.head() == TRAFFIC.head(), "head");
        for (uint64 sequence = 0; sequence <= recorded; ++sequence) {
            require(LEDGER.rootOf(sequence) == TRAFFIC.rootOf(sequence), "root");
        }
        require(LEDGER.rootOf(recorded + 1) == 0, "a root of the future");
    }
}
