"""Read annotations in other formats: boundary pictures, label maps, COCO and labelme files."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from common.annotations import LARGEST_SHARE
from common.errors import InputError, PictureError
from common.pictures import MAX_PIXELS
from metrics.boundaries.rasterise import (
    Mask,
    circle_region,
    label_boundaries,
    line_boundaries,
    polygon_region,
    region_boundaries,
)
from metrics.boundaries.thinning import thin

_LARGEST_JSON = 500_000_000  # bytes


@dataclass(frozen=True)
class Drawing:
    """What one person drew on one picture.

    Attributes:
        boundaries: (H, W) bool.
        labels: (H, W) labels of regions; None if the source has none.

    """

    boundaries: Mask
    labels: NDArray[np.integer] | None = None


def read_drawings(path: Path, *, labels: bool = False) -> dict[str, Drawing]:
    """The drawings of one person: name of the picture → drawing.

    Args:
        path: a picture (PNG, TIFF, BMP), or a JSON file of COCO or labelme.
        labels: whether a picture is a label map instead of a boundary map.

    Raises:
        InputError: the file is missing or is none of these.

    """
    if path.suffix.lower() == ".json":
        return _json_drawings(path)
    values = _read_pixels(path)
    if not labels:
        drawn = (values > 0) & (values >= values.max() / 2)
        if drawn.mean() > LARGEST_SHARE:
            raise InputError(
                f"{path}: boundaries cover {drawn.mean():.0%} of the picture: draw them white on "
                "black, or use --labels if the picture is a label map"
            )
        return {path.stem: Drawing(thin(drawn[None])[0])}
    _, numbers = np.unique(values, return_inverse=True)
    numbers = numbers.reshape(values.shape) + 1
    return {path.stem: Drawing(label_boundaries(numbers), numbers)}


def _read_pixels(path: Path) -> NDArray[np.integer]:
    """The values (H, W) of a picture; colours become one number each."""
    try:
        with Image.open(path, formats=("PNG", "TIFF", "BMP", "PPM", "GIF")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureError(f"{path} is too large: at most {MAX_PIXELS} pixels are accepted")
            image.load()
            if image.mode in ("RGB", "RGBA"):
                red, green, blue = np.moveaxis(np.asarray(image.convert("RGB"), np.int64), 2, 0)
                grey = (red == green).all() and (green == blue).all()
                colours: NDArray[np.int64] = (red << 16) | (green << 8) | blue
                return red if grey else colours
            values = np.asarray(image)
    except PictureError:
        raise
    except FileNotFoundError:
        raise InputError(f"annotation not found: {path}: check the path") from None
    except Exception:  # the decoder raises various errors for damaged files
        raise InputError(
            f"{path} is not an annotation: use PNG, TIFF, COCO JSON or labelme"
        ) from None
    if values.ndim != 2 or values.dtype.kind == "f":
        raise InputError(f"{path} has another kind of pixels: save it as greyscale PNG")
    return values.astype(np.int64)


def _json_drawings(path: Path) -> dict[str, Drawing]:
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise InputError(f"{path} is too large for annotations: name another file")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"annotation not found: {path}: check the path") from None
    except (OSError, ValueError, RecursionError):
        raise InputError(f"{path} is not a JSON file of COCO or labelme") from None
    try:
        if isinstance(content, dict) and "shapes" in content:
            return {_stem(content.get("imagePath") or path.name): _labelme(content)}
        if isinstance(content, dict) and "images" in content and "annotations" in content:
            return _coco(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise InputError(f"{path} lacks fields of COCO or labelme, or is damaged") from None
    raise InputError(f"{path} is not a JSON file of COCO (images, annotations) or labelme (shapes)")


def _labelme(content: dict[str, Any]) -> Drawing:
    size = _size(content["imageWidth"], content["imageHeight"])
    regions, lines = [], []
    for shape in content["shapes"]:
        points = _points(shape["points"])
        kind = shape.get("shape_type") or "polygon"
        if kind == "polygon" and len(points) >= 3:
            regions.append(polygon_region(points, size))
        elif kind == "rectangle" and len(points) in (2, 4):
            (x0, y0), (x1, y1) = points[0], points[len(points) // 2]
            regions.append(polygon_region([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], size))
        elif kind == "circle" and len(points) == 2:
            centre, edge = points
            regions.append(circle_region(centre, edge, size))
        elif kind in ("line", "linestrip") and len(points) >= 2:
            lines.append(line_boundaries(points, size))
        else:
            raise InputError(f"shapes of type '{kind}' with {len(points)} points are not supported")
    boundaries = region_boundaries(regions, size)
    return Drawing(np.logical_or.reduce([boundaries, *lines]))


def _coco(content: dict[str, Any]) -> dict[str, Drawing]:
    regions: dict[Any, list[Mask]] = defaultdict(list)
    images = {image["id"]: image for image in content["images"]}
    sizes = {key: _size(image["width"], image["height"]) for key, image in images.items()}
    for annotation in content["annotations"]:
        key, parts = annotation["image_id"], annotation.get("segmentation") or []
        if isinstance(parts, dict):
            raise InputError("run-length encoded masks are not supported: export polygons")
        polygons = [_points(zip(flat[::2], flat[1::2], strict=True)) for flat in parts]
        masks = [polygon_region(corners, sizes[key]) for corners in polygons if len(corners) >= 3]
        if masks:  # the parts of one object are one region
            regions[key].append(np.logical_or.reduce(masks))
    return {
        _stem(images[key]["file_name"]): Drawing(region_boundaries(masks, sizes[key]))
        for key, masks in regions.items()
    }


def _points(pairs: Any) -> list[tuple[float, float]]:
    points = [(float(x), float(y)) for x, y in pairs]
    if not np.isfinite(points).all():
        raise InputError("a point is not a finite number")
    return points


def _size(width: Any, height: Any) -> tuple[int, int]:
    size = int(width), int(height)
    if min(size) < 1 or size[0] * size[1] > MAX_PIXELS:
        raise InputError(f"a picture of {size[0]}×{size[1]} pixels cannot be annotated")
    return size


def _stem(name: Any) -> str:
    return PurePath(str(name).replace("\\", "/")).stem
