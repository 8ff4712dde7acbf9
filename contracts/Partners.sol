// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IPointsLedger} from "./IPointsLedger.sol";
import {LINES, OpenPages, Page, TAG, TOTAL_BITS} from "./Page.sol";

/**
 * @title The partners of the coalition, and each one's account as an issuer.
 *
 * @dev An account is one {Page}, tagged with the partner's number, and with one more bit while the partner is
 * suspended. So a page whose tag is the bare number is the right page, of a known partner, that may act: one comparison
 * says it all.
 *
 * What was issued is not kept, but follows: outstanding + redeemed + expired. An accrual changes one total and not two.
 */
abstract contract Partners is IPointsLedger, AccessControl {
    using OpenPages for Page[LINES];

    /// @notice May register partners, set their limits, suspend and reinstate them.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    uint256 internal constant OUTSTANDING = 0;
    uint256 internal constant REDEEMED = TOTAL_BITS;
    uint256 internal constant EXPIRED = 2 * TOTAL_BITS;
    uint256 private constant LIMIT = 3 * TOTAL_BITS;

    uint256 private constant SUSPENDED = 1 << 16;

    mapping(uint16 number => Page) private _accounts;

    /// @notice Points that members hold: what all partners together have outstanding.
    uint256 public totalSupply;

    /// @param registrar The first account with {REGISTRAR_ROLE}.
    constructor(address registrar) {
        _grantRole(REGISTRAR_ROLE, registrar);
    }

    /// @inheritdoc IPointsLedger
    function registerPartner(uint16 number, uint56 limit) external onlyRole(REGISTRAR_ROLE) {
        if (number == 0) revert InvalidPartnerNumber(number);
        if (!_accounts[number].isEmpty()) revert PartnerExists(number);
        _accounts[number] = Page.wrap(uint256(number) << TAG).plus(LIMIT, limit);
        emit Registered(number, limit);
    }

    /// @inheritdoc IPointsLedger
    function setLimit(uint16 number, uint56 limit) external onlyRole(REGISTRAR_ROLE) {
        Page account = _registered(number);
        uint256 held = account.total(OUTSTANDING);
        if (held > limit) revert LimitExceeded(number, limit, held);
        _accounts[number] = account.minus(LIMIT, account.total(LIMIT)).plus(LIMIT, limit);
        emit LimitChanged(number, limit);
    }

    /// @inheritdoc IPointsLedger
    function suspend(uint16 number) external onlyRole(REGISTRAR_ROLE) {
        Page account = _registered(number);
        if (account.tag() != number) revert PartnerSuspended(number);
        _accounts[number] = account.plus(TAG, SUSPENDED);
        emit Suspended(number);
    }

    /// @inheritdoc IPointsLedger
    function reinstate(uint16 number) external onlyRole(REGISTRAR_ROLE) {
        Page account = _registered(number);
        if (account.tag() == number) revert PartnerNotSuspended(number);
        _accounts[number] = account.minus(TAG, SUSPENDED);
        emit Reinstated(number);
    }

    /// @inheritdoc IPointsLedger
    function partner(uint16 number) external view returns (Partner memory) {
        Page account = _accounts[number];
        PartnerStatus status = PartnerStatus.Active;
        if (account.isEmpty()) status = PartnerStatus.Unknown;
        else if (account.tag() != number) status = PartnerStatus.Suspended;
        return Partner({
            issued: account.total(OUTSTANDING) + account.total(REDEEMED) + account.total(EXPIRED),
            redeemed: account.total(REDEEMED),
            expired: account.total(EXPIRED),
            limit: account.total(LIMIT),
            status: status
        });
    }

    /// @inheritdoc IPointsLedger
    function outstanding(uint16 issuer) external view returns (uint256) {
        return _accounts[issuer].total(OUTSTANDING);
    }

    /**
     * @dev Lines on which no account lies open. An empty page has the tag zero, which on line zero would pass for the
     * account of a partner number zero; so there lies one with another tag, and zero is looked up, and found unknown.
     */
    function _noneOpen() internal pure returns (Page[LINES] memory accounts) {
        accounts.put(0, Page.wrap(SUSPENDED << TAG));
    }

    /**
     * @dev The account of partner `number`, and from now on it lies open.
     * @param acts Whether the entry has this partner issue or redeem, which it may not while suspended.
     */
    function _openAccount(Page[LINES] memory accounts, uint256 number, bool acts) internal returns (Page account) {
        account = accounts.get(number);
        if (number == 0 || uint16(account.tag()) != number) {
            _closeAccount(account);
            account = _registered(uint16(number));
            accounts.put(number, account);
        }
        if (acts && account.tag() != number) revert PartnerSuspended(uint16(number));
    }

    /// @dev Writes an open account back to storage. Does nothing with the page of an empty line.
    function _closeAccount(Page account) internal {
        uint16 number = uint16(account.tag());
        if (number == 0) return;
        totalSupply = totalSupply + account.total(OUTSTANDING) - _accounts[number].total(OUTSTANDING);
        _accounts[number] = account;
    }

    /// @dev The account with `points` more outstanding, unless that is above the limit.
    function _raised(Page account, uint256 points) internal pure returns (Page) {
        uint256 held = account.total(OUTSTANDING);
        uint256 limit = account.total(LIMIT);
        unchecked {
            if (held + points > limit) revert LimitExceeded(uint16(account.tag()), limit, held + points);
        }
        return account.plus(OUTSTANDING, points);
    }

    /// @dev The account with `points` less outstanding, if there are that many.
    function _lowered(Page account, uint256 points) internal pure returns (Page) {
        uint256 held = account.total(OUTSTANDING);
        if (held < points) revert InsufficientOutstanding(uint16(account.tag()), held, points);
        return account.minus(OUTSTANDING, points);
    }

    /// @dev The account with `points` more in {REDEEMED} or {EXPIRED}, as long as 56 bits can count them.
    function _counted(Page account, uint256 field, uint256 points) internal pure returns (Page) {
        unchecked {
            uint256 total = account.total(field) + points;
            if (total > type(uint56).max) revert TotalOverflow(uint16(account.tag()), total);
        }
        return account.plus(field, points);
    }

    function _registered(uint16 number) private view returns (Page account) {
        account = _accounts[number];
        if (account.isEmpty()) revert UnknownPartner(number);
    }
}
