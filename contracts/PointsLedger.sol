// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {BatchHistory, History} from "./History.sol";
import {IPointsLedger} from "./IPointsLedger.sol";
import {Obligations} from "./Obligations.sol";
import {LINES, OpenPages, Page} from "./Page.sol";
import {Partners} from "./Partners.sol";

/**
 * @title The token ledger of a coalition.
 *
 * @dev What holds between transactions, whatever the recorder sends, besides what `History` promises:
 *
 * - totalSupply = Σ balanceOf(member) = Σ outstanding(partner)
 * - outstanding = issued − redeemed − expired, and 0 <= outstanding <= limit, for every partner
 * - Σ obligation(issuer, *) = redeemed of that issuer
 * - a batch that breaks a rule changes nothing at all
 */
contract PointsLedger is IPointsLedger, Partners, Obligations, BatchHistory {
    using OpenPages for Page[LINES];

    /// @dev A struct, so that taking from it finds its storage slot once and not twice.
    struct Purse {
        uint256 points;
    }

    uint256 private constant ENTRY_BYTES = 32;

    uint256 private constant REDEMPTION = uint256(Kind.Redemption);
    uint256 private constant ACCRUAL_REVERSAL = uint256(Kind.AccrualReversal);
    uint256 private constant REDEMPTION_REVERSAL = uint256(Kind.RedemptionReversal);
    uint256 private constant EXPIRY = uint256(Kind.Expiry);
    uint256 private constant ADJUSTMENT_DECREASE = uint256(Kind.AdjustmentDecrease);

    /// @dev The kinds that issue new points, as a set: bit k stands for kind k.
    uint256 private constant ISSUING =
        (1 << uint8(Kind.Accrual)) | (1 << uint8(Kind.Reward)) | (1 << uint8(Kind.AdjustmentIncrease));

    mapping(address member => Purse) private _purses;

    /// @notice What wallets call the points of this coalition.
    string public name;

    /// @notice The short form of {name}.
    string public symbol;

    /// @notice Points are whole: there are no fractions of one.
    uint8 public constant decimals = 0;

    /// @param registrar The first account with {REGISTRAR_ROLE}. The other three are those of `History`.
    constructor(
        string memory name_,
        string memory symbol_,
        address admin,
        address recorder,
        address registrar,
        address pauser
    ) History(admin, recorder, pauser) Partners(registrar) {
        name = name_;
        symbol = symbol_;
    }

    /// @inheritdoc IPointsLedger
    function record(uint64 sequence, bytes32 root, bytes calldata entries) external recording(sequence) {
        if (entries.length == 0 || entries.length % ENTRY_BYTES != 0) revert MalformedEntries(entries.length);

        _post(entries);
        _append(sequence, root, keccak256(entries), entries.length / ENTRY_BYTES);
    }

    /// @notice The points of this member, whoever issued them.
    function balanceOf(address member) external view returns (uint256) {
        return _purses[member].points;
    }

    /// @notice Nobody may spend the points of another.
    function allowance(address, address) external pure returns (uint256) {
        return 0;
    }

    /// @notice Reverts with {PointsDoNotMove}.
    function approve(address, uint256) external pure returns (bool) {
        revert PointsDoNotMove();
    }

    /// @notice Reverts with {PointsDoNotMove}.
    function transfer(address, uint256) external pure returns (bool) {
        revert PointsDoNotMove();
    }

    /// @notice Reverts with {PointsDoNotMove}.
    function transferFrom(address, address, uint256) external pure returns (bool) {
        revert PointsDoNotMove();
    }

    /**
     * @dev Applies the entries in order. A batch is thousands of them, so this loop is written for gas: it reads
     * calldata by itself, which saves 70 an entry, and calls {_openAccount} only for what is not open, or suspended.
     */
    function _post(bytes calldata entries) private {
        Page[LINES] memory accounts = _noneOpen();
        Page[LINES] memory debts;
        unchecked {
            uint256 end = _start(entries) + entries.length;
            for (uint256 cursor = _start(entries); cursor < end; cursor += ENTRY_BYTES) {
                uint256 entry;
                assembly ("memory-safe") {
                    entry := calldataload(cursor)
                }
                uint256 kind = entry >> 248;
                uint256 issuer = uint16(entry >> 232);
                uint256 place = uint16(entry >> 216);
                uint256 points = uint56(entry >> 160);
                address member = address(uint160(entry));
                if (points == 0) revert ZeroPoints(_index(entries, cursor));
                if (member == address(0)) revert ZeroMember(_index(entries, cursor));

                if (accounts.get(place).tag() != place) _openAccount(accounts, place, kind == REDEMPTION);
                Page account = accounts.get(issuer);
                if (account.tag() != issuer) account = _openAccount(accounts, issuer, _issues(kind));

                if (!_issues(kind)) {
                    if (kind != REDEMPTION_REVERSAL) {
                        if (kind == REDEMPTION) {
                            account = _counted(account, REDEEMED, points);
                            _owe(debts, issuer, place, points);
                        } else if (kind == EXPIRY) {
                            account = _counted(account, EXPIRED, points);
                        } else if (kind != ACCRUAL_REVERSAL && kind != ADJUSTMENT_DECREASE) {
                            revert UnknownKind(_index(entries, cursor), uint8(kind));
                        }
                        accounts.put(issuer, _lowered(account, points));
                        _burn(member, points);
                        continue;
                    }
                    _forgive(debts, issuer, place, points);
                    account = account.minus(REDEEMED, points);
                }
                accounts.put(issuer, _raised(account, points));
                _mint(member, points);
            }
            for (uint256 line = 0; line < LINES; ++line) {
                _closeAccount(accounts.get(line));
                _closeDebts(debts.get(line));
            }
        }
    }

    function _mint(address member, uint256 points) private {
        unchecked {
            _purses[member].points += points;
        }
        emit Transfer(address(0), member, points);
    }

    function _burn(address member, uint256 points) private {
        Purse storage purse = _purses[member];
        uint256 available = purse.points;
        if (available < points) revert InsufficientPoints(member, available, points);
        unchecked {
            purse.points = available - points;
        }
        emit Transfer(member, address(0), points);
    }

    function _issues(uint256 kind) private pure returns (bool) {
        return (ISSUING >> kind) & 1 != 0;
    }

    /// @dev Where the entries start in calldata.
    function _start(bytes calldata entries) private pure returns (uint256 cursor) {
        assembly ("memory-safe") {
            cursor := entries.offset
        }
    }

    function _index(bytes calldata entries, uint256 cursor) private pure returns (uint256) {
        return (cursor - _start(entries)) / ENTRY_BYTES;
    }
}
