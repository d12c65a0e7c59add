"""What a file says of a person stays in the file."""

import io
import logging
import traceback
import warnings

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.imaging import dicoms, pictures
from tests.imaging.pictures import colour, grey, png_chunk, riff, saved
from util.imaging import Facts, RefusedImage, decode

MARK = "ZQXMARK"
# By value representation, the longest marker it can carry; dates and numbers are marked with rare ones.
VALUES = {
    "PN": f"{MARK}^Anna", "LO": MARK, "SH": MARK, "LT": MARK, "ST": MARK, "UT": MARK, "CS": MARK, "AE": MARK,
    "UI": "1.2.77777.55555", "DA": "19770717", "TM": "070717.77", "DT": "19770717070717", "UC": MARK, "UR": MARK,
    "IS": "7777755555", "DS": "77777.55555",
}  # fmt: skip
TRACES = (MARK.lower(), "77777", "55555", "19770717", "1977-07-17", "070717")
# What decoding needs or may tell; everything else in the dictionary gets a marker.
KEPT_GROUPS = (0x0000, 0x0002, 0x0028, 0x7FE0, 0xFFFE)
ALLOWED = {0x00080060, 0x00100040, 0x00101010, 0x00180015, 0x00185101, 0x00181164, 0x00182010}


def marked_dicom(**changed) -> Dataset:
    """A film in which every element of pydicom's dictionary that holds text, a date or a UID carries a marker."""
    from pydicom._dicom_dict import DicomDictionary

    ds = dicoms.dataset(grey())
    for tag, (kind, *_) in DicomDictionary.items():
        kind = kind.split(" or ")[0]
        if tag >> 16 in KEPT_GROUPS or tag in ALLOWED or kind not in VALUES or tag & 0xFFFF == 0:
            continue
        ds.add_new(tag, kind, VALUES[kind])
    item = Dataset()
    item.PatientName, item.PatientID, item.InstitutionName = VALUES["PN"], MARK, MARK
    ds.RequestAttributesSequence = Sequence([item])
    ds.ReferencedPatientSequence = Sequence([item])
    block = ds.private_block(0x0009, MARK, create=True)
    block.add_new(1, "LO", MARK)
    block.add_new(2, "UN", MARK.encode() * 4)
    ds.file_meta.ImplementationVersionName = MARK
    ds.file_meta.SourceApplicationEntityTitle = MARK
    ds.file_meta.MediaStorageSOPInstanceUID = VALUES["UI"]
    ds.file_meta.PrivateInformationCreatorUID = VALUES["UI"]
    ds.file_meta.PrivateInformation = MARK.encode()
    ds.preamble = (MARK * 19)[:128].encode()
    for name, value in changed.items():
        setattr(ds, name, value)
    return ds


def marked_exif() -> bytes:
    block = Image.Exif()
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x013C, 0x8298, 0x9C9D, 0xFDE8, 0xC614):
        block[tag] = MARK
    block[0x0132] = "1977:07:17 07:07:17"
    block[0x0112] = 6
    block.get_ifd(0x8769)[0x9286] = MARK
    block.get_ifd(0x8825)[1] = "N"
    block.get_ifd(0x8825)[29] = MARK
    return block.tobytes()


def segment(mark: int, body: bytes) -> bytes:
    return bytes([0xFF, mark]) + (len(body) + 2).to_bytes(2, "big") + body


def written_quietly(ds: Dataset) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dicoms.written(ds)


def pictures_with_markers() -> dict[str, bytes]:
    c, g, mark = colour(), grey(), MARK.encode()
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + mark + b"</x:xmpmeta>"
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x05\0\x07" + mark
    text = PngImagePlugin.PngInfo()
    text.add_text(MARK, MARK)
    text.add_text("Comment", MARK, zip=True)
    text.add_itxt("XML:com.adobe.xmp", MARK)
    jpeg = saved(c, "JPEG", exif=marked_exif(), comment=mark)
    jpeg = jpeg[:2] + segment(0xE1, xmp) + segment(0xED, iptc) + segment(0xEC, mark) + jpeg[2:]
    gif = saved(g, "GIF", comment=mark)
    webp = saved(c, "WEBP", lossless=True, exif=marked_exif(), xmp=mark)
    described = {270: MARK, 271: MARK, 305: MARK, 315: MARK, 316: MARK, 33432: MARK, 34377: mark, 33723: mark}
    with_tags = io.BytesIO()
    Image.fromarray(c).save(with_tags, "TIFF", tiffinfo=described)
    profile = png_chunk(b"iCCP", mark + b"\0\0" + b"nonsense")
    return {
        "png": saved(c, "PNG", pnginfo=text, exif=marked_exif()),
        "png with a marked profile and damage": pictures.grey_png(g, profile)[:-30],
        "jpeg": jpeg,
        "jpeg cut": jpeg[:-40],
        "gif": gif,
        "gif cut": gif[:-40],
        "webp": webp,
        "webp with a strange chunk": riff((b"VP8X", bytes(4) + b"\x3f\0\0\x2f\0\0"), (b"ZQXM", mark)),
        "tiff": with_tags.getvalue(),
        "tiff cut": with_tags.getvalue()[:-60],
        "text": mark * 50,
        "page": b"<html>" + mark,
        "behind a picture": saved(c, "PNG") + mark,
    }


