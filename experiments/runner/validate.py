"""Is an experiment.toml well formed? schema.json tells what may stand in it;
what is wrong is one line: file, line, key, and what to write instead."""
from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Any

import jsonschema

from . import locate
from .manifest import ManifestError, key_in

SCHEMA = json.loads(Path(__file__).with_name("schema.json").read_text())
_TYPES = {"string": "text", "integer": "whole number", "number": "number",
          "boolean": "true or false", "array": "list", "object": "table"}
_MOST = 60      # characters of a wrong value that are shown


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST else text[:_MOST] + "..."


def _unknown(error: jsonschema.ValidationError) -> tuple[str, str]:
    """The key that is too many, and what it may have been meant to be."""
    known = error.schema.get("properties", {})
    key = next(k for k in error.instance if k not in known)
    near = difflib.get_close_matches(key, known, 1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return key, f"unknown key; {meant}known: {', '.join(sorted(known))}"


def _missing(error: jsonschema.ValidationError) -> str:
    key = next(k for k in error.validator_value if k not in error.instance)
    help_ = error.schema.get("properties", {}).get(key, {}).get(
        "description") or error.schema.get("description", "")
    return f"{key} is missing" + (f": write {help_}" if help_ else "")


def _help(path: locate.Path) -> str:
    """The description of the key in the schema, which may stand beside a
    reference to what its values are."""
    node: Any = SCHEMA
    for part in path:
        if "$ref" in node:
            node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(
                part, node.get("additionalProperties", {}))
        if not isinstance(node, dict):
            return ""
    return str(node.get("description", ""))


def _wanted(error: jsonschema.ValidationError) -> str:
    """What should stand there."""
    help_ = _help(tuple(error.absolute_path)) or \
        error.schema.get("description")
    if error.validator == "type":
        types = error.validator_value
        types = types if isinstance(types, list) else [types]
        wanted = "a " + " or ".join(_TYPES.get(t, t) for t in types)
        return wanted + (f": {help_}" if help_ else "")
    if error.validator == "enum":
        return "one of " + ", ".join(map(_short, error.validator_value))
    if error.validator == "minimum":
        return f"{error.validator_value} or more"
    if help_:
        return help_
    if error.validator == "pattern":
        return f"a text of the form {error.validator_value}"
    return error.message


def _describe(error: jsonschema.ValidationError) -> tuple[locate.Path, str]:
    """Where, and what."""
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        key, text = _unknown(error)
        return path + (key,), text
    if error.validator == "required":
        return path, _missing(error)
    if "propertyNames" in error.absolute_schema_path:
        return path, (f"{error.instance!r} cannot be an axis: a name of a-z, "
                      "0-9 and _, but not scheduler, seed, run or control")
    return path, f"{_short(error.instance)}: expected {_wanted(error)}"


def check(root: dict[str, Any], file: Path, lines: locate.Lines) -> None:
    """ManifestError: the first thing that is wrong, in the file's order."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    found = [_describe(e) for e in validator.iter_errors(root)]
    if not found:
        return
    path, text = min(found, key=lambda f: (lines.of(f[0]), str(f[0])))
    where = key_in(path, root) or "the file's top"
    raise ManifestError(f"{file}:{lines.of(path)}: {where}: {text}")
