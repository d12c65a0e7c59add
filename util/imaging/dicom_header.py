"""What a DICOM object says of its pixels, and the few facts about it that may be known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from util.imaging.dicom_elements import Elements
from util.imaging.refusals import damaged

_GROUPS = (0x52009229, 0x52009230)
# Where enhanced objects keep what classic ones keep at the top level.
_HOMES = {0x00281050: 0x00289132, 0x00281051: 0x00289132, 0x00281056: 0x00289132,
          0x00281052: 0x00289145, 0x00281053: 0x00289145, 0x00280030: 0x00289110}  # fmt: skip
_MODALITIES = frozenset(
    "CR DX DR MG CT MR US PT NM XA RF RG IO PX XC GM SM ES OP OT HC TG BMD OCT DERM DMS VL OPT".split()
)
_VIEWS = frozenset("PA AP LL RL LLD RLD RLO LLO LATERAL LAT OBL AXIAL CC MLO ML LM RAO LAO RPO LPO".split())
_PARTS = frozenset(
    "ABDOMEN ABDOMENPELVIS ANKLE ARM AXILLA BACK BREAST BRONCHUS BUTTOCK CAROTID CERVIX CHEEK CHEST "
    "CHESTABDOMEN CLAVICLE COCCYX COLON CSPINE EAR ELBOW ESOPHAGUS EXTREMITY EYE EYELID FACE FINGER FOOT HAND "
    "HEAD HEADNECK HEART HIP HUMERUS JAW KIDNEY KNEE LARYNX LEG LIVER LSPINE LUNG MAXILLA MOUTH NECK NOSE "
    "ORBIT PANCREAS PELVIS PORT PROSTATE RIB SCALP SCAPULA SHOULDER SKIN SKULL SPINE SSPINE STERNUM "
    "STOMACH THIGH THORAX THUMB THYROID TOE TRACHEA TSPINE TRUNK UTERUS WHOLEBODY WRIST".split()
)
_YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}


@dataclass(frozen=True)
class Header:
    """Shape and coding of the pixels: whole numbers as the file gives them."""

    rows: int
    columns: int
    samples: int
    frames: int
    photometric: str
    allocated: int
    stored: int
    high: int
    signed: bool
    planar: bool


class Values:
    """Typed access to the allow-listed elements; nothing here keeps or returns other text."""

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self.order = "<" if elements.little else ">"

    def raw(self, *path: int) -> bytes | None:
        """The bytes of the element at `path`, looked for in the functional groups as well."""
        found = self._elements.values.get(path)
        if found is None and path[-1] in _HOMES:
            places = [(group, _HOMES[path[-1]], path[-1]) for group in _GROUPS]
            found = next((self._elements.values[p] for p in places if p in self._elements.values), None)
        return found or None

    def whole(self, tag: int) -> int | None:
        """The first unsigned 16-bit number of an element."""
        raw = self.raw(tag)
        return None if raw is None or len(raw) < 2 else int.from_bytes(raw[:2], self._byteorder)

    def text(self, *path: int) -> str:
        """An element as upper-case ASCII without padding; empty where it is absent."""
        return (self.raw(*path) or b"").decode("ascii", "ignore").strip(" \0\r\n\t").upper()

    def numbers(self, tag: int) -> list[float]:
        """The decimal numbers of an element; empty unless all of them are of a size that occurs."""
        try:
            found = [float(part) for part in self.text(tag).split("\\") if part.strip()]
        except ValueError:
            return []
        return found if all(abs(value) < 1e15 for value in found) else []

    @property
    def _byteorder(self) -> str:
        return "little" if self.order == "<" else "big"


def read_header(values: Values) -> Header:
    """Shape and coding of the pixels (PS3.3, C.7.6.3); raises TruncatedImage where they are missing."""
    rows, columns, allocated = values.whole(0x00280010), values.whole(0x00280011), values.whole(0x00280100)
    if rows is None or columns is None or allocated is None:
        raise damaged("DICOM")
    stored = values.whole(0x00280101) or allocated
    high = values.whole(0x00280102)
    samples = values.whole(0x00280002) or 1
    frames = values.numbers(0x00280008)
    high = stored - 1 if high is None else high
    if not stored <= high + 1 <= allocated:
        raise damaged("DICOM")
    default = "MONOCHROME2" if samples == 1 else "RGB"
    return Header(
        rows=rows,
        columns=columns,
        samples=samples,
        frames=int(frames[0]) if frames and 1 <= frames[0] < 1e6 else 1,
        photometric=values.text(0x00280004) or default,
        allocated=allocated,
        stored=stored,
        high=high,
        signed=values.whole(0x00280103) == 1,
        planar=values.whole(0x00280006) == 1,
    )


def described(values: Values) -> dict[str, object]:
    """The allow-listed facts, each only if it is one of the standard's own words or a number."""
    part, view, sex = values.text(0x00180015), values.text(0x00185101), values.text(0x00100040)
    modality = values.text(0x00080060)
    return {
        "modality": modality if modality in _MODALITIES else None,
        "body_part": part.replace(" ", "") if part.replace(" ", "") in _PARTS else None,
        "view": view if view in _VIEWS else None,
        "spacing_mm": _spacing(values),
        "age": _age(values.text(0x00101010)),
        "sex": {"F": "female", "M": "male"}.get(sex),
    }


def _spacing(values: Values) -> tuple[float, float] | None:
    """(row, column) spacing in millimetres, in the patient, else on the detector, else in the scanner."""
    for tag in (0x00280030, 0x00181164, 0x00182010):
        numbers = values.numbers(tag)
        if len(numbers) == 2 and all(1e-6 < value < 1e3 for value in numbers):
            return numbers[0], numbers[1]
    return None


def _age(text: str) -> float | None:
    """Years out of an age string such as 054Y, 018M, 003W or 010D (PS3.5, 6.2)."""
    found = re.fullmatch(r"(\d{1,3})([YMWD])", text)
    return int(found[1]) * _YEARS[found[2]] if found else None
