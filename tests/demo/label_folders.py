"""Small folders in the form of published sets, with what is hard about each."""

import json
from pathlib import Path
from typing import Any


def irr_folder(data: Path) -> Path:
    """Two patients of three raters, and two subjects of two for anxiety and videos."""
    folder = data / "r_irr"
    folder.mkdir(parents=True)
    (folder / "diagnoses.csv").write_text(
        "rater1,rater2,rater3\n4. Neurosis,4. Neurosis,5. Other\n1. Depression,1. Depression,1. Depression\n"
    )
    for name in ("anxiety", "video"):
        (folder / f"{name}.csv").write_text("rater1,rater2\n3,3\n1,5\n")
    return data


def preflib_folder(data: Path) -> Path:
    """Ballots with ties, of more than nine, of one alternative, of some only; imbued ones, and combined ones."""
    folder = data / "preflib"
    skaters = [f"skater {n:02}" for n in range(12)]
    _contests(
        folder,
        "00006_skate",
        _ballot("1.toc", [[skaters[0], skaters[5]], *([one] for one in skaters[1:5] + skaters[6:])], count=2),
    )
    _contests(folder, "00024_dots", _ballot("1.soc", [["200"], ["203"]], count=3), _ballot("1.soc", [["203"], ["200"]]))
    _contests(
        folder,
        "00032_education",
        _ballot("1.toi", [["effort"], ["talent"]]),
        _ballot("1.toi", [["effort"]]),
        _ballot("1.toc", [["effort"], ["talent", "luck"]]),
        _ballot("2.soi", [["effort"], ["talent"]], title="Combined: aspects"),
        imbued=("1.toc",),
    )
    return data


def _ballot(file: str, ranking: list[list[str]], count: int = 1, title: str = "Contest") -> dict[str, Any]:
    return {"file": file, "title": title, "count": count, "ranking": ranking}


def _contests(folder: Path, name: str, *ballots: dict[str, Any], imbued: tuple[str, ...] = ()) -> None:
    (folder / name).mkdir(parents=True)
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(ballot) + "\n" for ballot in ballots))
    for file in {ballot["file"] for ballot in ballots}:
        said = "imbued" if file in imbued else "original"
        (folder / name / file).write_text(f"# FILE NAME: {file}\n# MODIFICATION TYPE: {said}\n1: 1,2\n")
