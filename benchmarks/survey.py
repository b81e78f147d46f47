"""A folder of documents > seconds, CPU seconds and peak memory of a survey, and of hostile inputs.

python benchmarks/survey.py ../shared/data/corpora/en ../shared/data/corpora/zh

Each survey runs in a process of its own with the page written; CPU seconds are those of the process
and its workers. Fails where a survey of about 20 MB takes more than SECONDS on two workers.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

SECONDS = 20.0
ONE = """
import json, resource, sys, time
from pathlib import Path
from longgrain import survey_page
from longgrain.survey import survey

if __name__ == "__main__":
    began, out, workers, paths = time.perf_counter(), sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    found = survey(paths, workers=workers)
    survey_page.write(found, Path(out) / "survey.html")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({
        "seconds": time.perf_counter() - began,
        "cpu": sum(one.ru_utime + one.ru_stime for one in used),
        "memory": max(one.ru_maxrss for one in used) / 1e3,
        "documents": len(found.documents), "megabytes": found.size / 1e6, "tokens": found.tokens,
        "topics": len(found.topics), "page": (Path(out) / "survey.html").stat().st_size / 1e6,
    }))
"""


def measured(title: str, paths: list[str], workers: int, place: Path) -> float:
    """Prints one line; the seconds."""
    script = place / "one.py"
    script.write_text(ONE)
    command = [sys.executable, str(script), str(place), str(workers), *paths]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    got = json.loads(ran.stdout)
    print(
        f"{title:34} {workers} worker{'s' * (workers > 1)} {got['documents']:6,} documents "
        f"{got['megabytes']:6.1f} MB {got['seconds']:6.1f} s {got['cpu']:6.1f} CPU-s "
        f"{got['memory']:6.0f} MB of memory, {got['topics']} topics, page of {got['page']:.1f} MB"
    )
    return float(got["seconds"])


def hostile(place: Path) -> dict[str, Path]:
    """Folders that no reader likes: five million characters without a break; 3,000 tiny files."""
    long, tiny = place / "long", place / "tiny"
    for folder in (long, tiny):
        folder.mkdir()
    (long / "letters.txt").write_text("abcdefghij" * 500_000)
    (long / "characters.txt").write_text("天地玄黄宇宙洪荒" * 625_000)
    draw = random.Random(17)
    words = ("river", "stone", "lamp", "bridge", "garden", "winter", "engine", "paper", "valley")
    for number in range(3000):
        said = " ".join(draw.choices(words, k=30))
        (tiny / f"{number:04}.txt").write_text(f"The note {number} is of the {said}.\n")
    return {"5 million characters, unbroken, x 2": long, "3,000 tiny files": tiny}


def main(paths: list[str]) -> None:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        measured("documents", paths, 1, place)
        seconds = measured("documents", paths, 2, place)
        for title, one in hostile(place).items():
            measured(title, [str(one)], 2, place)
    if seconds > SECONDS:
        sys.exit(f"{seconds:.1f} s is more than {SECONDS} s")


if __name__ == "__main__":
    main(sys.argv[1:])
