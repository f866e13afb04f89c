"""Changes of a scenario: `set` tables that are laid over it, and "${axis}" in
its texts. All errors are ValueErrors that name the key."""
from __future__ import annotations

import re
from typing import Any

_HOLE = re.compile(r"\$\{([a-z][\w.]*)\}")


def _named(found: list[Any], name: str, key: str, at: str) -> Any:
    for table in found:
        if isinstance(table, dict) and name in (table.get("id"),
                                                table.get("name")):
            return table
    names = [str(t.get("id") or t.get("name")) for t in found
             if isinstance(t, dict)]
    raise ValueError(f"{at}.{name}: no {key} of this name; there are: "
                     f"{', '.join(names) or 'none'}")


def overlay(base: dict[str, Any], change: dict[str, Any],
            at: str = "set") -> None:
    """Lay a change over base: tables are merged, arrays of tables are entered
    by name (domains.hog.weight), all else is replaced."""
    for key, value in change.items():
        here = f"{at}.{key}"
        old = base.get(key)
        if isinstance(value, dict) and isinstance(old, list) and old and \
                isinstance(old[0], dict):
            for name, inner in value.items():
                if not isinstance(inner, dict):
                    raise ValueError(f"{here}.{name}: a table is expected")
                overlay(_named(old, name, key, here), inner,
                        f"{here}.{name}")
        elif isinstance(value, dict) and isinstance(old, dict):
            overlay(old, value, here)
        else:
            base[key] = value


def _value(name: str, point: dict[str, Any]) -> Any:
    """The value of axis or axis.field."""
    axis, *fields = name.split(".")
    if axis not in point:
        raise ValueError(f"${{{name}}}: no such axis; there are: "
                         f"{', '.join(point)}")
    value = point[axis]
    for field in fields:
        if not isinstance(value, dict) or field not in value:
            raise ValueError(f"${{{name}}}: {axis} has no {field!r} here")
        value = value[field]
    if isinstance(value, dict):
        return value["label"]
    return value


def fill(tree: Any, point: dict[str, Any]) -> Any:
    """A copy of the tree with every "${axis}" replaced. A text that is nothing
    else becomes the value itself, with its type."""
    if isinstance(tree, dict):
        return {fill(k, point): fill(v, point) for k, v in tree.items()}
    if isinstance(tree, list):
        return [fill(v, point) for v in tree]
    if not isinstance(tree, str):
        return tree
    if whole := _HOLE.fullmatch(tree):
        return _value(whole[1], point)
    return _HOLE.sub(lambda m: str(_value(m[1], point)), tree)
