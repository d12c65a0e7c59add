"""PNG, JPEG, WebP, GIF, BMP and TIFF: from checked headers to upright uint8 pixels, by Pillow's decoders."""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib

import numpy as np
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from util.imaging import bmp, gif, jpeg, png, tiff, webp
from util.imaging.announced import Announced, Decoded
from util.imaging.exif import upright
from util.imaging.limits import Guard
from util.imaging.photograph import Facts
from util.imaging.refusals import damaged, unsupported
from util.imaging.scaling import eight_bits, float_bits
from util.language import Sentence

FORMATS: dict[str, tuple] = {
    "PNG": (png.inspect, PngImageFile),
    "JPEG": (jpeg.inspect, JpegImageFile),
    "WebP": (webp.inspect, WebPImageFile),
    "GIF": (gif.inspect, GifImageFile),
    "BMP": (bmp.inspect, BmpImageFile),
    "TIFF": (tiff.inspect, TiffImageFile),
}
# What Pillow's plug-ins raise on contents that do not keep their headers' promise.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error, zlib.error)
_quiet = threading.Lock()


def decode_pillow(format: str, data: bytes, guard: Guard) -> Decoded:
    """The first picture of `data`, a file of `format`; raises a `RefusedImage`."""
    inspect, _ = FORMATS[format]
    announced = inspect(data, guard)
    image = load(announced)
    pixels, notices = to_eight_bits(image, announced)
    if announced.frames > 1:
        notices.insert(0, Sentence.of("imaging.first_of_many", count=announced.frames))
    if announced.orientation != 1:
        pixels = upright(pixels, announced.orientation)
        notices.append(Sentence.of("imaging.turned"))
    pixels = np.ascontiguousarray(pixels)
    facts = Facts(
        format=format, width=pixels.shape[1], height=pixels.shape[0], mode=image.mode, bits=announced.bits
    )
    return Decoded(pixels, facts, tuple(notices))


def load(announced: Announced, draft: str | None = None) -> ImageFile:
    """The Pillow image of `announced.clean`, its pixels decoded; JPEG in the colours of `draft`, where given.

    The plug-in is called by name: `Image.open` would try others, and warns about large images by
    a limit of its own that all threads share.
    """
    _, plugin = FORMATS[announced.format]
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and announced.width * announced.height > limit:
        # Only pictures near our own limit come here; the lock keeps two of them from undoing each
        # other's filters.
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _load(plugin, announced, draft)
    return _load(plugin, announced, draft)


def _load(plugin: type[ImageFile], announced: Announced, draft: str | None) -> ImageFile:
    try:
        image = plugin(io.BytesIO(announced.clean))
    except Image.DecompressionBombError:
        # Pillow's own limit, where ours was set higher.
        raise unsupported(announced.format, "reason_size") from None
    except DAMAGE:
        # TIFF and BMP have layouts without end; their plug-ins turn down on opening what they do not know.
        if announced.format in ("TIFF", "BMP"):
            raise unsupported(announced.format, "reason_coding") from None
        raise damaged(announced.format) from None
    if image.size != (announced.width, announced.height):
        raise damaged(announced.format)
    try:
        if draft is not None:
            image.draft(draft, None)
        image.load()
    except DAMAGE:
        raise damaged(announced.format) from None
    return image


def to_eight_bits(image: Image.Image, announced: Announced) -> tuple[np.ndarray, list[Sentence]]:
    """Pixels uint8, grey (H, W) or colour (H, W, 3), and a sentence for each thing that was changed."""
    mode = image.mode
    if mode == "1":
        return np.asarray(image.convert("L")), [Sentence.of("imaging.one_bit")]
    if mode.startswith("I") or mode == "F":
        negative, signed = tiff.meaning(announced.clean) if announced.format == "TIFF" else (False, True)
        values = np.asarray(image)
        if values.dtype == np.int32 and announced.bits == 32 and not signed:
            # Pillow has no unsigned 32 bits and lets them wrap round.
            values = values.view(np.uint32)
        values, notice = float_bits(values) if mode == "F" else eight_bits(values)
        return 255 - values if negative else values, [notice] if notice else []
    notices = []
    if mode == "CMYK":
        notices.append(Sentence.of("imaging.inks"))
    if announced.bits == 16:
        notices.append(Sentence.of("imaging.upper_bits"))
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return _opaque(image, notices)
    if mode == "P":
        return _plain_grey(np.asarray(image.convert("RGB"))), notices
    if mode not in ("L", "RGB", "CMYK", "YCbCr"):
        raise unsupported(announced.format, "reason_coding")
    return np.asarray(image if mode in ("L", "RGB") else image.convert("RGB")), notices


def _opaque(image: Image.Image, notices: list[Sentence]) -> tuple[np.ndarray, list[Sentence]]:
    """The image without its alpha channel, laid on black if it is grey and on white if it has colour.

    An X-ray's surround is black, a slide's or a page's is white. An alpha channel that hides
    everything is one that the writing program left unset.
    """
    grey_mode = image.mode in ("L", "LA", "La")
    # Pillow has no way from La to LA, nor from RGBa to anything but RGBA.
    image = image.convert("LA" if image.mode == "La" else "RGBA")
    if image.mode == "LA":
        image = image.convert("RGBA")
    alpha = image.getchannel("A")
    least, most = alpha.getextrema()
    flat = image.convert("RGB")
    if most == 0:
        notices = [*notices, Sentence.of("imaging.alpha_unset")]
    elif least < 255:
        shown = np.asarray(flat)[np.asarray(alpha) > 0]
        grey = grey_mode or _is_grey(shown)
        canvas = Image.new("RGB", flat.size, "black" if grey else "white")
        canvas.paste(flat, mask=alpha)
        flat = canvas
        notices = [*notices, Sentence.of("imaging.laid_on_black" if grey else "imaging.laid_on_white")]
    pixels = np.asarray(flat)
    return (np.ascontiguousarray(pixels[..., 0]) if grey_mode else pixels), notices


def _is_grey(pixels: np.ndarray) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1] == pixels[..., 2]).all())


def _plain_grey(pixels: np.ndarray) -> np.ndarray:
    """A palette of greys is a grey picture."""
    return np.ascontiguousarray(pixels[..., 0]) if _is_grey(pixels) else pixels
