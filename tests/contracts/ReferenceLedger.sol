// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IHistory} from "../../contracts/IHistory.sol";
import {IPointsLedger} from "../../contracts/IPointsLedger.sol";

/**
 * @title The rules of the ledger in the plainest words, to check the real one against.
 *
 * @dev Nothing is packed, cached or shared with the real ledger but its interface: one storage variable per number, one
 * line per rule, in the order in which the real one reports them.
 */
contract ReferenceLedger {
    mapping(uint16 number => IPointsLedger.Partner) private _partners;
    mapping(uint16 issuer => mapping(uint16 redeemer => uint256)) public obligation;
    mapping(address member => uint256) public balanceOf;
    uint256 public totalSupply;
    uint64 public nextSequence = 1;
    bytes32 public head;

    function partner(uint16 number) external view returns (IPointsLedger.Partner memory) {
        return _partners[number];
    }

    /// @dev Registers the partner, or changes it.
    function set(uint16 number, uint256 limit, IPointsLedger.PartnerStatus status) external {
        _partners[number].limit = limit;
        _partners[number].status = status;
    }

    function record(uint64 sequence, bytes32 root, bytes calldata entries) external {
        if (sequence != nextSequence) revert IHistory.SequenceMismatch(nextSequence, sequence);
        if (entries.length == 0 || entries.length % 32 != 0) revert IHistory.MalformedEntries(entries.length);
        for (uint256 i = 0; i < entries.length / 32; ++i) {
            bytes calldata entry = entries[i * 32:(i + 1) * 32];
            _post(
                i,
                uint8(entry[0]),
                uint16(bytes2(entry[1:3])),
                uint16(bytes2(entry[3:5])),
                uint56(bytes7(entry[5:12])),
                address(bytes20(entry[12:32]))
            );
        }
        head = keccak256(abi.encode(head, sequence, root, keccak256(entries)));
        nextSequence += 1;
    }

    function _post(uint256 index, uint8 number, uint16 issuer, uint16 place, uint256 points, address member) private {
        if (points == 0) revert IPointsLedger.ZeroPoints(index);
        if (member == address(0)) revert IPointsLedger.ZeroMember(index);
        if (_partners[place].status == IPointsLedger.PartnerStatus.Unknown) revert IPointsLedger.UnknownPartner(place);
        if (number == uint8(IPointsLedger.Kind.Redemption)) _mustBeActive(place);
        if (_partners[issuer].status == IPointsLedger.PartnerStatus.Unknown) {
            revert IPointsLedger.UnknownPartner(issuer);
        }
        if (number == 0 || number > uint8(type(IPointsLedger.Kind).max)) {
            revert IPointsLedger.UnknownKind(index, number);
        }

        IPointsLedger.Kind kind = IPointsLedger.Kind(number);
        IPointsLedger.Partner storage account = _partners[issuer];
        if (kind == IPointsLedger.Kind.Accrual) {
            _issue(issuer, points, member);
        } else if (kind == IPointsLedger.Kind.Redemption) {
            _take(issuer, points, member);
            account.redeemed += points;
            obligation[issuer][place] += points;
        } else if (kind == IPointsLedger.Kind.AccrualReversal) {
            _take(issuer, points, member);
            account.issued -= points;
        } else if (kind == IPointsLedger.Kind.RedemptionReversal) {
            uint256 owed = obligation[issuer][place];
            if (owed < points) revert IPointsLedger.InsufficientObligation(issuer, place, owed, points);
            obligation[issuer][place] -= points;
            account.redeemed -= points;
            _give(issuer, points, member);
        } else if (kind == IPointsLedger.Kind.Expiry) {
            _take(issuer, points, member);
            account.expired += points;
        } else if (kind == IPointsLedger.Kind.Reward) {
            _issue(issuer, points, member);
        } else if (kind == IPointsLedger.Kind.AdjustmentIncrease) {
            _issue(issuer, points, member);
        } else {
            _take(issuer, points, member);
            account.issued -= points;
        }
    }

    function _issue(uint16 issuer, uint256 points, address member) private {
        _mustBeActive(issuer);
        _partners[issuer].issued += points;
        _give(issuer, points, member);
    }

    function _give(uint16 issuer, uint256 points, address member) private {
        IPointsLedger.Partner memory account = _partners[issuer];
        uint256 outstanding = account.issued - account.redeemed - account.expired;
        if (outstanding > account.limit) revert IPointsLedger.LimitExceeded(issuer, account.limit, outstanding);
        balanceOf[member] += points;
        totalSupply += points;
    }

    function _take(uint16 issuer, uint256 points, address member) private {
        IPointsLedger.Partner memory account = _partners[issuer];
        uint256 outstanding = account.issued - account.redeemed - account.expired;
        if (outstanding < points) revert IPointsLedger.InsufficientOutstanding(issuer, outstanding, points);
        uint256 available = balanceOf[member];
        if (available < points) revert IPointsLedger.InsufficientPoints(member, available, points);
        balanceOf[member] -= points;
        totalSupply -= points;
    }

    function _mustBeActive(uint16 number) private view {
        if (_partners[number].status == IPointsLedger.PartnerStatus.Suspended) {
            revert IPointsLedger.PartnerSuspended(number);
        }
    }
}
