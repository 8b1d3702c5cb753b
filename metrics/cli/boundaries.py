"""The commands `coherence`, `detect` and `boundaries`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.annotations import Annotations, read_annotations, turned
from common.console import say, write_json
from common.errors import InputError
from common.pictures import Original, read_original, read_picture
from common.progress import progress_of
from metrics.boundaries.benchmark import Counts, count, even_thresholds
from metrics.boundaries.detectors import DEFAULT_DETECTOR, DETECTORS, detector
from metrics.boundaries.maps import read_map, write_map
from metrics.boundaries.summary import area_under_curve, best

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `coherence`, `detect` and `boundaries`."""
    coherence = subparsers.add_parser(
        "coherence", help="C of stylised pictures against human boundaries; higher is better"
    )
    coherence.add_argument(
        "--image", type=Path, required=True, action="append", metavar="FILE", dest="images"
    )
    _add_groundtruth(coherence)
    coherence.add_argument(
        "--annotations-frame",
        choices=("upright", "stored"),
        default="upright",
        help="whether people drew on the content as it is shown (default), or on the stored pixels "
        "of a file that its EXIF data turns",
    )
    coherence.add_argument(
        "--content",
        type=Path,
        metavar="FILE",
        help="the content picture, whose EXIF data counts for --annotations-frame stored (default: "
        "the picture that is measured)",
    )
    _add_detector(coherence)
    coherence.add_argument("--json", action="store_true", help="answer in JSON")
    coherence.set_defaults(answer=_measure)

    detect = subparsers.add_parser("detect", help="write the boundary strengths of a picture")
    detect.add_argument("--image", type=Path, required=True, metavar="FILE")
    detect.add_argument(
        "--out", type=Path, required=True, metavar="FILE.png", help="16-bit greyscale"
    )
    _add_detector(detect)
    detect.set_defaults(answer=_detect)

    compare = subparsers.add_parser(
        "boundaries", help="precision and recall of a boundary map against human boundaries"
    )
    compare.add_argument("--prediction", type=Path, required=True, metavar="FILE.png")
    _add_groundtruth(compare)
    compare.add_argument(
        "--thresholds", type=_positive, default=99, metavar="N", help="default: %(default)s"
    )
    compare.add_argument("--json", action="store_true", help="answer in JSON")
    compare.set_defaults(answer=_compare)


def _add_groundtruth(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--groundtruth", type=Path, required=True, metavar="FILE.mat", help="BSDS annotation"
    )


def _add_detector(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--detector",
        default=DEFAULT_DETECTOR,
        metavar="NAME",
        help=f"one of {', '.join(DETECTORS)} (default: %(default)s)",
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to 10000")
    return number


def _measure(options: argparse.Namespace) -> None:
    from metrics.boundaries.coherence import Truth, coherence  # SciPy

    annotations = read_annotations(options.groundtruth)
    content = read_original(options.content) if options.content else None
    detector(options.detector)  # an unknown name is refused before any picture is read
    rows: list[dict[str, Any]] = []
    for path in progress_of(options.images, unit="picture"):
        try:
            picture = read_original(path)
            drawn, doubt = _upright(annotations, content or picture, options)
            truth = Truth(drawn.boundaries, "human")
            found = coherence(picture.picture, truth, options.detector)
        except InputError as error:
            prefix = "" if str(path) in str(error) else f"{path}: "
            raise InputError(f"{prefix}{error}") from None
        if doubt:
            say(f"{options.content or path} {doubt}")
        rows.append(
            {
                "image": str(path),
                "C": found.value,
                "threshold": found.threshold,
                "recall": found.recall,
                "precision": found.precision,
            }
        )
    if options.json:
        write_json(rows)
    else:
        for row in rows:
            print(f"{row['image']}\tC {row['C']:.4f} at threshold {row['threshold']:.3f}")  # noqa: T201


def _upright(
    annotations: Annotations, content: Original, options: argparse.Namespace
) -> tuple[Annotations, str]:
    """The annotations of the upright content picture, and what may be wrong with them.

    Raises:
        InputError: they only fit the stored pixels, and are said to be of the upright picture.

    """
    orientation, size = content.orientation, content.picture.size
    if options.annotations_frame == "stored":
        return turned(annotations, orientation), ""
    if orientation == 1:
        return annotations, ""
    said = f"is turned by its EXIF data (orientation {orientation})"
    if annotations.size != size and annotations.size == size[::-1]:
        raise InputError(
            f"the picture {said}, and the annotation fits its stored pixels: use "
            "--annotations-frame stored"
        )
    return annotations, (
        f"{said}: the annotation is taken as drawn on the picture as it is shown; if it was drawn "
        "on the stored pixels, use --annotations-frame stored"
    )


def _detect(options: argparse.Namespace) -> None:
    find = detector(options.detector)
    if not options.out.absolute().parent.is_dir():  # checked before the long computation
        raise InputError(f"cannot write {options.out}: the folder does not exist, make it first")
    write_map(find(read_picture(options.image)), options.out)
    say(f"{options.out}: boundaries by {find.fingerprint}")


def _compare(options: argparse.Namespace) -> None:
    truth = read_annotations(options.groundtruth).boundaries
    prediction = read_map(options.prediction)
    if prediction.shape != truth.shape[1:]:
        raise InputError(
            f"{options.prediction} is {_size(prediction.shape)} but {options.groundtruth} is "
            f"{_size(truth.shape[1:])}: both must have the size of the picture"
        )
    counts = count(prediction, truth, even_thresholds(options.thresholds))
    found = best(counts)
    answer = {
        "rows": _rows(counts),
        "F": found.f,
        "threshold": found.threshold,
        "recall": found.recall,
        "precision": found.precision,
        "AUC": area_under_curve(counts),
    }
    if options.json:
        write_json(answer)
    else:
        print(  # noqa: T201
            f"F {found.f:.4f} at threshold {found.threshold:.3f} (recall {found.recall:.4f}, "
            f"precision {found.precision:.4f}), area {answer['AUC']:.4f}"
        )


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]}×{shape[0]}"


def _rows(counts: Counts) -> list[dict[str, Any]]:
    columns = {
        "threshold": counts.thresholds,
        "matched_recall": counts.matched_recall,
        "total_recall": counts.total_recall,
        "matched_precision": counts.matched_precision,
        "total_precision": counts.total_precision,
    }
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]
