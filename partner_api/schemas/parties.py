"""The parties of settlement: where each is paid, and the key it signs with."""

from typing import Any

from marshmallow import Schema, fields, validate

from partner_api.schemas.fields import Output, Whole

_MAX_NUMBER = 2**31 - 1


class Party(Output):
    """A partner, or the pool, which is number 0."""

    number = fields.Integer(required=True)
    name = fields.String(required=True)


class PartyNumber(Whole):
    """Of a partner, or 0 for the pool."""

    def __init__(self, description: str, **kwargs: Any) -> None:
        metadata = {"description": f"{description}: a partner's number, or 0 for the pool."}
        super().__init__(0, _MAX_NUMBER, metadata=metadata, **kwargs)


def hexadecimal(digits: int) -> validate.Regexp:
    """Text as the chain's tools write bytes."""
    return validate.Regexp(f"^0x[0-9a-fA-F]{{{digits}}}$", error=f"Not 0x and {digits} hexadecimal digits.")


class Signature(fields.String):
    """Of 65 bytes, as wallets give it."""

    def __init__(self) -> None:
        super().__init__(
            load_default=None,
            allow_none=True,
            validate=hexadecimal(130),
            metadata={"description": "By the partner's own key; without one the chain is not told."},
        )


def _detail(description: str) -> Any:
    return fields.Raw(metadata={"type": "string", "description": description})


class BankDetails(Schema):
    """An account by IBAN and BIC, or a Russian one. All mistakes are named at once: invalid_bank_details."""

    legal_name = _detail("Who is paid.")
    country = _detail("Of the party, in two letters.")
    iban = _detail("With its check digits.")
    bic = _detail("Of the bank, 8 or 11 characters.")
    account = _detail("A Russian account, twenty digits.")
    bik = _detail("Of the Russian bank, nine digits.")
    correspondent_account = _detail("Of the Russian bank, twenty digits.")
    inn = _detail("10 digits of a company, 12 of a sole trader.")
    kpp = _detail("Of a company.")
    bank_name = _detail("Of the Russian bank.")
    bank_city = _detail("Of the Russian bank.")


class Signer(Schema):
    address = fields.String(
        required=True,
        validate=validate.Length(1, 42),
        metadata={"description": "Of the key that signs for the party: 0x and 40 hexadecimal digits."},
    )


class PartySigner(Output):
    party = fields.Nested(Party(), required=True)
    address = fields.String(required=True)


class ToSign(fields.Dict):
    """A document for ``eth_signTypedData_v4`` (EIP-712), which wallets show and sign."""

    def __init__(self, description: str) -> None:
        super().__init__(
            keys=fields.String(),
            required=True,
            allow_none=True,
            metadata={"description": f"{description} EIP-712; null while there is no settlement contract."},
        )
