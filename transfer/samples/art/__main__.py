"""`python -m transfer.samples.art [NAME …]` paints the pictures again into `pictures/`."""

from __future__ import annotations

import argparse
import io

from PIL import Image

from common.atomic import write_bytes
from transfer.samples.art.catalogue import PAINTINGS, QUALITY


def main() -> None:
    """Paint the named pictures, or all."""
    names = [painting.name for painting in PAINTINGS]
    parser = argparse.ArgumentParser(prog="python -m transfer.samples.art", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    wanted = parser.parse_args().names or names
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no painting {sorted(unknown)[0]}: choose from {', '.join(names)}")
    for painting in PAINTINGS:
        if painting.name in wanted:
            out = io.BytesIO()
            image = Image.fromarray(painting.program()())
            image.save(out, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
            write_bytes(out.getvalue(), painting.path)
            print(f"{painting.path.name}: {image.width}×{image.height}")


if __name__ == "__main__":
    main()
