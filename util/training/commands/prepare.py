"""`prepare`: one indexed data set from a folder or a download, checked."""

from __future__ import annotations

import argparse
from pathlib import Path

from util.language import LANGUAGES, say
from util.training.data_root import DataError

HELP = "index a folder of images: folds without leaks, duplicates and unreadable files found"


def add(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    from util.training.data.layouts import LAYOUTS

    parser.add_argument("--source", type=Path, help="the folder as it was downloaded, or class folders")
    parser.add_argument(
        "--download", action="store_true", help="fetch the published data set with kagglehub and your account"
    )
    parser.add_argument(
        "--output", type=Path, required=True, help="the folder of the index (then --data-root of fit)"
    )
    parser.add_argument("--layout", choices=LAYOUTS, help="default: recognised by itself")
    parser.add_argument(
        "--group-pattern",
        metavar="REGEX",
        help="what in a file's name says which images belong together, e.g. '^(\\w+?)_'; default: the layout's "
        "patients, lesions or slides, else every image for itself; near-duplicates are one group in any case",
    )
    parser.add_argument("--copy", action="store_true", help="copy the images beside the index")
    parser.add_argument("--num-workers", type=int, default=2, help="threads that read images")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of what is said")


def run(options: argparse.Namespace) -> None:
    """Write the index with its checks, and print what they found."""
    from tqdm import tqdm

    from util.training.data.building import CHECKS, INDEX, build
    from util.training.data.checks import report_lines
    from util.training.data.download import download

    if (options.source is None) != options.download:
        raise DataError("training.source_or_download")
    source = download(options.modality) if options.download else options.source
    report = build(
        options.modality,
        source,
        options.output,
        layout=options.layout,
        pattern=options.group_pattern,
        copy=options.copy,
        workers=options.num_workers,
        language=options.language,
        progress=lambda rows, total: tqdm(rows, "read", total, unit=" images"),
    )
    print("\n".join(report_lines(report, options.language)))
    written = {"index": options.output / INDEX, "checks": options.output / CHECKS}
    print(say("preparing.written", options.language, **written))
