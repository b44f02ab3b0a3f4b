"""A JSON file read strictly, with one kind of error for all that can be wrong with it."""

import json
import math
from pathlib import Path
from typing import Any

LARGEST = 2**63  # a whole number beyond is none that a table can hold


def read(path: Path) -> Any:
    """The file's content.

    Raises:
        ValueError: the file is absent, unreadable or no JSON, a key in it stands twice, or a
            number is not finite. The message does not name the file.
    """
    try:
        return json.loads(
            path.read_bytes(),
            object_pairs_hook=_each_key_once,
            parse_constant=_number,
            parse_float=_number,
            parse_int=_whole_number,
        )
    except OSError as error:
        raise ValueError(f"it cannot be read ({error.strerror})") from None
    except RecursionError:
        raise ValueError("Invalid JSON: too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"Invalid JSON: {error}") from None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)!r} stands twice")
    return found


def _number(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"the number {text} is not finite")
    return number


def _whole_number(text: str) -> int:
    # By length first: Python refuses to read a number of thousands of digits.
    if len(text) > len(str(LARGEST)) + 1 or abs(number := int(text)) >= LARGEST:
        raise ValueError(f"the number {text[:30]} is too large")
    return number
