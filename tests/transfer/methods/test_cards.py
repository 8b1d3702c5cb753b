"""Method cards: complete, true to the registry, and written down."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from common.console import run
from common.errors import InputError
from tests.project.source import ROOT
from transfer.__main__ import COMMANDS
from transfer.methods import METHODS, cards
from transfer.methods.card_document import document
from transfer.methods.card_sentences import (
    cost_sentence,
    cost_text,
    difference_text,
    place_sentence,
    signed,
)
from transfer.methods.cards import method_card, method_cards

DOCUMENT = ROOT / "docs" / "method-cards.md"


def test_the_document_is_what_the_registry_says() -> None:
    """`python -m transfer methods --cards > docs/method-cards.md` writes it."""
    assert DOCUMENT.read_text() == document()


def test_the_command_writes_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("transfer", "", COMMANDS, ["methods", "--cards"]) == 0
    assert capsys.readouterr().out == document()
    assert run("transfer", "", COMMANDS, ["methods", "--cards", "--json"]) == 2


@pytest.mark.parametrize("key", METHODS)
def test_a_card_is_complete(key: str) -> None:
    words = METHODS[key].card
    assert words.formula
    for sentence in (words.summary, words.use, words.failure):
        assert sentence.endswith("."), sentence
        assert len(sentence) > 20
    assert method_card(key).cost != 0


def test_every_method_and_nothing_else_has_a_small_example() -> None:
    paths = sorted((ROOT / "static" / "transfer" / "methods").iterdir())
    assert {path.stem for path in paths} == set(METHODS)
    for path in paths:
        _check_example(path)


def _check_example(path: Path) -> None:
    assert path.stat().st_size <= 200_000
    with Image.open(path) as image:
        assert image.format == "JPEG"
        assert image.width > 3 * 192


def test_no_two_cards_have_the_same_words() -> None:
    for part in ("formula", "summary"):
        words = [getattr(method.card, part) for method in METHODS.values()]
        assert len(set(words)) == len(words)


def test_parameters_that_formulas_name_exist() -> None:
    for card in method_cards():
        known = {one["name"] for one in card.info["parameters"]} | {"style_weight"}
        named = set(re.findall(r"[a-z]+_[a-z]+", card.method.card.formula))
        assert named <= known | {"n_upd"}, card.method.key


def test_nothing_was_measured_of_a_method_that_is_gone() -> None:
    assert set(cards.measured_costs().get("methods", {})) <= set(METHODS)
    assert set(cards.reference_batch().get("methods", {})) <= set(METHODS)


def test_ranks_and_admissibility_follow_from_the_differences() -> None:
    places = {card.method.key: card.place for card in method_cards() if card.place and card.place.E}
    for one in places.values():
        assert one.E is not None
        assert one.C is not None
        above = [other for other in places.values() if other.E[0] > one.E[0]]
        assert one.E_rank == len(above) + 1
        beaten = any(
            other.E[0] >= one.E[0]
            and other.C[0] >= one.C[0]
            and (other.E[0], other.C[0]) != (one.E[0], one.C[0])
            for other in places.values()
        )
        assert one.admissible is not beaten


def test_an_unknown_method_has_no_card() -> None:
    with pytest.raises(InputError, match="unknown method 'gatis'"):
        method_card("gatis")


@pytest.fixture
def measured(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Stand in for the files of what was measured; without an argument nothing was."""

    def write(**files: dict[str, object]) -> None:
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))

    monkeypatch.setattr(cards, "FOLDER", tmp_path)
    cards.measured_costs.cache_clear()
    cards.reference_batch.cache_clear()
    yield write
    cards.measured_costs.cache_clear()
    cards.reference_batch.cache_clear()


def test_what_was_not_measured_is_called_so(measured) -> None:
    card = method_card("ift")
    assert (card.cost, card.place) == (None, None)
    assert cost_sentence(card) == "Not measured."
    assert place_sentence(card.place) == "Not measured."
    assert "| not measured | not measured | not measured |" in document()


def test_costs_are_relative_to_gatys(measured) -> None:
    measured(costs={"encoder": "e", "size": 8, "how": "h", "methods": {"gatys": 1.0, "ift": 0.125}})
    assert method_card("ift").cost == 0.125
    assert cost_sentence(method_card("ift")) == "0.12 times that of gatys."
    assert cost_sentence(method_card("gatys")).startswith("1: ")
    assert method_card("mmd").cost is None


def test_a_place_is_said_in_words(measured) -> None:
    row = {
        "stimuli": 20, "E": [1.0, 0.5, 1.5], "C": [-0.25, -0.5, 0.0], "E_rank": 1, "C_rank": 2,
        "admissible": True, "reason": "",
    }  # fmt: skip
    other = row | {"E": [0.0, 0.0, 0.0], "E_rank": 2, "C_rank": 1}
    alone = row | {"E": None, "C": None, "E_rank": None, "C_rank": None, "admissible": None}
    rows = {"ift": row, "gatys": other, "inversion": alone | {"reason": "it has no content"}}
    measured(reference_batch={"how": "h", "methods": rows})
    assert place_sentence(method_card("ift").place) == (
        "E +1.00 (+0.50 … +1.50), rank 1 of 2; C −0.25 (−0.50 … +0.00), rank 2 of 2; 20 stimuli; "
        "admissible."
    )
    assert place_sentence(method_card("inversion").place) == "20 stimuli; it has no content."


def test_numbers_are_written_alike() -> None:
    assert signed(-0.256) == "−0.26"
    assert difference_text(None) == "–"
    assert difference_text((0.0, 0.0, 0.0)) == "0"
    assert cost_text(0.01234) == "0.012"


def test_a_near_duplicate_is_on_both_cards() -> None:
    assert any("kernel=polynomial" in other for other, _ in method_card("gatys").duplicates)
    assert any(other.startswith("gatys ") for other, _ in method_card("mmd").duplicates)
    assert method_card("adain").duplicates == []
