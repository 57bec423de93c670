"""The JSON schema of the YAML form, for editors: `python -m lake_assets.catalog.schema` prints it.

It ships as `catalog.schema.json` beside this file. What it cannot say (what must fit together), `rules`
checks.
"""

import json
from typing import Any

import click
from pydantic.json_schema import GenerateJsonSchema

from lake_assets.catalog.document import SourceDocument


class _PlainSchema(GenerateJsonSchema):
    """Pydantic's generator, without a title that only repeats the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Leave out titles made from the names of fields."""
        del schema
        return False

    def dict_schema(self, schema: Any) -> dict[str, Any]:
        """Let an editor mark the keys that are not names of the form asked for."""
        result = super().dict_schema(schema)
        if "patternProperties" in result:
            result["additionalProperties"] = False
        return result


def catalog_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of one catalog file."""
    schema = SourceDocument.model_json_schema(schema_generator=_PlainSchema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def schema_text() -> str:
    """Return the schema as the text of the file that ships."""
    return json.dumps(catalog_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    click.echo(schema_text(), nl=False)
