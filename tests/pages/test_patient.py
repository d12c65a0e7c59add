"""Age, sex and site belong to the image beside which they stand, and to no other."""

import pytest

from tests.pages.conftest import enter, picture, settled, straight_to, upload
from util.prediction import Metadata
from util.samples import samples


def test_metadata_of_skin_reaches_the_walk_each_part_alone(answers):
    app = upload(enter("en", modality="skin"), picture())
    assert answers[-1][2]["metadata"] == Metadata()
    app.number_input(key="age").set_value(54).run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, None, None)
    app.selectbox(key="site").select("head/neck").run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, None, "head/neck")
    app.selectbox(key="sex").select("female").run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, "female", "head/neck")


def test_a_drawn_lesion_brings_its_own_metadata(answers):
    app = enter("fr", modality="skin")
    app.button_group(key="sample").select("melanoma").run()
    sample = next(sample for sample in samples("skin") if sample.key == "melanoma")
    assert answers[-1][2]["metadata"] == sample.metadata
    # A sample that is let go takes its patient with it, also before the next file comes.
    app.button_group(key="sample").set_value(None).run()
    assert app.number_input(key="age").value is None
    assert upload(app, picture()) and answers[-1][2]["metadata"] == Metadata()


@pytest.mark.parametrize("page", ["diagnose", "compare"])
def test_no_image_inherits_the_patient_of_the_one_before(answers, compares, page):
    app = straight_to(page, "fr", modality="skin")
    app.button_group(key="sample").select("melanoma").run()
    sample = next(sample for sample in samples("skin") if sample.key == "melanoma")
    assert answers[-1][2]["metadata"] == sample.metadata
    app = upload(app, picture())
    assert answers[-1][:1] == (picture(),) and answers[-1][2]["metadata"] == Metadata()
    app.number_input(key="age").set_value(54).run()
    assert answers[-1][2]["metadata"] == Metadata(54.0, None, None)
    app = upload(app, picture(65), "another.png")
    assert answers[-1][:1] == (picture(65),) and answers[-1][2]["metadata"] == Metadata()
    if page == "compare":
        settled(app)


def test_what_was_typed_for_a_file_stays_with_it_and_may_come_before_it(answers):
    app = enter("en", modality="skin")
    app.number_input(key="age").set_value(54).run()
    app = upload(app, picture())
    assert answers[-1][2]["metadata"] == Metadata(54.0, None, None)
    app.button_group(key="language").select("fr").run()
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/diagnose.py").run()
    app.button_group(key="modality").select("chest").run()
    app = upload(app, picture(65), "film.png")
    app.button_group(key="sample").select("lobar").run()
    app.button_group(key="modality").select("skin").run()
    assert app.number_input(key="age").value == 54
    app.button_group(key="sample").select("naevus").run()
    app.button_group(key="modality").select("chest").run()
    app.button_group(key="modality").select("skin").run()
    assert app.number_input(key="age").value is None
