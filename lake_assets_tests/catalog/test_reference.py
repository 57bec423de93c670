"""`docs/catalog.md` agrees with the program."""

import re
from pathlib import Path

from lake_assets.catalog.read import read_catalog
from lake_assets.catalog.reference import SECTIONS, reference, with_reference

PAGE = Path(__file__).parents[2] / "docs" / "catalog.md"


def test_the_tables_of_keys_are_up_to_date() -> None:
    """The page holds what the models say."""
    page = PAGE.read_text(encoding="utf-8")

    assert page == with_reference(page), "run: python -m lake_assets.catalog.reference docs/catalog.md"


def test_every_key_has_a_row() -> None:
    """No key of the models is missing from the tables."""
    for _, model in SECTIONS:
        for name, field in model.model_fields.items():
            assert f"| `{field.alias or name}` |" in reference()


def test_every_example_of_the_page_is_a_catalog(tmp_path: Path) -> None:
    """What people copy from the page can be read."""
    examples = re.findall(r"```yaml\n(source:.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for number, example in enumerate(examples):
        (tmp_path / f"{number}.yaml").write_text(example, encoding="utf-8")

    assert len(read_catalog(tmp_path).sources) == len(examples) > 0
