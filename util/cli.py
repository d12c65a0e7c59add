"""Floor 10: the walk without a browser: `python -m util.cli diagnose`, `explain`, `batch` and `models`."""

from __future__ import annotations

import argparse
import datetime
import io
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TextIO

from util.language import LANGUAGES, PenumbraError, number, say
from util.modelstore.card import Card
from util.modelstore.plain import is_file

MODALITIES = ("chest", "skin", "breast", "own")
_OVERLAY_SIDE = 640  # pixels of the saved picture's longer side
_OPACITY = 0.45


class UsageError(PenumbraError):
    """A command, a path or a value that cannot be used."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, or 2 with one sentence on standard error for bad input."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    for stream in (sys.stdout, sys.stderr):
        # A Windows console may have no accents; better an escape than a crash.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] if arguments is None else arguments
    language = _language(arguments)
    try:
        options = _parser(language).parse_args(arguments)
        return options.run(options)
    except PenumbraError as error:
        print(" ".join(error.sentence.text(language).split()), file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _language(arguments: Sequence[str]) -> str:
    """The language asked for, found before parsing, so that a wrong command is answered in it too."""
    given = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    given.add_argument("--language", default="en")
    try:
        known, _ = given.parse_known_args([word for word in arguments if word not in ("-h", "--help")])
    except argparse.ArgumentError:
        return "en"
    return known.language if known.language in LANGUAGES else "en"


class _Parser(argparse.ArgumentParser):
    """argparse, except that a wrong command is one sentence like any other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with what argparse says."""
        raise UsageError("cli.usage", message=message.rstrip("."), program=self.prog)


def _parser(language: str) -> argparse.ArgumentParser:
    def words(name: str) -> str:
        return say(f"cli.{name}", language).replace("%", "%%")

    parser = _Parser("python -m util.cli", description=words("about"), epilog=words("education_only"))
    commands = parser.add_subparsers(required=True, metavar="command", title=words("commands"))

    def command(name: str, run) -> argparse.ArgumentParser:
        about = words(f"about_{name}")
        added = commands.add_parser(name, help=about, description=about, epilog=words("education_only"))
        added.set_defaults(run=run)
        added.add_argument("--language", choices=LANGUAGES, default="en", help=words("help_language"))
        return added

    def answering(added: argparse.ArgumentParser) -> None:
        added.add_argument("--modality", required=True, choices=MODALITIES, help=words("help_modality"))
        added.add_argument("--model", metavar="NAME", help=words("help_model"))
        added.add_argument("--um-per-pixel", type=float, metavar="UM", help=words("help_um_per_pixel"))

    def one_image(added: argparse.ArgumentParser) -> None:
        added.add_argument("image", type=Path, metavar="IMAGE", help=words("help_image"))
        answering(added)
        added.add_argument("--age", type=float, metavar="YEARS", help=words("help_age"))
        added.add_argument("--sex", metavar="SEX", help=words("help_sex"))
        added.add_argument("--site", metavar="SITE", help=words("help_site"))

    one = command("diagnose", _diagnose)
    one_image(one)
    one.add_argument("--pdf", type=Path, metavar="FILE", help=words("help_pdf"))
    one.add_argument("--json", type=Path, metavar="FILE", help=words("help_json"))
    one.add_argument("--overlay", type=Path, metavar="FILE", help=words("help_overlay"))

    why = command("explain", _explain)
    one_image(why)
    why.add_argument("--methods", nargs="+", metavar="METHOD", help=words("help_methods"))
    why.add_argument("--target", metavar="CLASS", help=words("help_target"))
    why.add_argument("--preset", default="fast", metavar="fast|full", help=words("help_preset"))
    why.add_argument("--layer", metavar="LAYER", help=words("help_layer"))
    why.add_argument("--no-curves", action="store_true", help=words("help_no_curves"))
    why.add_argument("--pdf", type=Path, metavar="FILE", help=words("help_explain_pdf"))
    why.add_argument("--png", type=Path, metavar="FILE", help=words("help_explain_png"))
    why.add_argument("--npz", type=Path, metavar="FILE", help=words("help_explain_npz"))

    many = command("batch", _batch)
    many.add_argument("folder", type=Path, metavar="FOLDER", help=words("help_folder"))
    answering(many)
    many.add_argument("--out", type=Path, required=True, metavar="FILE", help=words("help_out"))
    many.add_argument("--metadata", type=Path, metavar="FILE", help=words("help_metadata"))

    command("models", _models)
    return parser


def _diagnose(options: argparse.Namespace) -> int:
    language = options.language
    outputs = [path for path in (options.pdf, options.json, options.overlay) if path]
    _check_outputs(outputs, options.image)
    data = _bytes_of(options.image)
    card = _card(options.model, options.modality)
    metadata = _metadata(options, card)

    from util.diagnosis import diagnose

    diagnosis = diagnose(
        data, options.modality, metadata=metadata, um_per_pixel=options.um_per_pixel, model=card.name
    )
    _summary(diagnosis, language, sys.stdout)
    if options.pdf:
        from util.report import pdf

        _write(options.pdf, pdf(diagnosis, language, datetime.date.today()), language)
    if options.json:
        from util.report import as_json

        _write(options.json, (as_json(diagnosis, language) + "\n").encode(), language)
    if options.overlay:
        _write(options.overlay, _overlay_png(diagnosis), language)
    print(say("cli.education_only", language))
    return 0


def _explain(options: argparse.Namespace) -> int:
    language, day = options.language, datetime.date.today()
    _check_outputs([path for path in (options.pdf, options.png, options.npz) if path], options.image)
    data = _bytes_of(options.image)
    card = _card(options.model, options.modality)
    metadata = _metadata(options, card)

    from util import comparison
    from util.comparison.lines import asked_of, cell_lines, name_of
    from util.diagnosis import diagnose, index_of
    from util.explanation import FIRST

    diagnosis = diagnose(
        data, options.modality, metadata=metadata, um_per_pixel=options.um_per_pixel, model=card.name
    )
    pieces = comparison.compare(
        diagnosis,
        tuple(options.methods or FIRST),
        index_of(diagnosis, options.target),
        preset=options.preset,
        layer=options.layer,
        curves=not options.no_curves,
    )
    print(diagnosis.headline.text(language))
    heard = 0
    for found in pieces:
        if len(found.findings) > heard:
            heard = len(found.findings)
            _remark("cli.explained", language, name=name_of(list(found.findings)[-1], language))
    print(asked_of(found).text(language))
    for name, finding in found.findings.items():
        print(f"  {name_of(name, language)}: {', '.join(cell_lines(finding, language))}")
        for remark in finding.remarks:
            print("    " + remark.text(language))
    if found.agreement is not None:
        print(say("cli.agreement", language, value=found.agreement.mean()))
    composite = found.composite
    said = [found.uncertain]
    if composite is not None:
        said = [composite.alert, composite.formula, composite.limit, *composite.worth]
    for sentence in filter(None, said):
        print(sentence.text(language))
    for path, make in ((options.pdf, comparison.comparison_pdf), (options.png, comparison.comparison_png)):
        if path:
            _write(path, make(found, language, day), language)
    if options.npz:
        _write(options.npz, comparison.comparison_npz(found, day), language)
    print(say("cli.education_only", language))
    return 0


def _batch(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from util import batch
    from util.modelstore import open_network

    language = options.language
    tables = [options.metadata] if options.metadata else []
    _check_outputs([options.out], *tables)
    _check_not_read(options.out, options.folder)
    items = batch.items_in(options.folder, leave_out=[options.out, *tables])
    card = _card(options.model, options.modality)
    if options.metadata:
        if not is_file(options.metadata):
            raise UsageError("cli.no_file", received=str(options.metadata))
        items, strangers = batch.with_metadata(items, batch.read_metadata(options.metadata))
        if strangers:
            _remark("cli.strangers", language, count=len(strangers), first=strangers[0])
        if card.metadata is None:
            _remark("cli.no_metadata", language, model=card.name)
    elif card.metadata is not None:
        _remark("cli.metadata_possible", language)
    if card.calibration is None:
        _remark("cli.uncalibrated", language, model=card.name)
    if card.teaching:
        _remark("cli.teaching", language, model=card.name)
    counts = {"answered": 0, "refused": 0}
    table = batch.rows(open_network(card), items, um_per_pixel=options.um_per_pixel)

    def counted():
        label = say("cli.progress", language)
        for row in tqdm(table, label, len(items), unit="", dynamic_ncols=True, file=sys.stderr):
            counts["refused" if row.top is None else "answered"] += 1
            yield row

    # A run that is stopped half-way must not look like a whole one: the name is given at the end. The name until then
    # is nobody else's, and short, since that of the table may be as long as names may be.
    part = options.out.with_name(f".penumbra-{secrets.token_hex(8)}.part")
    try:
        with part.open("x", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            batch.write_csv(counted(), card, stream, language)
        part.replace(options.out)
    except OSError as cause:
        raise UsageError("cli.unwritable", received=str(options.out)) from cause
    finally:
        part.unlink(missing_ok=True)
    print(say("cli.batch_done", language, file=str(options.out), model=card.name, **counts))
    print(say("cli.education_only", language))
    return 0


def _models(options: argparse.Namespace) -> int:
    from util.modelstore import broken_cards, cards

    language = options.language
    for card in cards():
        key = "cli.model_default" if card.default else "cli.model"
        title = card.title.get(language, card.name)
        title = say("report.marked", language, title=title) if card.teaching else title
        print(say(key, language, name=card.name, modality=card.modality, title=title))
        if card.test:
            for name, figure in card.test.figures.items():
                print(f"    {name} {_figure(figure, language)}")
            tested = {"images": card.test.images, "groups": card.test.groups}
            print("    " + say("cli.tested_on", language, data=card.test.data, part=card.test.part, **tested))
    if not cards():
        _remark("cli.no_models", language)
    for error in broken_cards():
        print(error.sentence.text(language), file=sys.stderr)
    return 0


def _figure(figure, language: str) -> str:
    value = number(figure.value, language, 3)
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({number(figure.low, language, 3)} – {number(figure.high, language, 3)})"


def _card(name: str | None, modality: str) -> Card:
    """The card called `name`, which must be of `modality`; the default one of `modality` without a name."""
    from util.modelstore import default_card, find_card

    if name is None:
        return default_card(modality)
    card = find_card(name)
    if card.modality != modality:
        raise UsageError("cli.other_modality", model=name, expected=modality, received=card.modality)
    return card


def _metadata(options: argparse.Namespace, card: Card):
    from util.prediction import Metadata, encode

    sex, site = (value.strip().lower() if value else None for value in (options.sex, options.site))
    metadata = Metadata(options.age, sex, site)
    if card.metadata is not None:
        encode(metadata, card.metadata)  # a wrong value is said before any network is loaded
    elif metadata != Metadata():
        _remark("cli.no_metadata", options.language, model=card.name)
    return metadata


def _bytes_of(image: Path) -> bytes:
    from util.batch import read_image

    if not is_file(image):
        raise UsageError("cli.no_file", received=str(image))
    try:
        return read_image(image)
    except OSError as cause:
        raise UsageError("cli.unreadable", received=str(image)) from cause


def _check_outputs(outputs: Sequence[Path], *inputs: Path) -> None:
    """UsageError for an output that could not be written, or that would overwrite an input or another output."""
    taken = [os.path.realpath(path) for path in inputs]
    for path in outputs:
        if os.path.realpath(path) in taken:
            raise UsageError("cli.same_file", received=str(path))
        taken.append(os.path.realpath(path))
        folder = path.parent
        good = os.path.isdir(folder) and os.access(folder, os.W_OK) and not os.path.isdir(path)
        if not good or not _can_be_named(path):
            raise UsageError("cli.unwritable", received=str(path))


def _can_be_named(path: Path) -> bool:
    """Whether the system takes `path` for one of a file, there or not: no name too long, no link to itself."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _check_not_read(out: Path, folder: Path) -> None:
    """UsageError for a table that would replace one of the files it is about; an older table it may replace."""
    from util.batch import is_table

    inside = Path(os.path.realpath(folder)) in Path(os.path.realpath(out)).parents
    try:
        if inside and is_file(out) and not is_table(out):
            raise UsageError("cli.same_file", received=str(out))
    except OSError as cause:
        raise UsageError("cli.unreadable", received=str(out)) from cause


