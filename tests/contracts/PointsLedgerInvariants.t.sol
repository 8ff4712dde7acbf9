// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IPointsLedger} from "../../contracts/IPointsLedger.sol";
import {PointsLedger} from "../../contracts/PointsLedger.sol";
import {Coalition, VM} from "./Coalition.sol";

/**
 * @title The recorder, the registrar and the pauser at work, with some who are none of these, in any order.
 *
 * @dev forge calls these functions at random. What is to be refused is checked here: that it was, and changed nothing.
 */
contract Traffic is Coalition {
    /// @dev What whoever reads the calldata of all recorded batches knows.
    uint64 public recorded;
    bytes32 public head;
    mapping(uint64 sequence => bytes32) public rootOf;

    constructor() {
        for (uint256 i = 0; i < partners.length; ++i) {
            LEDGER.registerPartner(partners[i], ROOM);
        }
    }

    function ledger() external view returns (PointsLedger) {
        return LEDGER;
    }

    function everyPartner() external view returns (uint16[6] memory) {
        return partners;
    }

    function everyMember() external view returns (address[4] memory) {
        return members;
    }

    function record(uint256 seed) public {
        _record(bytes32(seed), aBatch(seed, 3));
    }

    function recordOne(uint256 seed) external {
        _record(bytes32(seed), abi.encodePacked(anEntry(seed)));
    }

    function recordOutOfOrder(uint64 sequence, uint256 seed) external {
        if (sequence == LEDGER.nextSequence()) ++sequence;
        _isRefused(address(this), abi.encodeCall(IPointsLedger.record, (sequence, 0, aBatch(seed, 3))));
    }

    function recordAgain(uint256 seed) external {
        record(seed);
        _isRefused(address(this), abi.encodeCall(IPointsLedger.record, (recorded, bytes32(seed), aBatch(seed, 3))));
    }

    function recordAsNobody(address nobody, uint256 seed) external {
        if (nobody == address(this)) return;
        _isRefused(nobody, abi.encodeCall(IPointsLedger.record, (LEDGER.nextSequence(), 0, aBatch(seed, 3))));
    }

    function recordWhilePaused(uint256 seed) external {
        LEDGER.pause();
        _isRefused(address(this), abi.encodeCall(IPointsLedger.record, (LEDGER.nextSequence(), 0, aBatch(seed, 3))));
        LEDGER.unpause();
    }

    function recordTornBytes(uint256 seed) external {
        bytes memory torn = abi.encodePacked(aBatch(seed, 3), uint8(seed));
        _isRefused(address(this), abi.encodeCall(IPointsLedger.record, (LEDGER.nextSequence(), 0, torn)));
    }

    function move(address member, address other, uint256 points) external {
        _isRefused(member, abi.encodeCall(LEDGER.transfer, (other, points)));
        _isRefused(other, abi.encodeCall(LEDGER.transferFrom, (member, other, points)));
    }

    function suspendOrReinstate(uint8 which) external {
        uint16 number = partners[which % partners.length];
        if (LEDGER.partner(number).status == IPointsLedger.PartnerStatus.Active) LEDGER.suspend(number);
        else LEDGER.reinstate(number);
    }

    function setLimit(uint8 which, uint56 more) external {
        uint16 number = partners[which % partners.length];
        LEDGER.setLimit(number, uint56(LEDGER.outstanding(number) + more % ROOM));
    }

    function _record(bytes32 root, bytes memory entries) private {
        bytes32 before = digest();
        uint64 sequence = recorded + 1;
        try LEDGER.record(sequence, root, entries) {
            recorded = sequence;
            rootOf[sequence] = root;
            head = keccak256(abi.encode(head, sequence, root, keccak256(entries)));
        } catch {
            require(digest() == before, "a refused batch left something behind");
        }
    }

    function _isRefused(address caller, bytes memory data) private {
        bytes32 before = digest();
        VM.prank(caller);
        (bool taken,) = address(LEDGER).call(data);
        require(!taken, "taken");
        require(digest() == before, "a refused call left something behind");
    }
}

/// @title What the ledger promises atop its source, checked after every call.
contract PointsLedgerInvariants {
    Traffic private immutable TRAFFIC = new Traffic();
    PointsLedger private immutable LEDGER = TRAFFIC.ledger();

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(TRAFFIC);
    }

    /// @dev If all batches were taken, or none, the invariants would prove little.
    function test_traffic__some_is_taken_and_some_refused() external {
        for (uint256 i = 0; i < 100; ++i) {
            TRAFFIC.record(uint256(keccak256(abi.encode(i))));
        }
        require(TRAFFIC.recorded() > 25 && TRAFFIC.recorded() < 75, "the traffic is one-sided");
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

    function invariant_outstanding__is_issued_less_gone_and_within_the_limit() external view {
        uint16[6] memory partners = TRAFFIC.everyPartner();
        for (uint256 i = 0; i < partners.length; ++i) {
            IPointsLedger.Partner memory partner = LEDGER.partner(partners[i]);
            uint256 outstanding = partner.issued - partner.redeemed - partner.expired;
            require(LEDGER.outstanding(partners[i]) == outstanding, "outstanding");
            require(outstanding <= partner.limit, "limit");
        }
    }

    function invariant_obligations__of_an_issuer_are_what_was_redeemed_of_it() external view {
        uint16[6] memory partners = TRAFFIC.everyPartner();
        for (uint256 i = 0; i < partners.length; ++i) {
            uint256 owed;
            for (uint256 j = 0; j < partners.length; ++j) {
                owed += LEDGER.obligation(partners[i], partners[j]);
            }
            require(owed == LEDGER.partner(partners[i]).redeemed, "obligations");
        }
    }

    function invariant_history__is_gapless_and_recomputes() external view {
        uint64 recorded = TRAFFIC.recorded();
        require(LEDGER.nextSequence() == recorded + 1, "sequence");
        require(LEDGER.head() == TRAFFIC.head(), "head");
        require(LEDGER.rootOf(recorded) == TRAFFIC.rootOf(recorded), "root");
        require(LEDGER.rootOf(recorded + 1) == 0, "a root of the future");
    }
}
