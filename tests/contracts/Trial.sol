// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {History} from "../../contracts/History.sol";
import {IHistory} from "../../contracts/IHistory.sol";

/**
 * @dev The part of forge's cheat codes that these tests need. What they deploy they deploy by name: with `new`, the
 * compiler would optimise the ledger anew for each contract that deploys one, which takes minutes.
 */
interface Vm {
    function prank(address caller) external;
    function deployCode(string calldata artifact) external returns (address);
    function deployCode(string calldata artifact, bytes calldata arguments) external returns (address);
}

Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

/// @dev Those who have one role each.
address constant ADMIN = address(0xAD);
address constant RECORDER = address(0x2EC);
address constant REGISTRAR = address(0x2E6);
address constant PAUSER = address(0x9A5);

/**
 * @title Calls to a history, by those who may make them and by those who may not.
 *
 * @dev What is to be refused is checked here: that it was, for that reason, and changed nothing. What was refused for
 * which reason is counted, so that a test can tell whether the traffic has been everywhere.
 */
abstract contract Trial {
    mapping(bytes4 reason => uint256) public refusals;

    address[4] private _callers = [ADMIN, RECORDER, REGISTRAR, PAUSER];

    /// @dev A hash over all that the history says about itself: if it is the same, nothing has changed.
    function digest() public view virtual returns (bytes32);

    function subject() internal view virtual returns (History);

    /// @dev Record data that would be taken but for its sequence, if nothing else is wrong.
    function recordCall(uint64 sequence, uint256 seed) internal view virtual returns (bytes memory);

    /// @dev Some call, and the only one who may make it.
    function someCall(uint256 seed) internal view virtual returns (bytes memory data, address caller) {
        if (seed % 4 == 0) return (abi.encodeCall(IHistory.pause, ()), PAUSER);
        if (seed % 4 == 1) return (abi.encodeCall(IHistory.unpause, ()), PAUSER);
        if (seed % 4 == 2) {
            return (abi.encodeCall(IAccessControl.grantRole, (subject().RECORDER_ROLE(), msg.sender)), ADMIN);
        }
        return (recordCall(subject().nextSequence(), seed), RECORDER);
    }

    function callAsAnother(uint256 seed, address stranger) external {
        (bytes memory data, address allowed) = someCall(seed >> 8);
        address caller = seed % 8 < 4 ? _callers[seed % 4] : stranger;
        if (caller == allowed) return;
        isRefused(caller, data, IAccessControl.AccessControlUnauthorizedAccount.selector);
    }

    function recordOutOfOrder(uint64 sequence, uint256 seed) external {
        if (sequence == subject().nextSequence()) ++sequence;
        bytes4 reason = subject().paused() ? Pausable.EnforcedPause.selector : IHistory.SequenceMismatch.selector;
        isRefused(RECORDER, recordCall(sequence, seed), reason);
    }

    /// @dev Three times out of four it is to go on.
    function pauseOrUnpause(uint256 seed) external {
        bool paused = subject().paused();
        if (seed % 4 == 0) {
            isRefused(PAUSER, abi.encodeCall(IHistory.pause, ()), Pausable.EnforcedPause.selector, paused);
        } else {
            isRefused(PAUSER, abi.encodeCall(IHistory.unpause, ()), Pausable.ExpectedPause.selector, !paused);
        }
    }

    function isRefused(address caller, bytes memory data, bytes4 reason) internal {
        isRefused(caller, data, reason, true);
    }

    /// @dev The call is refused for this reason if `refused`, and taken if not.
    function isRefused(address caller, bytes memory data, bytes4 reason, bool refused) internal {
        bytes memory refusal = attempt(caller, data);
        require((refusal.length != 0) == refused, "taken, or refused, unlike expected");
        require(!refused || bytes4(refusal) == reason, "refused for another reason");
    }

    /// @dev Makes the call; why it was refused, or nothing if it was taken.
    function attempt(address caller, bytes memory data) internal returns (bytes memory refusal) {
        bytes32 before = digest();
        VM.prank(caller);
        bool taken;
        (taken, refusal) = address(subject()).call(data);
        if (taken) return "";
        require(digest() == before, "a refused call left something behind");
        ++refusals[bytes4(refusal)];
    }
}
