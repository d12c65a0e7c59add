"""What a teacher says of the pixels that its student sees."""

import numpy as np
import pytest

from util.modelstore.card import MetadataEncoding
from util.training.configuration import configuration
from util.training.data_root import DataError
from util.training.distillation import Member, Teacher, assumed_mix, teacher_of

PIXELS = np.full((2, 8, 8, 3), 100.0, np.float32)


class Said:
    """A network that gives these probabilities and keeps what it was asked."""

    def __init__(self, *chances):
        self.chances = np.array(chances)
        self.asked = None

    def predict_on_batch(self, given):
        self.asked = given
        return self.chances


def member(network, side=8, temperature=1.0, mix=None, metadata=None):
    return Member(network, side, 1.0, 0.0, metadata, temperature, mix)


def test_several_teachers_are_averaged_and_softened():
    one, other = Said([0.9, 0.1], [0.2, 0.8]), Said([0.7, 0.3], [0.4, 0.6])
    teacher = Teacher((member(one), member(other)), None, 2.0, np.zeros(2))
    mean = np.array([[0.8, 0.2], [0.3, 0.7]]) ** 0.5
    assert teacher.softened(PIXELS) == pytest.approx(mean / mean.sum(1, keepdims=True))


def test_a_temperature_of_a_card_calibrates_before_the_mean():
    teacher = Teacher((member(Said([0.9, 0.1], [0.5, 0.5]), temperature=2.0),), None, 1.0, np.zeros(2))
    assert teacher.softened(PIXELS)[0, 0] == pytest.approx(3 / 4)


def test_an_answer_for_one_mix_of_classes_is_moved_to_the_students():
    natural = np.log([0.9, 0.1])
    teacher = Teacher((member(Said([0.9, 0.1], [0.9, 0.1]), mix=natural),), None, 1.0, np.zeros(2))
    assert teacher.softened(PIXELS)[0] == pytest.approx([0.5, 0.5])
    prior = np.array([0.9, 0.1])
    assert assumed_mix(configuration("skin"), prior).tolist() == [0, 0]
    plain = configuration("chest", sampling_power=0.0)
    assert assumed_mix(plain, prior) == pytest.approx(natural)
    weighted = configuration("chest", sampling_power=0.0, class_weights=True)
    assert np.ptp(assumed_mix(weighted, prior)) == pytest.approx(0)


def test_one_unit_stands_beside_the_target():
    teacher = Teacher((member(Said([0.25], [0.5])),), None, 1.0, np.zeros(2))
    beside = teacher.beside(PIXELS, np.array([[1.0], [0.0]], np.float32))
    assert beside == pytest.approx(np.array([[1, 0.25], [0, 0.5]]))


def test_a_larger_teacher_gets_larger_pixels_and_only_metadata_that_it_reads_alike():
    encoding = MetadataEncoding(50.0, 10.0, ("female", "male"), ("face",))
    other = MetadataEncoding(40.0, 10.0, ("female", "male"), ("face",))
    rows = np.ones((2, encoding.width), np.float32)
    for known, expected in ((encoding, 1), (other, 0)):
        network = Said([0.5, 0.5], [0.5, 0.5])
        teacher = Teacher((member(network, side=16, metadata=known),), encoding, 1.0, np.zeros(2))
        teacher.softened([PIXELS, rows])
        pixels, seen = network.asked
        assert pixels.shape == (2, 16, 16, 3) and pixels.max() == 100
        assert (seen == expected).all()


def test_a_folder_that_is_no_teacher_is_refused(tmp_path):
    config = configuration("chest", teacher=str(tmp_path))
    with pytest.raises(DataError, match=tmp_path.name):
        teacher_of(config, ("NORMAL", "PNEUMONIA"), np.array([0.5, 0.5]), None)
    assert teacher_of(configuration("chest"), ("NORMAL", "PNEUMONIA"), np.array([0.5, 0.5]), None) is None


def test_a_shipped_model_teaches_its_own_classes_and_no_others(model_folder):
    chest = model_folder / "chest"
    folder = chest if chest.is_dir() else next(p.parent for p in model_folder.glob("*chest*/card.yaml"))
    config = configuration("chest", teacher=str(folder), img_size=48)
    teacher = teacher_of(config, ("NORMAL", "PNEUMONIA"), np.array([0.3, 0.7]), None, say=lambda *_: None)
    said = teacher.softened(np.full((2, 48, 48, 3), 90, np.float32))
    assert said.shape == (2, 2) and said.sum(1) == pytest.approx([1, 1])
    with pytest.raises(DataError, match="NORMAL"):
        teacher_of(config, ("a", "b"), np.array([0.3, 0.7]), None, say=lambda *_: None)
