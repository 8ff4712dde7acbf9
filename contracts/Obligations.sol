// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IPointsLedger} from "./IPointsLedger.sol";
import {LINES, OpenPages, Page, TAG, TOTALS_PER_PAGE, TOTAL_BITS} from "./Page.sol";

/**
 * @title What partners owe one another: whoever issued points owes whoever honoured them.
 *
 * @dev Four neighbouring redeemers of one issuer share a {Page}, because what an obligation costs is the first write to
 * its page in a batch. The tag is the issuer's number and the number of the four.
 */
abstract contract Obligations is IPointsLedger {
    using OpenPages for Page[LINES];

    /// @dev Bits that tell one four of redeemers from another: 65,536 partners, four to a page.
    uint256 private constant FOUR_BITS = 14;

    mapping(uint256 tag => Page) private _obligations;

    /// @inheritdoc IPointsLedger
    function obligation(uint16 issuer, uint16 redeemer) external view returns (uint256) {
        return _obligations[_tag(issuer, redeemer)].total(_field(redeemer));
    }

    /// @dev From now on `issuer` owes `redeemer` `points` more. No more are owed than were ever redeemed, so they fit.
    function _owe(Page[LINES] memory debts, uint256 issuer, uint256 redeemer, uint256 points) internal {
        uint256 tag = _tag(issuer, redeemer);
        debts.put(_line(tag), _openDebts(debts, tag).plus(_field(redeemer), points));
    }

    /// @dev From now on `issuer` owes `redeemer` `points` less, if it owes that many.
    function _forgive(Page[LINES] memory debts, uint256 issuer, uint256 redeemer, uint256 points) internal {
        uint256 tag = _tag(issuer, redeemer);
        Page page = _openDebts(debts, tag);
        uint256 owed = page.total(_field(redeemer));
        if (owed < points) revert InsufficientObligation(uint16(issuer), uint16(redeemer), owed, points);
        debts.put(_line(tag), page.minus(_field(redeemer), points));
    }

    /// @dev Writes an open page of obligations back to storage. Does nothing with an empty page.
    function _closeDebts(Page page) internal {
        if (!page.isEmpty()) _obligations[page.tag()] = page;
    }

    /// @dev The page with this tag, in place of whatever lay on its line.
    function _openDebts(Page[LINES] memory debts, uint256 tag) private returns (Page page) {
        page = debts.get(_line(tag));
        if (page.tag() != tag) {
            _closeDebts(page);
            page = _obligations[tag];
            if (page.isEmpty()) page = Page.wrap(tag << TAG);
        }
    }

    function _tag(uint256 issuer, uint256 redeemer) private pure returns (uint256) {
        return (issuer << FOUR_BITS) | (redeemer / TOTALS_PER_PAGE);
    }

    function _field(uint256 redeemer) private pure returns (uint256) {
        unchecked {
            return (redeemer % TOTALS_PER_PAGE) * TOTAL_BITS;
        }
    }

    /// @dev Gives each of 32 neighbouring issuers four lines of its own. Any function that spreads pages would do.
    function _line(uint256 tag) private pure returns (uint256) {
        return tag ^ (tag >> (FOUR_BITS - 2));
    }
}
