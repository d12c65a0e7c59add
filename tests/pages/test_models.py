import shutil

from tests.pages.conftest import enter, texts
from util.language import say
from util.modelstore.store import broken_cards, cards


def models(language: str):
    return enter(language).switch_page("pages/models.py").run()


def test_every_card_is_drawn_with_its_figures_limits_terms_and_hash(answers, tongue):
    app = models(tongue)
    assert not app.exception
    read = texts(app)
    shelf = cards()
    assert len(shelf) == 3
    assert [title.value for title in app.subheader] == [card.title[tongue] for card in shelf]
    for card in shelf:
        assert card.population[tongue] in read
        assert card.limits[0][tongue] in read
        assert card.licence[tongue] in read
        assert card.sha256 in read
    assert read.count(say("interface.interval", tongue, value=0.91, low=0.88, high=0.94)) == 3


def test_a_broken_card_is_reported_and_the_others_still_stand(
    answers, tongue, model_folder, tmp_path, monkeypatch
):
    folder = tmp_path / "models"
    shutil.copytree(model_folder, folder)
    (folder / "skin-test" / "card.yaml").write_text("name: [unfinished", "utf-8")
    monkeypatch.setenv("PENUMBRA_MODELS", str(folder))
    app = models(tongue)
    assert not app.exception
    (error,) = broken_cards()
    assert error.sentence.text(tongue) in texts(app)
    assert len(app.subheader) == 3  # two cards and the heading of the broken one


def test_an_empty_shelf_says_what_to_do(answers, tongue, tmp_path, monkeypatch):
    monkeypatch.setenv("PENUMBRA_MODELS", str(tmp_path))
    app = models(tongue)
    assert not app.exception
    assert say("pages.models_none", tongue) in texts(app)
