// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {History} from "./History.sol";
import {IAchievementBadges, IERC5192} from "./IAchievementBadges.sol";

/**
 * @title The achievement badges of a coalition.
 *
 * @dev What holds between transactions, whatever the recorder sends, besides what `History` promises:
 *
 * - balanceOf(member, badge) is 0 or 1: awards − revocations of that badge to that member
 * - issuerOf(badge) is set by the first award and never changes
 * - no badge moves from one member to another, and nobody may act for another
 * - a batch that breaks a rule changes nothing at all
 */
contract AchievementBadges is IAchievementBadges, ERC1155, History {
    uint256 private constant ENTRY_BYTES = 32;

    /// @inheritdoc IAchievementBadges
    mapping(uint256 badge => uint16) public issuerOf;

    /// @param uri_ Where the description of each badge is found, with `{id}` for its number as ERC-1155 writes it.
    constructor(string memory uri_, address admin, address recorder, address pauser)
        ERC1155(uri_)
        History(admin, recorder, pauser)
    {}

    /// @inheritdoc IAchievementBadges
    function record(uint64 sequence, bytes calldata entries) external recording(sequence) {
        if (entries.length == 0 || entries.length % ENTRY_BYTES != 0) revert MalformedEntries(entries.length);

        uint256 count = entries.length / ENTRY_BYTES;
        for (uint256 index = 0; index < count; ++index) {
            _post(index, uint256(bytes32(entries[index * ENTRY_BYTES:])));
        }

        bytes32 newHead = keccak256(abi.encode(head, sequence, keccak256(entries)));
        _advance(sequence, newHead);
        emit BadgesRecorded(sequence, newHead, count);
    }

    /// @inheritdoc IERC5192
    function locked(uint256) external pure returns (bool) {
        return true;
    }

    /// @notice Reverts with {BadgesDoNotMove}.
    function setApprovalForAll(address, bool) public pure override(ERC1155, IERC1155) {
        revert BadgesDoNotMove();
    }

    /// @notice Reverts with {BadgesDoNotMove}.
    function safeTransferFrom(address, address, uint256, uint256, bytes memory)
        public
        pure
        override(ERC1155, IERC1155)
    {
        revert BadgesDoNotMove();
    }

    /// @notice Reverts with {BadgesDoNotMove}.
    function safeBatchTransferFrom(address, address, uint256[] memory, uint256[] memory, bytes memory)
        public
        pure
        override(ERC1155, IERC1155)
    {
        revert BadgesDoNotMove();
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId)
        public
        view
        override(ERC1155, AccessControl, IERC165)
        returns (bool)
    {
        return interfaceId == type(IERC5192).interfaceId || ERC1155.supportsInterface(interfaceId)
            || AccessControl.supportsInterface(interfaceId);
    }

    /// @dev Applies one entry. What is held is looked at first, so that a revocation is about a badge that has an issuer.
    function _post(uint256 index, uint256 entry) private {
        uint8 kind = uint8(entry >> 248);
        uint16 issuer = uint16(entry >> 232);
        uint256 badge = uint72(entry >> 160);
        address member = address(uint160(entry));
        if (member == address(0)) revert ZeroMember(index);
        if (issuer == 0) revert ZeroIssuer(index);

        bool held = balanceOf(member, badge) != 0;
        if (kind == uint8(Kind.Award)) {
            if (held) revert BadgeHeld(member, badge);
            _move(address(0), member, badge);
        } else if (kind == uint8(Kind.Revocation)) {
            if (!held) revert BadgeNotHeld(member, badge);
            _move(member, address(0), badge);
        } else {
            revert UnknownKind(index, kind);
        }
        _claim(badge, issuer);
    }

    /// @dev The badge is this issuer's from now on, unless it is another's.
    function _claim(uint256 badge, uint16 issuer) private {
        uint16 first = issuerOf[badge];
        if (first == 0) {
            issuerOf[badge] = issuer;
            emit Locked(badge);
        } else if (first != issuer) {
            revert IssuerMismatch(badge, first, issuer);
        }
    }

    /// @dev Moves one badge, from or to nobody. Not by ERC1155's `_mint`, which calls the member to accept it.
    function _move(address from, address to, uint256 badge) private {
        uint256[] memory badges = new uint256[](1);
        uint256[] memory one = new uint256[](1);
        (badges[0], one[0]) = (badge, 1);
        _update(from, to, badges, one);
    }
}
