"""Reads the QR code back out of the poster's picture: it must hold the address beside it.

    read_code.py FOLDER
"""

import pathlib
import sys

import zxingcpp
from PIL import Image

folder = pathlib.Path(sys.argv[1])
expected = (folder / "poster.txt").read_text(encoding="utf-8").strip()
found = zxingcpp.read_barcodes(Image.open(folder / "poster.png"))
texts = [code.text for code in found]
assert texts == [expected], f"the poster's code says {texts}, and not {expected}"
assert found[0].ec_level == "Q", found[0].ec_level
print(f"QR code of the poster, level {found[0].ec_level}: {texts[0]}")
