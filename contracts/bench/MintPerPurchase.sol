// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title The obvious way, to measure ours against: points as an ERC-20, minted in one transaction per purchase.
contract MintPerPurchase is ERC20, Ownable {
    constructor() ERC20("Points", "PTS") Ownable(msg.sender) {}

    function mint(address member, uint256 points) external onlyOwner {
        _mint(member, points);
    }
}
