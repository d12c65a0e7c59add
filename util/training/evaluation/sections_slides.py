"""The part of a breast report that redraws whole slides, the model's answer beside the labels."""

from __future__ import annotations

import base64
import io
from html import escape

from util.prediction.arithmetic import danger_probability, probabilities
from util.training.evaluation.html import paragraph
from util.training.evaluation.material import Material
from util.training.studies.slides import COMPLETE, picture


def slides(material: Material) -> str:
    """Every complete slide among the images: its tissue, what the model says of it, its labels. It never saw them."""
    said, card = material.whole.said, material.whole.card
    if card.modality != "breast" or not {"x", "y"} <= set(said.data.columns):
        return ""
    chance = danger_probability(probabilities(said.scores, card), card)
    asked = dict(zip(said.data.paths, chance.tolist(), strict=True))
    body = ""
    for slide in (slide for slide in COMPLETE if (said.data.group == slide).any()):
        stored = io.BytesIO()
        picture(said.data, asked, slide).save(stored, "jpeg", quality=90)
        source = base64.b64encode(stored.getvalue()).decode()
        name = escape(material.words("slide_of", slide=slide))
        body += (
            f'<figure class="chart"><img style="max-width:100%" src="data:image/jpeg;base64,{source}" alt="{name}">'
            f"<figcaption>{name}</figcaption></figure>"
        )
    return paragraph(material.words("note_redrawn")) + body if body else ""
