"""What a command prints and draws of an answer."""

from __future__ import annotations

import io
import sys
from typing import TextIO

from util.language import number, say

_OVERLAY_SIDE = 640  # pixels of the saved picture's longer side
_OPACITY = 0.45


def summary(diagnosis, language: str, out: TextIO) -> None:
    """The answer in the order of the page: sentence, band, classes, what the number means, warnings, model."""
    from util.report.names import label_name, marked_title, teaching_text

    card, prediction = diagnosis.card, diagnosis.prediction
    lines = [teaching_text(card, language), ""] if card.teaching else []
    lines += [diagnosis.headline.text(language), ""]
    familiar = prediction.familiar is not False
    if prediction.band and familiar:
        lines.append(say("cli.band", language, band=say(f"cli.band_{prediction.band}", language)))
    key = "cli.class_calibrated" if prediction.calibrated is not None else "cli.class_raw"
    for index in prediction.probabilities.argsort()[::-1]:
        name = label_name(card, int(index), language)
        values = {
            "p": number(float(prediction.probabilities[index]), language, 3),
            "raw": number(float(prediction.raw[index]), language, 3),
        }
        lines.append("  " + say(key, language, label=card.labels[index], name=name, **values))
    if not familiar:
        lines.append("  " + say("report.bars_unfamiliar", language))
    lines += ["", diagnosis.meaning.text(language)]
    if diagnosis.zone and familiar:
        lines.append(diagnosis.zone.text(language))
    heard = dict.fromkeys(s.text(language) for s in (*diagnosis.photograph.notices, *diagnosis.warnings))
    lines += [say("cli.warning", language, warning=text) for text in heard]
    lines.append("")
    lines += [f"  {i}. {step.sentence.text(language)}" for i, step in enumerate(diagnosis.prepared.steps, 1)]
    title = marked_title(card, language)
    lines += ["", say("cli.answered_by", language, name=card.name, title=title, sha256=card.sha256[:16])]
    lines.append(say("cli.image", language, sha256=diagnosis.photograph.sha256[:16]))
    print("\n".join(lines), file=out)


def overlay_png(diagnosis) -> bytes:
    """The model's input under its map, as the page shows it at first, PNG."""
    from PIL import Image

    from util.explanation import overlay

    colours = "inferno" if diagnosis.card.modality == "chest" else "cividis"
    drawn = Image.fromarray(overlay(diagnosis.prepared.pixels, diagnosis.explanation, _OPACITY, colours))
    factor = _OVERLAY_SIDE / max(drawn.size)
    size = tuple(max(1, round(side * factor)) for side in drawn.size)
    stream = io.BytesIO()
    drawn.resize(size, Image.Resampling.BICUBIC).save(stream, "PNG")
    return stream.getvalue()


def figure_text(figure, language: str) -> str:
    """A figure of a card with its interval, three decimals."""
    value = number(figure.value, language, 3)
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({number(figure.low, language, 3)} – {number(figure.high, language, 3)})"


def remark(key: str, language: str, **values: object) -> None:
    """One sentence on standard error, beside the answer."""
    print(say(key, language, **values), file=sys.stderr)
