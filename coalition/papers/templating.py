"""The templates, filled in by Jinja; whatever is put into HTML or SVG is escaped."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _writable(content: Any) -> Any:
    """Text without the control characters that neither HTML nor SVG can have, however escaped."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", content) if type(content) is str else content


_ENVIRONMENT = Environment(
    loader=PackageLoader("coalition.papers"),
    autoescape=True,
    finalize=_writable,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def fill_in(template: str, **values: Any) -> str:
    return _ENVIRONMENT.get_template(template).render(**values)
