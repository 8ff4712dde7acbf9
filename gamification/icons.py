"""Icons of achievements: the open icon set Lucide (ISC licence), as the package ``lucide`` (MIT) brings it."""

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@cache
def icon_names() -> frozenset[str]:
    """Every name that a rule may give as its icon, such as ``trophy``."""
    return frozenset(_icons())


def icon_svg(name: str) -> str:
    """The icon as a document of its own, 24 by 24, drawn in the colour of the text around it.

    :raises KeyError: there is none of this name.
    """
    return _icons()[name]


@cache
def _icons() -> dict[str, str]:
    """All of them, half a megabyte: read once, when the first is asked for."""
    packed = files("lucide").joinpath("lucide.zip").read_bytes()
    with ZipFile(BytesIO(packed)) as archive:
        names = {name: name.removesuffix(".svg") for name in archive.namelist() if name.endswith(".svg")}
        return {icon: archive.read(name).decode() for name, icon in names.items() if _NAME.fullmatch(icon)}
