"""Subgroups on data whose truth is known: who is in which row, and what is said of it."""

import cv2
import numpy as np
import pytest

from tests.networks import card_mapping
from tests.training.evaluation_sets import draw_breast, draw_chest, draw_skin, lesion
from util.modelstore.mapping import from_mapping
from util.training.dataset import parts, read_index
from util.training.evaluation import subgroups, tone


def card_of(modality, tmp_path):
    mapping = card_mapping(modality, familiarity=None, calibration=None, conformal=None, grey_zone=None)
    return from_mapping({**mapping, "sha256": "0" * 64, "decision": None}, tmp_path)


def right(card, target, wrong=()):
    """Scores that are right for every image but those at `wrong`."""
    said = target.copy()
    said[list(wrong)] = (said[list(wrong)] + 1) % len(card.labels)
    if card.units == 1:
        return (4.0 * (2 * said - 1))[:, None]
    return 6.0 * np.eye(len(card.labels))[said]


@pytest.fixture(scope="module")
def skin(tmp_path_factory):
    return parts(read_index(draw_skin(tmp_path_factory.mktemp("skin")), "skin"))["test"]


def rows_of(card, dataset, scores, draws=20):
    found = subgroups.subgroup_rows(card, dataset, scores, draws=draws)
    return {name: {row["value"]: row for row in part["rows"]} for name, part in found.items()}


def test_a_model_that_fails_one_sex_shows_it_there_alone(skin, tmp_path):
    card = card_of("skin", tmp_path)
    women = np.flatnonzero([entry.sex == "female" for entry in skin.metadata])
    rows = rows_of(card, skin, right(card, skin.target, women))
    assert rows["sex"]["male"]["balanced_accuracy"] == [1.0, 1.0, 1.0]
    assert rows["sex"]["female"]["balanced_accuracy"] == [0.0, 0.0, 0.0]
    assert rows["sex"]["female"]["images"] == len(women) == 24
    # Odd classes are drawn as men here, so each sex has four classes.
    assert rows["sex"]["female"]["classes"] == 4


def test_every_image_is_in_one_row_of_a_division(skin, tmp_path):
    rows = rows_of(card_of("skin", tmp_path), skin, right(card_of("skin", tmp_path), skin.target))
    for name in ("sex", "age", "site", "source", "tone"):
        assert sum(row["images"] for row in rows[name].values()) == len(skin), name
    missing = sum(entry.site is None for entry in skin.metadata)
    assert rows["site"]["unknown"]["images"] == missing


def test_few_images_or_few_of_a_class_have_no_figures(skin, tmp_path):
    card = card_of("skin", tmp_path)
    rows = rows_of(card, skin, right(card, skin.target))
    small = [row for part in rows.values() for row in part.values() if row["images"] < subgroups.FEWEST]
    assert small and all(row["too_few"] and "balanced_accuracy" not in row for row in small)
    one_class = skin.take(np.repeat(np.flatnonzero(skin.target == 5), 10))
    for part in rows_of(card, one_class, right(card, one_class.target)).values():
        assert all(row.get("too_few") for row in part.values())


def test_each_subtype_stands_beside_all_the_healthy(tmp_path):
    dataset = parts(read_index(draw_chest(tmp_path), "chest"))["test"]
    card = card_of("chest", tmp_path)
    virus = np.flatnonzero(dataset.columns["subtype"] == "virus")
    rows = rows_of(card, dataset, right(card, dataset.target, virus))["subtype"]
    healthy = int((dataset.target == 0).sum())
    assert set(rows) == {"bacteria", "virus"}
    assert rows["virus"]["images"] == healthy + len(virus)
    assert rows["virus"]["sensitivity"][0] == 0 and rows["bacteria"]["sensitivity"][0] == 1


def test_a_slide_alone_has_figures_without_an_interval(tmp_path):
    dataset = parts(read_index(draw_breast(tmp_path), "breast"))["test"]
    card = card_of("breast", tmp_path)
    rows = rows_of(card, dataset, right(card, dataset.target, [0]))["slide"]
    assert len(rows) == 3 and all(len(row["auc"]) == 1 and row["groups"] == 1 for row in rows.values())
    assert subgroups.spread(list(rows.values()), "sensitivity")[0] <= 1
    assert subgroups.spread([{"too_few": True}], "auc") is None


def painted(lightness: float, yellow: float, side: int = 96) -> np.ndarray:
    """A picture of one colour given in CIE L*a*b*, a* 12."""
    lab = np.full((side, side, 3), (lightness, 12, yellow), np.float32)
    return np.rint(255 * np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)).astype(np.uint8)


@pytest.mark.parametrize(
    ("lightness", "yellow", "kind"),
    [
        (78, 15, "very_light"),
        (68, 17, "light"),
        (62, 18, "intermediate"),
        (56, 20, "tan"),
        (45, 20, "brown"),
        (30, 15, "dark"),
    ],
)
def test_the_angle_is_that_of_the_formula(lightness, yellow, kind):
    pixels = painted(lightness, yellow)
    angle = tone.typology_angle(pixels, np.zeros(pixels.shape[:2], bool))
    assert angle == pytest.approx(np.degrees(np.arctan((lightness - 50) / yellow)), abs=2.5)
    assert tone.kind(angle) == kind


def test_lesion_hair_and_dark_corners_do_not_move_the_angle():
    pixels, mask = lesion(np.random.default_rng(0), 2, (200, 160, 130))
    pixels = cv2.resize(pixels, (256, 192), interpolation=cv2.INTER_NEAREST)
    mask = cv2.resize(mask.astype(np.uint8), (256, 192), interpolation=cv2.INTER_NEAREST) > 0
    plain = tone.typology_angle(pixels, mask)
    y, x = np.mgrid[:192, :256]
    marred = pixels.copy()
    marred[np.hypot(x - 128, y - 96) > 125] = 8
    for left in range(30, 240, 30):
        cv2.line(marred, (left, 20), (left + 12, 170), (40, 30, 25), 2)
    assert tone.typology_angle(marred, mask) == pytest.approx(plain, abs=3)


def test_where_there_is_no_plain_skin_nothing_is_said():
    pixels = painted(68, 17)
    assert np.isnan(tone.typology_angle(pixels, np.ones(pixels.shape[:2], bool)))
    assert np.isnan(tone.typology_angle(painted(68, -10), np.zeros((96, 96), bool)))
    assert tone.kind(float("nan")) == "unknown"


def test_tones_are_told_apart_and_masks_counted(skin):
    angle, drawn = tone.angles(skin)
    assert drawn == len(skin)
    light, dark = angle[1::3], angle[2::3]
    assert np.nanmin(light) > np.nanmax(dark)
