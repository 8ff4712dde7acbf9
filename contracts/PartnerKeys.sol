// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IPointsLedger} from "./IPointsLedger.sol";
import {ISettlement} from "./ISettlement.sol";

/**
 * @title Who signs for a partner, and whether something was signed by it.
 *
 * @dev What always holds:
 *
 * - a partner's key is replaced by nobody but itself and the ledger's admin
 * - a digest is taken once
 *
 * The domain is worked out anew each time, and nothing is immutable, so that the code on a chain is the code that was
 * compiled, and anyone can compare them.
 */
abstract contract PartnerKeys is ISettlement {
    using SignatureChecker for address;

    bytes32 private constant ADMIN_ROLE = 0x00;
    bytes32 private constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME = keccak256("Coalition Settlement");
    bytes32 private constant VERSION = keccak256("1");
    bytes32 private constant REPLACEMENT = keccak256("KeyReplacement(uint16 partner,address key,uint32 number)");

    /// @inheritdoc ISettlement
    address public ledger;

    /// @inheritdoc ISettlement
    mapping(uint16 partner => address) public keyOf;

    /// @inheritdoc ISettlement
    mapping(uint16 partner => uint32) public keyNumber;

    /// @inheritdoc ISettlement
    mapping(bytes32 digest => bool) public isTaken;

    modifier onlyRegistrar() {
        _checkRole(REGISTRAR_ROLE);
        _;
    }

    modifier onlyAdmin() {
        _checkRole(ADMIN_ROLE);
        _;
    }

    /// @inheritdoc ISettlement
    function registerKey(uint16 partner, address key) external onlyRegistrar {
        if (keyOf[partner] != address(0)) revert KeyExists(partner, keyOf[partner]);
        if (partner != 0 && IPointsLedger(ledger).partner(partner).status == IPointsLedger.PartnerStatus.Unknown) {
            revert UnknownPartner(partner);
        }
        _setKey(partner, key);
    }

    /// @inheritdoc ISettlement
    function replaceKey(uint16 partner, address key, bytes calldata signature) external {
        _signed(partner, keccak256(abi.encode(REPLACEMENT, partner, key, keyNumber[partner])), signature);
        _setKey(partner, key);
    }

    /// @inheritdoc ISettlement
    function replaceLostKey(uint16 partner, address key) external onlyAdmin {
        _requireKey(partner);
        _setKey(partner, key);
    }

    /// @dev The digest of a struct that the partner has signed, or a refusal.
    function _signed(uint16 partner, bytes32 structHash, bytes calldata signature)
        internal
        view
        returns (bytes32 digest)
    {
        address key = _requireKey(partner);
        bytes32 domain = keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, address(this)));
        digest = MessageHashUtils.toTypedDataHash(domain, structHash);
        if (!key.isValidSignatureNow(digest, signature)) revert WrongSignature(partner, key);
    }

    /// @dev From now on this digest was taken; it was not before.
    function _take(bytes32 digest) internal {
        if (isTaken[digest]) revert AlreadyTaken(digest);
        isTaken[digest] = true;
    }

    function _setKey(uint16 partner, address key) private {
        if (key == address(0)) revert ZeroKey(partner);
        keyOf[partner] = key;
        ++keyNumber[partner];
        emit KeyChanged(partner, key);
    }

    function _requireKey(uint16 partner) private view returns (address key) {
        key = keyOf[partner];
        if (key == address(0)) revert NoKey(partner);
    }

    function _checkRole(bytes32 role) private view {
        if (!IAccessControl(ledger).hasRole(role, msg.sender)) {
            revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, role);
        }
    }
}
