"""The examples of a guide in TypeScript and in Python, each as a file of its own in a folder."""

import re
import sys
from pathlib import Path

guide, folder = Path(sys.argv[1]), Path(sys.argv[2])
folder.mkdir(parents=True)
found = 0
for language, code in re.findall(r"^```(ts|python)\n(.*?)^```$", guide.read_text("utf-8"), re.M | re.S):
    found += 1
    suffix = {"ts": "ts", "python": "py"}[language]
    (folder / f"example{found}.{suffix}").write_text(code, "utf-8")
assert found >= 6, f"{found} examples in {guide}"
