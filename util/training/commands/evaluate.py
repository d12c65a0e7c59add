"""`evaluate`: everything about a model on one part of the data, beside what its card says."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.language.sentence import LANGUAGES
from util.training.data_root import PROJECT, DataError, data_root
from util.training.kinds import check_least

HELP = "measure a model wholly on a part of the data: figures, subgroups, robustness, shortcuts, errors"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.epilog = (
        "Prints every figure beside the card's and draws a report as one HTML file. With --split test --write the "
        "figures go into the card and all else into evaluation.yaml beside it. What is chosen is chosen on "
        "--split validation."
    )
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--model-name", help="the card's name (default: the modality's default card)")
    parser.add_argument("--model-folder", type=Path, help="the folder of a card that is not in models/")
    parser.add_argument(
        "--run", type=Path, help="evaluate the network of this run folder, before it has a card"
    )
    parser.add_argument("--draws", type=int, default=1000, help="bootstrap draws by group for the intervals")
    parser.add_argument(
        "--quick", action="store_true", help="leave out corruptions, attacks and re-storage (minutes)"
    )
    parser.add_argument("--images", type=int, default=600, help="most images for corruptions and re-storage")
    parser.add_argument("--attack-images", type=int, default=96, help="most images for FGSM and PGD")
    parser.add_argument("--write", action="store_true", help="put the figures into the card (--split test)")
    parser.add_argument(
        "--output-dir",
        type=Path,
        help="where the report and the answers go (default: the run, or runs/evaluation)",
    )
    parser.add_argument("--report", type=Path, help="the HTML file (default: report.html in --output-dir)")
    parser.add_argument(
        "--history", type=Path, help="a run folder whose learning curves the report shows (default: --run)"
    )
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the report")


def run(options: argparse.Namespace) -> None:
    """Measure, write where asked, draw the report, print."""
    from util.training.evaluation import errors
    from util.training.evaluation.material import Material
    from util.training.evaluation.page import read_history, write_report
    from util.training.evaluation.printed import lines
    from util.training.evaluation.whole import examine, read_details, write, write_answers
    from util.training.tracking import record_again

    if options.write and options.split != "test":
        raise DataError("training.write_is_test", received=options.split)
    if options.write and options.run:
        raise DataError("training.write_needs_card", received=str(options.run))
    check_least(options, draws=0, images=2, attack_images=2)
    root = data_root(options.data_root)
    card = _card(options, root)
    stored = read_details(card) if options.split == "test" else None
    whole = examine(
        card,
        root,
        options.split,
        draws=options.draws,
        quick=options.quick,
        images=options.images,
        attacked=options.attack_images,
        command=_command(options, card.name),
    )
    # Written before anything is drawn: a test part is measured once, and not lost to a full disk.
    if options.write:
        write(whole)
    output = options.output_dir or options.run or PROJECT / "runs" / "evaluation" / card.name / options.split
    write_answers(whole.said, output / f"{options.split}_answers.npz")
    print("\n".join(lines(whole, stored)))
    rows, order = errors.confident_errors(card, whole.said.data, whole.said.scores)
    pictures = errors.error_pictures(card, whole.said.data, order, [row["said"] for row in rows])
    history = read_history(options.history or options.run)
    report = options.report or (output / "report").with_suffix(".html")
    write_report(Material(whole, options.language, history, pictures, options.draws), report)
    print(f"\nreport: {report}")
    if options.run:
        record_again(options.run)


def _card(options: argparse.Namespace, root: Path):
    from util.modelstore import default_card, find_card, load_card
    from util.training.dataset import read_index
    from util.training.ship import card_of_run

    if options.run:
        return card_of_run(options.run, read_index(root, options.modality))
    if options.model_folder:
        card = load_card(options.model_folder)
    else:
        card = find_card(options.model_name) if options.model_name else default_card(options.modality)
    if card.modality != options.modality:
        about = {"modality": card.modality, "expected": options.modality}
        raise DataError("studies.other_modality", received=card.name, **about)
    return card


def _command(options: argparse.Namespace, name: str) -> str:
    """The command that gives these figures again, without where its files go."""
    which = f"--run {options.run.name}" if options.run else f"--model-name {name}"
    command = (
        f"python -m util.training evaluate --modality {options.modality} {which} --split {options.split}"
    )
    command += f" --draws {options.draws}"
    if options.quick:
        return f"{command} --quick"
    return f"{command} --images {options.images} --attack-images {options.attack_images}"
