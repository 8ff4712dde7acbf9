// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IPrizeDraw} from "../../contracts/IPrizeDraw.sol";
import {PrizeDraw} from "../../contracts/PrizeDraw.sol";
import {Coalition} from "./Coalition.sol";
import {ADMIN, PAUSER, RECORDER, REGISTRAR, VM} from "./Trial.sol";

/// @dev The part of forge's cheat codes that has to do with blocks and time.
interface BlockVm {
    function chainId(uint256 id) external;
    function etch(address where, bytes calldata code) external;
    function roll(uint256 number) external;
    function setBlockhash(uint256 number, bytes32 hash) external;
    function warp(uint256 time) external;
}

BlockVm constant BLOCKS = BlockVm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev Stands where EIP-2935 keeps block hashes, and knows one for every block.
contract BlockHashes {
    fallback(bytes calldata asked) external returns (bytes memory) {
        return abi.encode(keccak256(asked));
    }
}

/// @dev Stands there and does not know it.
contract NoBlockHashes {
    fallback() external {
        revert();
    }
}

/// @title What a draw takes, each thing that it refuses, and which tickets come out.
contract PrizeDrawTest is Coalition {
    bytes32 private constant DRAW = keccak256("spring");
    bytes32 private constant SECRET = keccak256("a secret");
    bytes32 private constant ROOT = keccak256("root");
    bytes32 private constant HASH = keccak256("block");
    address private constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;
    uint32 private constant DELAY = 10;
    uint32 private constant NOTICE = 2 days;
    uint64 private constant NOW = 1_000_000;
    uint64 private constant HERE = 100;
    uint64 private constant COUNTS = HERE + DELAY;

    PrizeDraw private immutable DRAWS;

    constructor() {
        DRAWS = PrizeDraw(VM.deployCode("PrizeDraw.sol:PrizeDraw", abi.encode(address(LEDGER))));
    }

    function setUp() external {
        BLOCKS.warp(NOW);
        BLOCKS.roll(HERE);
    }

    function test_commit__by_registrar_or_admin__fixes_all_before_the_block() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _commit(ADMIN, keccak256("autumn"), 5, 2);
        IPrizeDraw.Draw memory found = DRAWS.drawOf(DRAW);
        require(found.terms.commitment == DRAWS.commitmentOf(DRAW, SECRET) && found.terms.root == ROOT, "terms");
        require(found.terms.tickets == 5 && found.terms.winners == 2, "numbers");
        require(found.blockNumber == COUNTS && found.deadline == NOW + NOTICE, "block or deadline");
        require(found.attempts == 1 && found.rearms == 0 && found.status == IPrizeDraw.Status.Committed, "status");
        require(found.blockHash == 0 && found.secret == 0, "known too early");
    }

    function test_commit__by_anybody_else__refused(address stranger) external {
        address[3] memory others = [RECORDER, PAUSER, stranger];
        for (uint256 i = 0; i < 3; ++i) {
            if (others[i] == ADMIN || others[i] == REGISTRAR) continue;
            bytes memory refusal = abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, others[i], keccak256("REGISTRAR_ROLE")
            );
            _isRefused(others[i], _commitCall(DRAW, ROOT, 5, 2, DELAY, NOTICE), refusal);
        }
    }

    function test_commit__wrong_numbers_of_winners__refused(uint32 tickets, uint32 winners) external {
        if (winners != 0 && winners <= tickets) winners = tickets == type(uint32).max ? 0 : tickets + 1;
        _isRefused(
            REGISTRAR,
            _commitCall(DRAW, ROOT, tickets, winners, DELAY, NOTICE),
            abi.encodeWithSelector(IPrizeDraw.WinnersUnsupported.selector, tickets, winners)
        );
    }

    function test_commit__block_too_near_or_too_far__refused() external {
        uint32[3] memory delays = [uint32(0), 3, 1_000_001];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.DelayUnsupported.selector, 4, 1_000_000, delays[i]);
            _isRefused(REGISTRAR, _commitCall(DRAW, ROOT, 5, 2, delays[i], NOTICE), refusal);
        }
    }

    function test_commit__too_little_or_too_much_time_to_reveal__refused() external {
        uint32[3] memory notices = [uint32(0), 1 hours - 1, 30 days + 1];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory refusal =
                abi.encodeWithSelector(IPrizeDraw.NoticeUnsupported.selector, 1 hours, 30 days, notices[i]);
            _isRefused(REGISTRAR, _commitCall(DRAW, ROOT, 5, 2, DELAY, notices[i]), refusal);
        }
    }

    function test_commit__again__refused_while_committed_and_once_drawn() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _isRefused(REGISTRAR, _commitCall(DRAW, ROOT, 5, 2, DELAY, NOTICE), _status(IPrizeDraw.Status.Committed));
        _reach();
        DRAWS.reveal(DRAW, SECRET);
        _isRefused(REGISTRAR, _commitCall(DRAW, ROOT, 5, 2, DELAY, NOTICE), _status(IPrizeDraw.Status.Drawn));
    }

    function test_reveal__by_anybody_with_the_secret__seed_follows_from_secret_and_block(address anybody) external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        VM.prank(anybody);
        DRAWS.reveal(DRAW, SECRET);
        IPrizeDraw.Draw memory found = DRAWS.drawOf(DRAW);
        require(found.status == IPrizeDraw.Status.Drawn && found.secret == SECRET, "not drawn");
        require(found.blockHash == HASH && found.blockNumber == COUNTS, "another block");
        require(DRAWS.seedOf(DRAW) == keccak256(abi.encode(SECRET, HASH, DRAW)), "seed");
    }

    function test_reveal__forged_secret__refused(bytes32 forged) external {
        if (forged == SECRET) return;
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        bytes32 expected = DRAWS.commitmentOf(DRAW, SECRET);
        bytes memory refusal =
            abi.encodeWithSelector(IPrizeDraw.WrongSecret.selector, expected, DRAWS.commitmentOf(DRAW, forged));
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.reveal, (DRAW, forged)), refusal);
    }

    /// @dev What commits to a secret does so for one draw, one contract and one chain.
    function test_commitment__of_another_draw_contract_or_chain__is_another() external {
        bytes32 ours = DRAWS.commitmentOf(DRAW, SECRET);
        PrizeDraw other = PrizeDraw(VM.deployCode("PrizeDraw.sol:PrizeDraw", abi.encode(address(LEDGER))));
        require(DRAWS.commitmentOf(keccak256("autumn"), SECRET) != ours, "same for another draw");
        require(other.commitmentOf(DRAW, SECRET) != ours, "same for another contract");
        BLOCKS.chainId(7);
        require(DRAWS.commitmentOf(DRAW, SECRET) != ours, "same on another chain");
    }

    function test_reveal__before_the_block_is_there__refused() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.TooEarly.selector, COUNTS);
        for (uint64 number = HERE; number <= COUNTS; ++number) {
            BLOCKS.roll(number);
            _isRefused(REGISTRAR, abi.encodeCall(DRAWS.reveal, (DRAW, SECRET)), refusal);
            _isRefused(REGISTRAR, abi.encodeCall(DRAWS.pin, (DRAW)), refusal);
            _isRefused(REGISTRAR, abi.encodeCall(DRAWS.rearm, (DRAW)), refusal);
        }
        BLOCKS.roll(COUNTS + 1);
        DRAWS.reveal(DRAW, SECRET);
    }

    function test_reveal__twice_or_never_committed__refused() external {
        bytes memory call_ = abi.encodeCall(DRAWS.reveal, (DRAW, SECRET));
        _isRefused(REGISTRAR, call_, _status(IPrizeDraw.Status.None));
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        DRAWS.reveal(DRAW, SECRET);
        _isRefused(REGISTRAR, call_, _status(IPrizeDraw.Status.Drawn));
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.declareVoid, (DRAW)), _status(IPrizeDraw.Status.Drawn));
    }

    function test_seed_and_order__before_the_draw__refused() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.seedOf, (DRAW)), _status(IPrizeDraw.Status.Committed));
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.orderOf, (DRAW, 1)), _status(IPrizeDraw.Status.Committed));
    }

    function test_pin__hash_is_kept_when_the_chain_has_forgotten_it() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        VM.prank(address(0xB0B));
        DRAWS.pin(DRAW);
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.HashThere.selector, COUNTS);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.pin, (DRAW)), refusal);
        BLOCKS.roll(COUNTS + 10_000);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.rearm, (DRAW)), refusal);
        DRAWS.reveal(DRAW, SECRET);
        require(DRAWS.drawOf(DRAW).blockHash == HASH, "another hash");
    }

    function test_reveal__hash_forgotten_by_the_chain__refused_until_a_later_block_of_the_series_counts() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        BLOCKS.roll(COUNTS + 257);
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.HashLost.selector, COUNTS);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.reveal, (DRAW, SECRET)), refusal);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.pin, (DRAW)), refusal);
        VM.prank(address(0xB0B));
        DRAWS.rearm(DRAW);
        IPrizeDraw.Draw memory found = DRAWS.drawOf(DRAW);
        require(found.blockNumber == COUNTS + 512 && found.rearms == 1, "another block");
        BLOCKS.roll(COUNTS + 513);
        BLOCKS.setBlockhash(COUNTS + 512, keccak256("later"));
        DRAWS.reveal(DRAW, SECRET);
        require(DRAWS.drawOf(DRAW).blockHash == keccak256("later"), "another hash");
    }

    /// @dev Whenever it is called, the next block is one of the series, and does not exist yet.
    function test_rearm__at_any_time__next_of_the_series(uint32 later) external {
        _commit(REGISTRAR, DRAW, 5, 2);
        uint64 current = COUNTS + 257 + uint64(later);
        BLOCKS.roll(current);
        DRAWS.rearm(DRAW);
        uint64 next = DRAWS.drawOf(DRAW).blockNumber;
        require(next > current && next <= current + 256 && (next - COUNTS) % 256 == 0, "not the next of the series");
    }

    function test_rearm__hash_still_there__refused() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.HashThere.selector, COUNTS);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.rearm, (DRAW)), refusal);
    }

    function test_reveal__chain_with_eip_2935__hash_is_found_after_256_blocks() external {
        BLOCKS.etch(BLOCK_HASHES, type(BlockHashes).runtimeCode);
        _commit(REGISTRAR, DRAW, 5, 2);
        BLOCKS.roll(COUNTS + 1_000);
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.HashThere.selector, COUNTS);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.rearm, (DRAW)), refusal);
        DRAWS.reveal(DRAW, SECRET);
        require(DRAWS.drawOf(DRAW).blockHash == keccak256(abi.encode(uint256(COUNTS))), "another hash");
    }

    function test_reveal__eip_2935_has_forgotten_it_too__refused() external {
        BLOCKS.etch(BLOCK_HASHES, type(NoBlockHashes).runtimeCode);
        _commit(REGISTRAR, DRAW, 5, 2);
        BLOCKS.roll(COUNTS + 9_000);
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.HashLost.selector, COUNTS);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.reveal, (DRAW, SECRET)), refusal);
    }

    function test_deadline__last_second_counts_and_then_anybody_may_call_it_void() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        BLOCKS.warp(NOW + NOTICE);
        bytes memory notOver = abi.encodeWithSelector(IPrizeDraw.NotOver.selector, NOW + NOTICE);
        _isRefused(address(0xB0B), abi.encodeCall(DRAWS.declareVoid, (DRAW)), notOver);
        BLOCKS.warp(NOW + NOTICE + 1);
        bytes memory tooLate = abi.encodeWithSelector(IPrizeDraw.TooLate.selector, NOW + NOTICE);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.reveal, (DRAW, SECRET)), tooLate);
        VM.prank(address(0xB0B));
        DRAWS.declareVoid(DRAW);
        require(DRAWS.drawOf(DRAW).status == IPrizeDraw.Status.Void, "not void");
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.reveal, (DRAW, SECRET)), _status(IPrizeDraw.Status.Void));
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.pin, (DRAW)), _status(IPrizeDraw.Status.Void));
    }

    function test_reveal__in_the_last_second__is_in_time() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        BLOCKS.warp(NOW + NOTICE);
        DRAWS.reveal(DRAW, SECRET);
        require(DRAWS.drawOf(DRAW).status == IPrizeDraw.Status.Drawn, "not drawn");
    }

    function test_redraw__of_a_void_draw__same_tickets_or_refused_and_counted() external {
        _commit(REGISTRAR, DRAW, 5, 2);
        _reach();
        DRAWS.pin(DRAW);
        BLOCKS.warp(NOW + NOTICE + 1);
        DRAWS.declareVoid(DRAW);
        bytes32 forged = keccak256("another list");
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.TicketsChanged.selector, DRAW, ROOT, forged);
        _isRefused(REGISTRAR, _commitCall(DRAW, forged, 5, 2, DELAY, NOTICE), refusal);
        refusal = abi.encodeWithSelector(IPrizeDraw.TicketsChanged.selector, DRAW, ROOT, ROOT);
        _isRefused(REGISTRAR, _commitCall(DRAW, ROOT, 6, 2, DELAY, NOTICE), refusal);
        _isRefused(REGISTRAR, _commitCall(DRAW, ROOT, 5, 3, DELAY, NOTICE), refusal);
        _commit(REGISTRAR, DRAW, 5, 2);
        IPrizeDraw.Draw memory found = DRAWS.drawOf(DRAW);
        require(found.attempts == 2 && found.status == IPrizeDraw.Status.Committed, "not again");
        require(found.blockHash == 0 && found.blockNumber == COUNTS + 1 + DELAY, "the old block counts still");
    }

    /// @dev Every ticket once, and the beginning of an order is the order's beginning.
    function test_order__of_any_draw__is_a_permutation(bytes32 secret, uint8 count) external {
        uint32 tickets = uint32(count) + 1;
        _draw(secret, tickets);
        uint32[] memory order = DRAWS.orderOf(DRAW, tickets);
        bool[] memory seen = new bool[](tickets);
        for (uint256 i = 0; i < tickets; ++i) {
            require(order[i] < tickets && !seen[order[i]], "a ticket is missing");
            seen[order[i]] = true;
        }
        uint32[] memory some = DRAWS.orderOf(DRAW, tickets / 2);
        for (uint256 i = 0; i < some.length; ++i) {
            require(some[i] == order[i], "the beginning differs");
        }
    }

    /// @dev The shuffle as a textbook has it, with all tickets in memory.
    function test_order__of_any_draw__is_the_shuffle_that_the_interface_tells(bytes32 secret, uint8 count) external {
        uint32 tickets = uint32(count) + 1;
        _draw(secret, tickets);
        bytes32 seed = DRAWS.seedOf(DRAW);
        uint32[] memory order = DRAWS.orderOf(DRAW, tickets);
        uint32[] memory pool = new uint32[](tickets);
        for (uint32 i = 0; i < tickets; ++i) {
            pool[i] = i;
        }
        for (uint256 i = 0; i < tickets; ++i) {
            // No hash of 256 bits that anyone will meet is passed over for so few tickets.
            uint256 place = i + uint256(keccak256(abi.encode(seed, i, uint256(0)))) % (tickets - i);
            (pool[i], pool[place]) = (pool[place], pool[i]);
            require(order[i] == pool[i], "another ticket");
        }
    }

    function test_order__more_than_there_are__refused() external {
        _draw(SECRET, 5);
        bytes memory refusal = abi.encodeWithSelector(IPrizeDraw.CountUnsupported.selector, 5, 6);
        _isRefused(REGISTRAR, abi.encodeCall(DRAWS.orderOf, (DRAW, 6)), refusal);
        require(DRAWS.orderOf(DRAW, 0).length == 0, "not empty");
    }

    function test_order__of_as_many_tickets_as_can_be__is_found() external {
        _draw(SECRET, type(uint32).max);
        require(DRAWS.orderOf(DRAW, 50).length == 50, "not found");
    }

    function _draw(bytes32 secret, uint32 tickets) private {
        IPrizeDraw.Terms memory terms = IPrizeDraw.Terms(DRAWS.commitmentOf(DRAW, secret), ROOT, tickets, 1);
        VM.prank(REGISTRAR);
        DRAWS.commit(DRAW, terms, DELAY, NOTICE);
        _reach();
        DRAWS.reveal(DRAW, secret);
    }

    function _reach() private {
        BLOCKS.roll(COUNTS + 1);
        BLOCKS.setBlockhash(COUNTS, HASH);
    }

    function _commit(address caller, bytes32 draw, uint32 tickets, uint32 winners) private {
        bytes memory data = _commitCall(draw, ROOT, tickets, winners, DELAY, NOTICE);
        VM.prank(caller);
        (bool taken,) = address(DRAWS).call(data);
        require(taken, "not committed");
    }

    function _commitCall(bytes32 draw, bytes32 root, uint32 tickets, uint32 winners, uint32 delay, uint32 notice)
        private
        view
        returns (bytes memory)
    {
        IPrizeDraw.Terms memory terms = IPrizeDraw.Terms(DRAWS.commitmentOf(draw, SECRET), root, tickets, winners);
        return abi.encodeCall(DRAWS.commit, (draw, terms, delay, notice));
    }

    function _status(IPrizeDraw.Status status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPrizeDraw.WrongStatus.selector, DRAW, status);
    }

    /// @dev The call is refused with this error and these values, and nothing is changed.
    function _isRefused(address caller, bytes memory data, bytes memory reason) private {
        bytes32 before = keccak256(abi.encode(DRAWS.drawOf(DRAW)));
        VM.prank(caller);
        (bool taken, bytes memory refusal) = address(DRAWS).call(data);
        require(!taken, "taken");
        require(keccak256(refusal) == keccak256(reason), "refused for another reason");
        require(keccak256(abi.encode(DRAWS.drawOf(DRAW))) == before, "a refused call left something behind");
    }
}
