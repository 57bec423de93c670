"""Proves `monitor.grid_svg`: the grid is well-formed, complete, and says every state by letter and colour."""

from typing import get_args
from xml.etree import ElementTree as ET

from lake_assets.monitor.grid_svg import draw
from lake_assets.states.state import FINE, State
from lake_assets.states.state import STATES as INFOS
from lake_assets_tests.fix_monitor import at

SVG = "{http://www.w3.org/2000/svg}"
STATES: tuple[State, ...] = get_args(State)


def test_every_state_has_a_letter_and_a_colour_of_its_own() -> None:
    """Terminal and picture have the same letters, and no two states look alike."""
    assert set(INFOS) == set(STATES)
    assert len({info.fill for info in INFOS.values()}) == len({info.letter for info in INFOS.values()}) == 9


def test_every_hour_of_every_table_is_drawn() -> None:
    """Each state's cells are as wide as its hours, and what needs attention has its letter in each cell."""
    row = {at(number): state for number, state in enumerate([*STATES, "missing", "missing"])}

    root = ET.fromstring(draw({"shop.<odd>": row, "shop.fine": dict.fromkeys(row, "loaded")}))  # noqa: S314 - our own

    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts.index("shop.<odd>") < texts.index("shop.fine")
    assert {INFOS[state].letter for state in STATES if state not in FINE} <= set(texts)
    assert "MM" in texts
    widths = [
        float(cell.attrib["width"]) + 1 for cell in root.iter(f"{SVG}rect") if cell.attrib["height"] == "13"
    ]
    assert sum(width for width in widths if width % 11 == 0) == 2 * 11 * len(row)
    assert set(STATES) <= set(texts)


def test_tables_that_need_attention_come_first() -> None:
    """With many tables the ones to look at are at the top."""
    root = ET.fromstring(draw({"a.well": {at(0): "quiet"}, "z.ill": {at(0): "failed"}}))  # noqa: S314 - our own

    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert texts.index("z.ill") < texts.index("a.well")


def test_a_catalog_without_tables_is_drawn() -> None:
    """An empty grid is a picture too."""
    assert ET.fromstring(draw({})).tag == f"{SVG}svg"  # noqa: S314 - our own