def _write(path: Path, data: bytes, language: str) -> None:
    try:
        path.write_bytes(data)
    except OSError as cause:
        raise UsageError("cli.unwritable", received=str(path)) from cause
    print(say("cli.written", language, file=str(path)))


def _overlay_png(diagnosis) -> bytes:
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


def _summary(diagnosis, language: str, out: TextIO) -> None:
    """The answer in the order of the page: sentence, band, classes, what the number means, warnings, model."""
    from util.report.names import label_name, marked_title, teaching_text

    card, prediction = diagnosis.card, diagnosis.prediction
    lines = [teaching_text(card, language), ""] if card.teaching else []
    lines += [diagnosis.headline.text(language), ""]
    if prediction.band:
        lines.append(say("cli.band", language, band=say(f"cli.band_{prediction.band}", language)))
    key = "cli.class_calibrated" if prediction.calibrated is not None else "cli.class_raw"
    for index in prediction.probabilities.argsort()[::-1]:
        name = label_name(card, int(index), language)
        values = {
            "p": number(float(prediction.probabilities[index]), language, 3),
            "raw": number(float(prediction.raw[index]), language, 3),
        }
        lines.append("  " + say(key, language, label=card.labels[index], name=name, **values))
    lines += ["", diagnosis.meaning.text(language)]
    if diagnosis.zone:
        lines.append(diagnosis.zone.text(language))
    heard = dict.fromkeys(s.text(language) for s in (*diagnosis.photograph.notices, *diagnosis.warnings))
    lines += [say("cli.warning", language, warning=text) for text in heard]
    lines.append("")
    lines += [f"  {i}. {step.sentence.text(language)}" for i, step in enumerate(diagnosis.prepared.steps, 1)]
    title = marked_title(card, language)
    lines += ["", say("cli.answered_by", language, name=card.name, title=title, sha256=card.sha256[:16])]
    lines.append(say("cli.image", language, sha256=diagnosis.photograph.sha256[:16]))
    print("\n".join(lines), file=out)


def _remark(key: str, language: str, **values: object) -> None:
    print(say(key, language, **values), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
