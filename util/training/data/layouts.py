"""The folders in which these data sets are published, recognised by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from util.language import Sentence
from util.modelstore.plain import cut
from util.training.data.folders import folder_images, images_in, natural, split_folders, sub_folders
from util.training.data_root import DataError
from util.training.reading import read_rows

_DEPTH = 2  # archives often hold their folder once more inside itself


@dataclass(frozen=True)
class Row:
    """One image as it was found: `part` "test", "validation", "train" or "" where the data came undivided."""

    path: Path
    label: str
    group: str
    part: str = ""
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a layout holds; `notes` are what a person should know of how it was read."""

    layout: str
    labels: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[Sentence, ...] = ()


def recognise(source: Path, modality: str, layout: str | None = None, pattern: str | None = None) -> Found:
    """The rows of `source`, by the layout named or by the first that fits `modality` there or up to two folders below.

    `pattern` is a regular expression for the group in a file's name, for class folders. Raises DataError where no
    layout fits, with the reason where class folders almost do.
    """
    tried = [layout] if layout else [name for name, kinds in _KINDS.items() if modality in kinds]
    for name in tried:
        for folder in _candidates(source) if name != "class-folders" else [_innermost(source)]:
            if found := _READERS[name](folder):
                return found if pattern is None else _grouped(found, pattern)
    raise DataError("training.no_layout", folder=str(source), layouts=", ".join(tried))


def chest_patient(name: str) -> tuple[str, str] | None:
    """(patient, subtype) told by the name of a file of Kermany's chest films, None where it is no such name.

    The two subtypes number their patients separately: `person1_bacteria` and `person1_virus` are two children.
    """
    if sick := re.match(r"(person\d+)_(bacteria|virus)_", name):
        return f"{sick[1]}_{sick[2]}", sick[2]
    if well := re.match(r"((?:NORMAL\d+-)?IM-\d+)-", name):
        return well[1], "normal"
    return None


def _candidates(source: Path) -> list[Path]:
    """`source` and the folders in it, nearest first."""
    found, level = [source], [source]
    for _ in range(_DEPTH):
        # A folder of hundreds of folders is data, not an archive's outer folder.
        level = [sub for folder in level for sub in (sub_folders(folder) if _few(folder) else [])]
        found += level
    return found


def _innermost(folder: Path) -> Path:
    """Down through folders that hold one folder and nothing else, as archives make them."""
    while len(inside := sub_folders(folder)) == 1 and not images_in(folder) and sub_folders(inside[0]):
        folder = inside[0]
    return folder


def _few(folder: Path) -> bool:
    return len(sub_folders(folder)) <= 30


def _chest(folder: Path) -> Found | None:
    """`train`, `val`, `test`, each with `NORMAL` and `PNEUMONIA` (Kaggle's chest_xray)."""
    classes = ("NORMAL", "PNEUMONIA")
    split = split_folders(folder)
    if not split or "test" not in split:
        return None
    if any([sub.name for sub in sub_folders(part)] != list(classes) for part in split.values()):
        return None
    rows, strange = [], 0
    for part, path, label in folder_images(folder):
        patient, subtype = chest_patient(path.name) or (path.stem, "")
        strange += not subtype
        # Of 16 films, the official validation part can choose nothing: it is divided anew with the training part.
        part = "test" if part == "test" else "train"
        rows.append(Row(path, label, patient, part, {"split": part, "subtype": subtype, "patient": patient}))
    notes = (Sentence.of("preparing.note_no_patient", count=strange),) if strange else ()
    return Found("kaggle-chest", classes, tuple(rows), notes)


_ISIC = ("AK", "BCC", "BKL", "DF", "MEL", "NV", "SCC", "VASC")


def _isic(folder: Path) -> Found | None:
    """ISIC 2019: `ISIC_2019_Training_GroundTruth.csv`, `..._Metadata.csv`, images in `ISIC_2019_Training_Input`."""
    truth = folder / "ISIC_2019_Training_GroundTruth.csv"
    if not truth.is_file():
        return None
    known = {row["image"]: row for row in _table(folder / "ISIC_2019_Training_Metadata.csv", "image")}
    rows = []
    for row in _table(truth, "image", *_ISIC):
        label = max((*_ISIC, "UNK"), key=lambda name: _share(row, name))
        about = known.get(row["image"], {})
        site = about.get("anatom_site_general") or ""
        extra = {"image": row["image"], "age": about.get("age_approx") or "", "sex": about.get("sex") or ""}
        extra |= {"site": site, "site_detail": site}
        rows.append((row["image"], label, about.get("lesion_id") or row["image"], extra))
    return _with_files("isic-2019", folder, _ISIC, rows)


# HAM10000's places on the body as ISIC's general sites; "trunk" does not tell the side.
_SITES = {
    "abdomen": "anterior torso", "chest": "anterior torso", "back": "posterior torso", "ear": "head/neck",
    "face": "head/neck", "neck": "head/neck", "scalp": "head/neck", "foot": "lower extremity",
    "lower extremity": "lower extremity", "hand": "upper extremity", "upper extremity": "upper extremity",
    "acral": "palms/soles", "genital": "oral/genital",
}  # fmt: skip
_DX = {"akiec": "AK", "bcc": "BCC", "bkl": "BKL", "df": "DF", "mel": "MEL", "nv": "NV", "vasc": "VASC"}


