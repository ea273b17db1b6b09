"""How large a picture is, and a small one of it. Decoding is bounded: a picture may be a bomb."""

import io
import warnings

import msgspec
from PIL import Image, ImageOps

MOST_PIXELS = 50_000_000
"""Decoded, this is 150 to 200 MB for a moment; larger ones have no dimensions and no small picture."""
SMALL = 480
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/tiff", "image/bmp")


class Picture(msgspec.Struct, frozen=True):
    """Width and height in pixels as it is shown, and a WebP of at most 480 pixels a side, without anything else the
    original carries (place, camera, …)."""

    width: int
    height: int
    small: bytes


def look(data: bytes) -> Picture | None:
    """A picture's size and a small one of it; None for what is none, is damaged, or is too large to decode."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if image.width * image.height > MOST_PIXELS:
                return None
            image.draft("RGB", (SMALL * 2, SMALL * 2))
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            size = _size(data)
            small = ImageOps.exif_transpose(image)
            small.thumbnail((SMALL, SMALL))
            kept = io.BytesIO()
            small.convert("RGBA" if "A" in small.getbands() or "transparency" in small.info else "RGB").save(
                kept, "WEBP", quality=80
            )
    except Exception:
        # A decoder fails in many ways on bytes nobody meant; whatever it is, there is no small picture.
        return None
    width, height = size[::-1] if turned else size
    return Picture(width, height, kept.getvalue())


def _size(data: bytes) -> tuple[int, int]:
    """As the file says, before a draft made the decoder answer a smaller one."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        return image.size
