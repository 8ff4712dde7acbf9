"""What an editor makes of a rule file before it holds it against the JSON Schema: YAML 1.2, in which days are texts."""

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        # YAML 1.1 would make a truth value of the key ``on``.
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


def plain(text: str) -> Any:
    return yaml.load(text, _Loader)
