"""What each command does; each takes the parsed options and gives the exit status."""

from __future__ import annotations

import argparse
import datetime
import secrets
import sys

from util.cli.files import UsageError, bytes_of, check_not_read, check_outputs, write
from util.cli.printing import figure_text, overlay_png, remark, summary
from util.language import say
from util.modelstore.card import Card
from util.modelstore.plain import is_file


def diagnose(options: argparse.Namespace) -> int:
    """Answer one image, and write what was asked for."""
    language = options.language
    outputs = [path for path in (options.pdf, options.json, options.overlay) if path]
    check_outputs(outputs, options.image)
    data = bytes_of(options.image)
    card = _card(options.model, options.modality)
    metadata = _metadata(options, card)

    from util.diagnosis import diagnose

    diagnosis = diagnose(
        data, options.modality, metadata=metadata, um_per_pixel=options.um_per_pixel, model=card.name
    )
    summary(diagnosis, language, sys.stdout)
    if options.pdf:
        from util.report import pdf

        write(options.pdf, pdf(diagnosis, language, datetime.date.today()), language)
    if options.json:
        from util.report import as_json

        write(options.json, (as_json(diagnosis, language) + "\n").encode(), language)
    if options.overlay:
        write(options.overlay, overlay_png(diagnosis), language)
    print(say("cli.education_only", language))
    return 0


def explain(options: argparse.Namespace) -> int:
    """Explain one answer by several methods, with their agreement and their curves."""
    language, day = options.language, datetime.date.today()
    check_outputs([path for path in (options.pdf, options.png, options.npz) if path], options.image)
    data = bytes_of(options.image)
    card = _card(options.model, options.modality)
    metadata = _metadata(options, card)

    from util import comparison
    from util.comparison.lines import asked_of, cell_lines, familiar, has_room, name_of
    from util.diagnosis import diagnose, index_of
    from util.explanation import FIRST
    from util.report.names import teaching_text

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
    if card.teaching:
        print(teaching_text(card, language))
    print(diagnosis.headline.text(language))
    heard = 0
    for found in pieces:
        if len(found.findings) > heard:
            heard = len(found.findings)
            remark("cli.explained", language, name=name_of(list(found.findings)[-1], language))
    print(asked_of(found).text(language))
    for name, finding in found.findings.items():
        lines = cell_lines(finding, language, has_room(found), familiar(found))
        print(f"  {name_of(name, language)}: {', '.join(lines)}")
        for note in finding.remarks:
            print("    " + note.text(language))
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
            write(path, make(found, language, day), language)
    if options.npz:
        write(options.npz, comparison.comparison_npz(found, day), language)
    print(say("cli.education_only", language))
    return 0


def batch(options: argparse.Namespace) -> int:
    """Answer every image of a folder into one table."""
    from tqdm import tqdm

    from util.batch import items_in, read_metadata, rows, with_metadata, write_csv
    from util.modelstore import open_network

    language = options.language
    tables = [options.metadata] if options.metadata else []
    check_outputs([options.out], *tables)
    check_not_read(options.out, options.folder)
    items = items_in(options.folder, leave_out=[options.out, *tables])
    card = _card(options.model, options.modality)
    if options.metadata:
        if not is_file(options.metadata):
            raise UsageError("cli.no_file", received=str(options.metadata))
        items, strangers = with_metadata(items, read_metadata(options.metadata))
        if strangers:
            remark("cli.strangers", language, count=len(strangers), first=strangers[0])
        if card.metadata is None:
            remark("cli.no_metadata", language, model=card.name)
    elif card.metadata is not None:
        remark("cli.metadata_possible", language)
    if card.calibration is None:
        remark("cli.uncalibrated", language, model=card.name)
    if card.teaching:
        remark("cli.teaching", language, model=card.name)
    counts = {"answered": 0, "refused": 0}
    table = rows(open_network(card), items, um_per_pixel=options.um_per_pixel)

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
            write_csv(counted(), card, stream, language)
        part.replace(options.out)
    except OSError as cause:
        raise UsageError("cli.unwritable", received=str(options.out)) from cause
    finally:
        part.unlink(missing_ok=True)
    print(say("cli.batch_done", language, file=str(options.out), model=card.name, **counts))
    print(say("cli.education_only", language))
    return 0


def models(options: argparse.Namespace) -> int:
    """List the models with their test figures."""
    from util.modelstore import broken_cards, cards

    language = options.language
    for card in cards():
        key = "cli.model_default" if card.default else "cli.model"
        title = card.title.get(language, card.name)
        title = say("report.marked", language, title=title) if card.teaching else title
        print(say(key, language, name=card.name, modality=card.modality, title=title))
        if card.test:
            for name, figure in card.test.figures.items():
                print(f"    {name} {figure_text(figure, language)}")
            tested = {"images": card.test.images, "groups": card.test.groups}
            print("    " + say("cli.tested_on", language, data=card.test.data, part=card.test.part, **tested))
    if not cards():
        remark("cli.no_models", language)
    for error in broken_cards():
        print(error.sentence.text(language), file=sys.stderr)
    return 0


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
    from util.prediction.metadata import check_age

    sex, site = (value.strip().lower() if value else None for value in (options.sex, options.site))
    metadata = Metadata(options.age, sex, site)
    if options.age is not None:
        check_age(options.age)  # a card may speak of ages without using them
    if card.metadata is not None:
        encode(metadata, card.metadata)  # a wrong value is said before any network is loaded
    elif metadata != Metadata():
        remark("cli.no_metadata", options.language, model=card.name)
    return metadata