def dicoms_with_markers() -> dict[str, bytes]:
    plain = written_quietly(marked_dicom())
    allowed = {
        "Modality": MARK, "BodyPartExamined": MARK, "ViewPosition": MARK, "PatientAge": MARK, "PatientSex": MARK,
        "WindowCenterWidthExplanation": MARK, "VOILUTFunction": MARK,
        "BurnedInAnnotation": MARK,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        many = written_quietly(marked_dicom(**allowed))
    odd = marked_dicom()
    odd.file_meta.TransferSyntaxUID = "1.2.77777.55555"
    colours = marked_dicom(PhotometricInterpretation=MARK)
    broken = plain.replace(b"DA\x08\x0019770717", b"DA\x08\x00ZQXMARK!").replace(b"UI", b"IS", 3)
    no_pixels = marked_dicom()
    del no_pixels.PixelData
    return {
        "all": plain,
        "in allowed elements too": many,
        "implicit": written_quietly(_as(marked_dicom(), dicoms.IMPLICIT)),
        "deflated": written_quietly(_as(marked_dicom(), dicoms.DEFLATED)),
        "cut in the middle": plain[: len(plain) // 2],
        "cut at the end": plain[:-9],
        "unknown coding": written_quietly(odd),
        "unknown colours": written_quietly(colours),
        "invalid values": broken,
        "no pixels": written_quietly(no_pixels),
        "odd character set": written_quietly(marked_dicom(SpecificCharacterSet=MARK)),
    }


def _as(ds, syntax):
    fresh = dicoms.dataset(grey(), syntax)
    for element in ds:
        if element.tag not in fresh:
            fresh.add(element)
    return fresh


FILES = {**pictures_with_markers(), **{f"dicom, {k}": v for k, v in dicoms_with_markers().items()}}


@pytest.mark.parametrize("name", FILES)
def test_no_marker_reaches_a_photograph_a_sentence_a_log_or_a_stream(name, caplog, capfd):
    data = FILES[name]
    said = []
    with warnings.catch_warnings(record=True) as warned, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        try:
            photograph = decode(data)
        except RefusedImage as refusal:
            said += [str(refusal), repr(refusal), repr(refusal.sentence), repr(refusal.args)]
            said += [refusal.sentence.text(language) for language in ("en", "fr")]
            said += traceback.format_exception(refusal)
        else:
            said += [repr(photograph), str(photograph.facts), repr(vars(photograph.facts)), photograph.sha256]
            said += [notice.text(language) for notice in photograph.notices for language in ("en", "fr")]
            said += [repr(notice) for notice in photograph.notices]
    said += [record.getMessage() for record in caplog.records] + [str(w.message) for w in warned]
    said += capfd.readouterr()
    together = "\n".join(said).lower().replace(photograph_hash(data), "")
    assert [trace for trace in TRACES if trace in together] == []


def photograph_hash(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", FILES)
def test_the_markers_are_really_in_the_file(name):
    import zlib

    data = FILES[name]
    if name == "dicom, deflated":
        data = zlib.decompressobj(-15).decompress(data[data.index(b"1.99") + 4 :].lstrip(b"\0"))
    wide = MARK.encode("utf-16-le")
    assert MARK.encode() in data or wide in data or b"55555" in data


def test_a_marked_dicom_file_is_read_and_tells_its_allowed_facts():
    facts = decode(FILES["dicom, all"]).facts
    assert (facts.modality, facts.body_part, facts.view) == ("CR", "CHEST", "PA")
    assert (facts.age, facts.sex, facts.photometric, facts.bits) == (54.0, "female", "MONOCHROME2", 8)


def test_free_text_in_an_allowed_element_is_not_told():
    facts = decode(FILES["dicom, in allowed elements too"]).facts
    assert facts.modality is facts.body_part is facts.view is facts.age is facts.sex is None


def test_of_exif_only_the_way_up_is_used():
    photograph = decode(FILES["jpeg"])
    assert photograph.pixels.shape == (64, 48, 3)
    assert photograph.facts == Facts(format="JPEG", width=48, height=64, mode="RGB", bits=8)


def test_burned_in_writing_is_told():
    notices = decode(dicoms.dicom(BurnedInAnnotation="YES")).notices
    assert [notice.key for notice in notices] == ["imaging.burned_in"]


def test_nothing_is_written_to_disk(tmp_path, monkeypatch):
    import builtins
    import os
    import tempfile

    real = builtins.open

    def reading_only(file, mode="r", *rest, **named):
        assert not set(mode) & set("wax+"), f"opened for writing: {file}"
        return real(file, mode, *rest, **named)

    def fail(*_, **__):
        raise AssertionError("a temporary file was made")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(builtins, "open", reading_only)
    for name in ("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile"):
        monkeypatch.setattr(tempfile, name, fail)
    for data in FILES.values():
        try:
            decode(data)
        except RefusedImage:
            continue
    assert os.listdir(tmp_path) == []


def test_a_pixel_array_in_a_repr_is_only_numbers():
    assert MARK not in repr(decode(FILES["tiff"]))
    assert np.array_equal(decode(FILES["tiff"]).pixels, colour())
