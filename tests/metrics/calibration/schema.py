"""The published JSON Schema of exported models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from metrics.calibration.export import Model

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "docs" / "calibration.schema.json").read_text()
)


def assert_sound(value: dict[str, Any]) -> Model:
    """The export conforms to the schema, and is read back exactly from text."""
    text = json.dumps(value, allow_nan=False)
    Draft202012Validator(SCHEMA).validate(json.loads(text))
    model = Model.from_json(json.loads(text))
    assert json.dumps(model.to_json(), allow_nan=False) == text
    return model
