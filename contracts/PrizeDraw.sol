// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IPrizeDraw} from "./IPrizeDraw.sol";

/**
 * @title The prize draws of a coalition.
 *
 * @dev What holds between transactions, whatever the operator sends:
 *
 * - commitment, list and number of winners of a draw are fixed before the block that counts exists
 * - the block that counts is one of a series that is fixed from then on, and changes only where the chain has forgotten
 *   its hash and nobody has kept it
 * - a secret is taken only if it was committed to, after the block that counts and until the deadline, and once
 * - what is drawn never changes; what is void is drawn again only with the same tickets, and how often that was is kept
 *
 * Nothing is immutable, so that the code on a chain is the code that was compiled, and anyone can compare them.
 */
contract PrizeDraw is IPrizeDraw {
    /// @notice The block that counts is at least so many ahead: its maker is not the one who takes the commitment.
    uint32 public constant LEAST_DELAY = 4;

    /// @notice It is at most so many ahead.
    uint32 public constant MOST_DELAY = 1_000_000;

    /// @notice There are at least so many seconds to reveal.
    uint32 public constant LEAST_NOTICE = 1 hours;

    /// @notice There are at most so many: nobody waits for a prize for ever.
    uint32 public constant MOST_NOTICE = 30 days;

    /// @notice How far the blocks are apart that can count one after the other.
    uint64 public constant BLOCKS_APART = 256;

    bytes32 private constant ADMIN_ROLE = 0x00;
    bytes32 private constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    /// @dev Where chains with EIP-2935 keep the hashes of the last 8191 blocks.
    address private constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @inheritdoc IPrizeDraw
    address public ledger;

    mapping(bytes32 draw => Draw) private _draws;

    modifier onlyOperator() {
        IAccessControl roles = IAccessControl(ledger);
        if (!roles.hasRole(REGISTRAR_ROLE, msg.sender) && !roles.hasRole(ADMIN_ROLE, msg.sender)) {
            revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, REGISTRAR_ROLE);
        }
        _;
    }

    /// @param ledger_ Says who may commit.
    constructor(address ledger_) {
        // slither-disable-next-line missing-zero-check
        ledger = ledger_;
    }

    /// @inheritdoc IPrizeDraw
    function commit(bytes32 draw, Terms calldata terms, uint32 delay, uint32 notice) external onlyOperator {
        Draw storage found = _draws[draw];
        if (found.status != Status.None && found.status != Status.Void) revert WrongStatus(draw, found.status);
        if (terms.winners == 0 || terms.winners > terms.tickets) {
            revert WinnersUnsupported(terms.tickets, terms.winners);
        }
        if (delay < LEAST_DELAY || delay > MOST_DELAY) revert DelayUnsupported(LEAST_DELAY, MOST_DELAY, delay);
        if (notice < LEAST_NOTICE || notice > MOST_NOTICE) {
            revert NoticeUnsupported(LEAST_NOTICE, MOST_NOTICE, notice);
        }
        if (found.status == Status.Void && !_isSameList(found.terms, terms)) {
            revert TicketsChanged(draw, found.terms.root, terms.root);
        }

        found.terms = terms;
        (found.blockHash, found.rearms) = (0, 0);
        found.blockNumber = uint64(block.number) + delay;
        found.deadline = uint64(block.timestamp) + notice;
        ++found.attempts;
        found.status = Status.Committed;
        emit Committed(
            draw,
            terms.commitment,
            terms.root,
            terms.tickets,
            terms.winners,
            found.blockNumber,
            found.deadline,
            found.attempts
        );
    }

    /// @inheritdoc IPrizeDraw
    function pin(bytes32 draw) external {
        Draw storage found = _committed(draw);
        if (found.blockHash != 0) revert HashThere(found.blockNumber);
        _pin(draw, found);
    }

    /// @inheritdoc IPrizeDraw
    function rearm(bytes32 draw) external {
        Draw storage found = _committed(draw);
        (uint64 last, uint64 current) = (found.blockNumber, uint64(block.number));
        if (current <= last) revert TooEarly(last);
        if (found.blockHash != 0 || _hashOf(last) != 0) revert HashThere(last);

        uint64 steps = (current - last) / BLOCKS_APART + 1;
        found.blockNumber = last + steps * BLOCKS_APART;
        ++found.rearms;
        emit Rearmed(draw, found.blockNumber, found.rearms);
    }

    /// @inheritdoc IPrizeDraw
    function reveal(bytes32 draw, bytes32 secret) external {
        Draw storage found = _committed(draw);
        if (block.timestamp > found.deadline) revert TooLate(found.deadline);
        bytes32 given = commitmentOf(draw, secret);
        if (given != found.terms.commitment) revert WrongSecret(found.terms.commitment, given);
        if (found.blockHash == 0) _pin(draw, found);

        found.secret = secret;
        found.status = Status.Drawn;
        emit Revealed(draw, secret, found.blockNumber, found.blockHash, _seed(draw, found));
    }

    /// @inheritdoc IPrizeDraw
    function declareVoid(bytes32 draw) external {
        Draw storage found = _committed(draw);
        if (block.timestamp <= found.deadline) revert NotOver(found.deadline);
        found.status = Status.Void;
        emit Voided(draw, found.attempts);
    }

    /// @inheritdoc IPrizeDraw
    function drawOf(bytes32 draw) external view returns (Draw memory) {
        return _draws[draw];
    }

    /// @inheritdoc IPrizeDraw
    function seedOf(bytes32 draw) external view returns (bytes32) {
        return _seed(draw, _drawn(draw));
    }

    /// @inheritdoc IPrizeDraw
    function orderOf(bytes32 draw, uint32 count) external view returns (uint32[] memory order) {
        Draw storage found = _drawn(draw);
        uint32 tickets = found.terms.tickets;
        if (count > tickets) revert CountUnsupported(tickets, count);

        bytes32 seed = _seed(draw, found);
        order = new uint32[](count);
        // At step i, the ticket `put[i]` came to the place `to[i]`.
        uint32[] memory to = new uint32[](count);
        uint32[] memory put = new uint32[](count);
        for (uint32 i = 0; i < count; ++i) {
            uint32 place = i + _below(seed, i, tickets - i);
            order[i] = _ticketAt(place, i, to, put);
            put[i] = _ticketAt(i, i, to, put);
            to[i] = place;
        }
    }

    /// @inheritdoc IPrizeDraw
    function commitmentOf(bytes32 draw, bytes32 secret) public view returns (bytes32) {
        return keccak256(abi.encode(secret, draw, address(this), block.chainid));
    }

    /// @dev Keeps the hash of the block that counts.
    function _pin(bytes32 draw, Draw storage found) private {
        uint64 number = found.blockNumber;
        if (block.number <= number) revert TooEarly(number);
        bytes32 blockHash = _hashOf(number);
        if (blockHash == 0) revert HashLost(number);
        found.blockHash = blockHash;
        emit Pinned(draw, number, blockHash);
    }

    /// @dev A draw that was committed to, and is neither drawn nor void.
    function _committed(bytes32 draw) private view returns (Draw storage found) {
        found = _draws[draw];
        if (found.status != Status.Committed) revert WrongStatus(draw, found.status);
    }

    function _drawn(bytes32 draw) private view returns (Draw storage found) {
        found = _draws[draw];
        if (found.status != Status.Drawn) revert WrongStatus(draw, found.status);
    }

    function _seed(bytes32 draw, Draw storage found) private view returns (bytes32) {
        return keccak256(abi.encode(found.secret, found.blockHash, draw));
    }

    /// @dev The hash of an earlier block, zero if the chain does not tell it any more.
    function _hashOf(uint64 number) private view returns (bytes32 found) {
        found = blockhash(number);
        if (found == 0) {
            // Where there is nothing at the address the call succeeds, and returns nothing.
            (bool answered, bytes memory answer) = BLOCK_HASHES.staticcall(abi.encode(uint256(number)));
            if (answered && answer.length == 32) found = bytes32(answer);
        }
    }

    function _isSameList(Terms storage before, Terms calldata given) private view returns (bool) {
        return before.root == given.root && before.tickets == given.tickets && before.winners == given.winners;
    }

    /// @dev The ticket that stands at this place after `steps` steps of the shuffle.
    function _ticketAt(uint32 place, uint32 steps, uint32[] memory to, uint32[] memory put)
        private
        pure
        returns (uint32)
    {
        for (uint32 i = steps; i > 0; --i) {
            if (to[i - 1] == place) return put[i - 1];
        }
        return place;
    }

    /// @dev A number below `size`, all equally likely: hashes that would favour the lower ones are passed over.
    function _below(bytes32 seed, uint256 step, uint32 size) private pure returns (uint32) {
        // 2**256 modulo size.
        uint256 excess = (type(uint256).max % size + 1) % size;
        uint256 number;
        uint256 tries = 0;
        do {
            number = uint256(keccak256(abi.encode(seed, step, tries++)));
        } while (number > type(uint256).max - excess);
        return uint32(number % size);
    }
}
