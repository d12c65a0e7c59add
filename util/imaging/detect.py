"""What a file is, by its first bytes and never by its name."""

from __future__ import annotations

from util.imaging.refusals import NotAnImage, UnsupportedImage
from util.language import Sentence

_READABLE = (
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG", b"\xff\xd8\xff"),
    ("GIF", b"GIF87a"),
    ("GIF", b"GIF89a"),
    ("TIFF", b"II*\0"),
    ("TIFF", b"MM\0*"),
    ("TIFF", b"II+\0"),
    ("TIFF", b"MM\0+"),
)
_UNREADABLE = (
    ("JPEG 2000", b"\0\0\0\x0cjP  \r\n\x87\n"),
    ("JPEG 2000", b"\xff\x4f\xff\x51"),
    ("JPEG XL", b"\xff\x0a"),
    ("JPEG XL", b"\0\0\0\x0cJXL \r\n\x87\n"),
    ("Photoshop", b"8BPS"),
    ("icon", b"\0\0\1\0"),
    ("OpenEXR", b"v/1\x01"),
    ("DirectDraw", b"DDS "),
    ("NIfTI", b"\x5c\x01\0\0"),
    ("EPS", b"%!PS"),
    ("FITS", b"SIMPLE  ="),
)
_ELSE = (
    ("pdf", b"%PDF"),
    ("archive", b"PK\x03\x04"),
    ("archive", b"\x1f\x8b"),
    ("archive", b"7z\xbc\xaf\x27\x1c"),
    ("archive", b"Rar!"),
    ("archive", b"BZh"),
    ("model", b"\x89HDF\r\n\x1a\n"),
    ("program", b"\x7fELF"),
    ("program", b"MZ"),
    ("sound", b"ID3"),
    ("sound", b"OggS"),
)
_VR_PAIRS = frozenset(b"AE AS AT CS DA DS DT IS LO LT OB OW PN SH SQ ST TM UI UL UN US UT".split())


def detect(data: bytes) -> str:
    """The format of `data`: "PNG", "JPEG", "GIF", "WebP", "BMP", "TIFF" or "DICOM".

    Raises UnsupportedImage for pictures in another known format, NotAnImage for all else.
    """
    # First, because a DICOM file may carry a TIFF header in its preamble.
    if data[128:132] == b"DICM":
        return "DICOM"
    for format, magic in _READABLE:
        if data.startswith(magic):
            return format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if _bare_dicom(data):
        return "DICOM"
    if data[:2] == b"BM" and data[6:10] == bytes(4):
        return "BMP"
    _refuse_by_name(data)
    raise NotAnImage("imaging.not_an_image", received=Sentence.of(f"imaging.kind_{_kind(data)}"))


def _bare_dicom(data: bytes) -> bool:
    """Old DICOM files begin with the data set itself: group 0002 or 0008, an early element, a short value."""
    if len(data) < 16 or data[:2] not in (b"\x02\0", b"\x08\0", b"\0\x08"):
        return False
    explicit = data[4:6] in _VR_PAIRS
    # Big-endian files are explicit always (PS3.5, 7.3).
    return explicit or (data[3] < 2 and data[1] == 0 and int.from_bytes(data[4:8], "little") <= 64)


def _refuse_by_name(data: bytes) -> None:
    for format, magic in _UNREADABLE:
        if data.startswith(magic):
            raise UnsupportedImage("imaging.unsupported_format", format=format)
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"):
        raise UnsupportedImage("imaging.unsupported_format", format="HEIC or AVIF")
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3] in b"\n\r\t ":
        raise UnsupportedImage("imaging.unsupported_format", format="PNM")
    if data[344:348] in (b"n+1\0", b"ni1\0"):
        raise UnsupportedImage("imaging.unsupported_format", format="NIfTI")
    if b"<svg" in data[:1024]:
        raise UnsupportedImage("imaging.unsupported_format", format="SVG")


def _kind(data: bytes) -> str:
    for kind, magic in _ELSE:
        if data.startswith(magic):
            return kind
    if data[4:8] == b"ftyp" or data[:4] in (b"\x1aE\xdf\xa3", b"RIFF"):
        return "film"
    if data[:1024].lstrip()[:1] == b"<":
        return "page"
    start = data[:4096]
    if b"\0" not in start:
        try:
            start.decode("utf-8")
        except UnicodeDecodeError as error:
            # A cut in the middle of the last character is still text.
            return "text" if error.start >= len(start) - 4 and len(data) > len(start) else "unknown"
        return "text"
    return "unknown"
