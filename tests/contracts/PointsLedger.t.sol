// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IPointsLedger} from "../../contracts/IPointsLedger.sol";
import {Coalition} from "./Coalition.sol";
import {ReferenceLedger} from "./ReferenceLedger.sol";
import {RECORDER, REGISTRAR, VM} from "./Trial.sol";

/// @title Whatever is recorded, the ledger and its reference take and refuse the same, and say the same afterwards.
contract PointsLedgerTest is Coalition {
    uint256 private constant BATCHES = 6;
    uint256 private constant ENTRIES = 12;

    ReferenceLedger private immutable REFERENCE = new ReferenceLedger();

    function setUp() public {
        for (uint256 i = 0; i < partners.length; ++i) {
            REFERENCE.set(partners[i], ROOM, IPointsLedger.PartnerStatus.Active);
        }
    }

    function testFuzz_record__long_batches__as_the_reference(uint256 seed) public {
        for (uint256 i = 0; i < BATCHES; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, "batch", i)));
            _changeAPartner(random);
            _recordOnBoth(LEDGER.nextSequence(), bytes32(random), _aBatchToTake(random));
        }
        require(LEDGER.nextSequence() == 1 + BATCHES, "the batches were to be taken");
        _compare();
    }

    function testFuzz_record__one_entry_after_another__as_the_reference(uint256 seed) public {
        for (uint256 i = 0; i < BATCHES * ENTRIES; ++i) {
            bytes32 entry = anEntry(uint256(keccak256(abi.encode(seed, i))));
            _recordOnBoth(LEDGER.nextSequence(), entry, abi.encodePacked(entry));
        }
        _compare();
    }

    function testFuzz_record__any_bytes__as_the_reference(uint64 sequence, bytes32 root, bytes calldata entries)
        public
    {
        _recordOnBoth(sequence % 3, root, entries);
        _compare();
    }

    /// @dev Lets the reference take a batch, and undoes it: reverts either way, with a text if it was taken.
    function tryOnReference(bytes calldata entries) external {
        REFERENCE.record(REFERENCE.nextSequence(), 0, entries);
        revert("taken");
    }

    /**
     * @dev As many of {ENTRIES} random entries as the reference takes one after another, and at least one. Some of the
     * batches that it does not take are recorded on the way: both refuse them for the last entry, after the good ones.
     */
    function _aBatchToTake(uint256 seed) private returns (bytes memory entries) {
        for (uint256 i = 0; i < ENTRIES || entries.length == 0; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            bytes memory longer = abi.encodePacked(entries, anEntry(random));
            try this.tryOnReference(longer) {}
            catch Error(string memory) {
                entries = longer;
            } catch {
                if (random >> 255 == 0) _recordOnBoth(LEDGER.nextSequence(), 0, longer);
            }
        }
    }

    function _changeAPartner(uint256 random) private {
        uint16 number = partners[(random >> 8) % partners.length];
        IPointsLedger.Partner memory partner = LEDGER.partner(number);
        uint256 change = random % 8;
        if (change == 0) {
            if (partner.status == IPointsLedger.PartnerStatus.Active) {
                VM.prank(REGISTRAR);
                LEDGER.suspend(number);
                REFERENCE.set(number, partner.limit, IPointsLedger.PartnerStatus.Suspended);
            } else {
                VM.prank(REGISTRAR);
                LEDGER.reinstate(number);
                REFERENCE.set(number, partner.limit, IPointsLedger.PartnerStatus.Active);
            }
        } else if (change == 1) {
            uint56 limit = uint56(LEDGER.outstanding(number) + (random >> 16) % ROOM);
            VM.prank(REGISTRAR);
            LEDGER.setLimit(number, limit);
            REFERENCE.set(number, limit, partner.status);
        }
    }

    function _recordOnBoth(uint64 sequence, bytes32 root, bytes memory entries) private {
        bytes memory refusal = _refusal(address(LEDGER), sequence, root, entries);
        bytes memory expected = _refusal(address(REFERENCE), sequence, root, entries);
        require(keccak256(refusal) == keccak256(expected), "one takes what the other refuses, or for another reason");
    }

    /// @dev Why the batch is refused; empty if it is taken.
    function _refusal(address ledger, uint64 sequence, bytes32 root, bytes memory entries)
        private
        returns (bytes memory refusal)
    {
        bool taken;
        VM.prank(RECORDER);
        (taken, refusal) = ledger.call(abi.encodeCall(IPointsLedger.record, (sequence, root, entries)));
        require(taken == (refusal.length == 0), "refused without a reason");
    }

    function _compare() private view {
        require(LEDGER.head() == REFERENCE.head(), "head");
        require(LEDGER.nextSequence() == REFERENCE.nextSequence(), "sequence");
        require(LEDGER.totalSupply() == REFERENCE.totalSupply(), "supply");
        for (uint256 i = 0; i < members.length; ++i) {
            require(LEDGER.balanceOf(members[i]) == REFERENCE.balanceOf(members[i]), "balance");
        }
        for (uint256 i = 0; i < partners.length; ++i) {
            uint16 issuer = partners[i];
            require(
                keccak256(abi.encode(LEDGER.partner(issuer))) == keccak256(abi.encode(REFERENCE.partner(issuer))),
                "partner"
            );
            for (uint256 j = 0; j < partners.length; ++j) {
                require(
                    LEDGER.obligation(issuer, partners[j]) == REFERENCE.obligation(issuer, partners[j]), "obligation"
                );
            }
        }
    }
}
