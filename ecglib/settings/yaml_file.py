"""A YAML file read strictly, with one error for all that can be wrong with it."""

from pathlib import Path
from typing import Any

import yaml

from ecglib.settings.words import ConfigError


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice, as DVC does, and a value that holds itself."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.deep_construct = True  # what holds itself is an error only where values are made whole

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line, name = key.start_mark.line + 1, key.value
            if not isinstance(key, yaml.ScalarNode):
                continue
            if name in lines:
                where = f"in lines {lines[name]} and {line}"
                raise ConfigError(f"the key {name!r} stands twice, {where}: delete one")
            lines[name] = line
        return super().construct_mapping(node, deep)


def read(path: Path) -> dict[str, Any]:
    """The sections of the file.

    Raises:
        ConfigError: it is absent, unreadable, no UTF-8, no YAML or no sections, or a key in it
            stands twice: with the lines.
    """
    if not path.exists():
        raise ConfigError(f"no settings at {path}")
    try:
        text = path.read_bytes().decode()
        if text.startswith("\ufeff"):
            raise ConfigError("it begins with a byte order mark: save it as UTF-8 without one")
        values = _Loader(text).get_single_data()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path} is no UTF-8 text (line {line}): save it as UTF-8") from None
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    except Exception as error:  # YAMLError, and what a word such as 2001-13-45 brings
        raise ConfigError(f"{path} is no YAML: {error or type(error).__name__}") from None
    if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
        found = "nothing" if values is None else f"{type(values).__name__}"
        raise ConfigError(f"{path} is to hold sections, `name: ...`, and holds {found}")
    return values