def _ham(folder: Path) -> Found | None:
    """HAM10000: `HAM10000_metadata.csv`, images in `HAM10000_images_part_1` and `_part_2`."""
    table = folder / "HAM10000_metadata.csv"
    if not table.is_file():
        return None
    rows = []
    for row in _table(table, "image_id", "lesion_id", "dx", "age", "sex", "localization"):
        if row["dx"] not in _DX:
            raise DataError("training.unknown_label", received=cut(row["dx"]), known=", ".join(_DX))
        place = "" if row["localization"] == "unknown" else row["localization"]
        sex = "" if row["sex"] == "unknown" else row["sex"]
        extra = {"image": row["image_id"], "age": row["age"], "sex": sex, "site": _SITES.get(place, "")}
        rows.append((row["image_id"], _DX[row["dx"]], row["lesion_id"], extra | {"site_detail": place}))
    note = Sentence.of("preparing.note_akiec")
    return _with_files("ham10000", folder, tuple(_DX.values()), rows, note)


def _idc(folder: Path) -> Found | None:
    """IDC patches: `<slide>/<class>/<slide>_idx5_x<X>_y<Y>_class<C>.png`."""
    name = re.compile(r"(\w+?)_idx\d+_x(\d+)_y(\d+)_class([01])\.\w+")
    slides = [sub for sub in sub_folders(folder) if (sub / "0").is_dir() or (sub / "1").is_dir()]
    rows = []
    for slide in slides:
        for path in (p for label in ("0", "1") if (slide / label).is_dir() for p in images_in(slide / label)):
            if (told := name.fullmatch(path.name)) and told[1] == slide.name:
                extra = {"slide": told[1], "x": told[2], "y": told[3]}
                rows.append(Row(path, told[4], told[1], "", extra))
    return Found("idc", ("0", "1"), tuple(rows)) if rows else None


def _folders(folder: Path) -> Found | None:
    """One sub-folder a class, or train, validation and test folders of these."""
    found = folder_images(folder)
    if not found:
        return None
    labels = tuple(dict.fromkeys(label for _, _, label in found))
    rows = [
        Row(path, label, path.relative_to(folder).as_posix(), part, {"split": part} if part else {})
        for part, path, label in found
    ]
    return Found("class-folders", labels, tuple(rows))


def _grouped(found: Found, pattern: str) -> Found:
    """`found` with groups told by `pattern` in the file names: its first bracket, or all of what it matches."""
    try:
        told = re.compile(pattern)
    except re.error as cause:
        raise DataError("training.bad_pattern", received=pattern, reason=str(cause)) from None
    rows = []
    for row in found.rows:
        match = told.search(row.path.name)
        group = match and (match[1] if told.groups else match[0])
        if not group:
            raise DataError("training.no_match", pattern=pattern, received=row.path.name)
        rows.append(Row(row.path, row.label, group, row.part, row.extra))
    return Found(found.layout, found.labels, tuple(rows), found.notes)


def _share(row: dict[str, str], name: str) -> float:
    try:
        return float(row.get(name) or 0)
    except ValueError:
        raise DataError("training.no_number", column=name, received=cut(row[name])) from None


def _table(file: Path, *columns: str) -> list[dict[str, str]]:
    """The rows of a CSV table; DataError where it or a column is missing."""
    if not file.is_file():
        raise DataError("training.no_table", received=str(file))
    rows = read_rows(file)
    if missing := set(columns) - set(rows[0] if rows else ()):
        raise DataError("training.missing_column", column=", ".join(sorted(missing)), file=str(file))
    return rows


def _with_files(layout: str, folder: Path, labels: tuple[str, ...], rows: list, *notes: Sentence) -> Found:
    """Rows (image, label, group, extra) of a table with the files of these names anywhere below `folder`."""
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*"), key=lambda path: (len(path.parts), natural(str(path)))):
        if path.suffix.lower() in (".jpg", ".jpeg", ".png"):
            files.setdefault(path.stem, path)
    kept = [
        Row(files[i], label, g, "", extra) for i, label, g, extra in rows if i in files and label in labels
    ]
    absent = [image for image, *_ in rows if image not in files]
    if not kept:
        raise DataError("training.missing_image", received=f"{rows[0][0]}.jpg" if rows else str(folder))
    found = list(notes)
    if absent:
        found.append(Sentence.of("preparing.note_absent", count=len(absent), first=absent[0]))
    if unnamed := sum(label not in labels for _, label, *_ in rows):
        found.append(Sentence.of("preparing.note_no_class", count=unnamed))
    present = {row.label for row in kept}
    return Found(layout, tuple(label for label in labels if label in present), tuple(kept), tuple(found))


_READERS: dict[str, Callable[[Path], Found | None]] = {
    "kaggle-chest": _chest,
    "isic-2019": _isic,
    "ham10000": _ham,
    "idc": _idc,
    "class-folders": _folders,
}
# A layout with an index is read by `dataset.read_index` and has no reader here.
INDEXED = "indexed"
LAYOUTS = (INDEXED, *_READERS)
_KINDS: dict[str, Sequence[str]] = {
    "kaggle-chest": ("chest",),
    "isic-2019": ("skin",),
    "ham10000": ("skin",),
    "idc": ("breast",),
    "class-folders": ("own", "chest", "skin", "breast"),
}
