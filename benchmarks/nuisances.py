"""What the detector makes of weather, light, lens and codec, by cause: `python -m benchmarks.nuisances`.

Real places from the footage (`benchmarks.scenery`) with nobody in them get a nuisance (`benchmarks.effects`)
that goes on all the time, and people and cars of 0.2, 0.5 and 2 % of the picture, in clear and in faint
contrast, cross it for four seconds each; two recordings with real events get some of the nuisances as well.
Everything becomes JPEGs, and is played, and scored by the footage's rules, as `benchmarks.accuracy` does. An
insect that darts past belongs to the quiet: an alarm that begins with it is false.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from benchmarks.accuracy import footage, labels, scorer, spans
from benchmarks.scenery import Effect, Plane, Walk, cut_outs, day, empty, frames, night, sized, walker
from benchmarks.takes import CLEAR, FAINT, SECONDS, Take, takes
from services.motion.decode import Gray, decode_gray

WALKS = ((0.02, CLEAR), (0.005, FAINT), (0.002, CLEAR), (0.02, FAINT), (0.005, CLEAR), (0.002, FAINT))
FIRST_S, WALK_S, PAUSE_S = 8.0, 4.0, 3.5
WARMUP_S = 1.0
GOAL = {"clean": 0.95, "false_per_minute": 0.38}


@dataclass(frozen=True, slots=True)
class Clip:
    """Pictures as the detector gets them, and their labels in the footage's form."""

    take: Take
    label: dict[str, Any]
    pictures: list[Gray]


def walks_of(seed: int) -> tuple[Walk, ...]:
    """Six subjects, one after another, each somewhere else in the picture."""
    dice = np.random.default_rng(seed)
    order = dice.permutation(len(WALKS))
    return tuple(
        Walk(
            start_s=FIRST_S + n * (WALK_S + PAUSE_S),
            end_s=FIRST_S + n * (WALK_S + PAUSE_S) + WALK_S,
            area=WALKS[which][0],
            contrast=WALKS[which][1],
            left=float(dice.uniform(0.15, 0.45)) if n % 2 else float(dice.uniform(0.55, 0.85)),
            foot=float(dice.uniform(0.5, 0.95)),
            subject=int(dice.integers(4)),
            towards=1 if n % 2 else -1,
        )
        for n, which in enumerate(order)
    )


def shot(folder: Path, take: Take) -> Clip:
    return _recorded(folder, take) if take.until else _staged(folder, take)


def _staged(folder: Path, take: Take) -> Clip:
    colours = sized(empty(folder, take.place), take.size)
    scenery = night(colours) if take.dark else day(colours)
    walks = walks_of(take.seed) if take.walks is None else take.walks
    cuts = cut_outs(folder)
    drawn = [walker(walk, cuts[walk.subject % len(cuts)], scenery) for walk in walks]
    chain = (*take.behind, *drawn, *take.over)
    stills = ((scenery.copy(), n / take.fps) for n in range(round(SECONDS * take.fps)))
    events = [
        {"start": round(begin * take.fps), "end": round(end * take.fps) - 1, "walk": walk}
        for walk in walks
        for begin, end in _moving(walk)
    ]
    return Clip(take, _label(take, events, [], round(SECONDS * take.fps)), _developed(take, stills, chain))


def _moving(walk: Walk) -> list[tuple[float, float]]:
    begin, end = walk.stands
    legs = [(walk.start_s, walk.end_s)] if begin == end else [(walk.start_s, begin), (end, walk.end_s)]
    return [leg for leg in legs if leg[0] >= 0]


def _recorded(folder: Path, take: Take) -> Clip:
    known = next(one for one in labels(folder) if one["file"] == f"{take.place}.avi")
    shown = (
        (sized(day(frame.astype(np.float32)), take.size), n / take.fps)
        for n, frame in enumerate(frames(folder, take.place, take.until))
    )
    events, ignore = (
        [one for one in known[kind] if one["end"] < take.until] for kind in ("events", "ignore")
    )
    return Clip(take, _label(take, events, ignore, take.until), _developed(take, shown, take.over))


def _developed(take: Take, shown: Iterator[tuple[Plane, float]], chain: tuple[Effect, ...]) -> list[Gray]:
    pictures = []
    for n, (still, time_s) in enumerate(shown):
        picture = still
        for effect in chain:
            picture = effect(picture, time_s)
        pictures.append(decode_gray(take.compress(np.clip(picture, 0, 255).astype(np.uint8), n)))
    return pictures


def _label(take: Take, events: list[Any], ignore: list[Any], count: int) -> dict[str, Any]:
    return {
        "file": f"{take.cause}: {take.place}, {take.size[1]} lines",
        "fps": take.fps,
        "frames": count,
        "role": "motion",
        "warmup_s": WARMUP_S,
        "events": events,
        "ignore": ignore,
    }


def by_cause(clips: list[Clip], found: dict[str, Any], score: ModuleType) -> dict[str, dict[str, float]]:
    """The footage's figures for each cause, in the order of the clips, and for `all`."""
    results: dict[str, list[Any]] = {}
    for clip in clips:
        one = score.score_clip(clip.label, found[clip.label["file"]])
        results.setdefault(clip.take.cause, []).append(one)
    results["all"] = [one for several in results.values() for one in several]
    return {cause: score.agg(several) for cause, several in results.items()}


def by_subject(clips: list[Clip], found: dict[str, Any], score: ModuleType) -> dict[str, tuple[int, int]]:
    """How many of how many are found cleanly, by size and contrast."""
    table: dict[str, tuple[int, int]] = {}
    for clip in clips:
        events = clip.label["events"]
        for event in events:
            if "walk" not in event:
                continue
            walk = event["walk"]
            others = [other for other in events if other is not event]
            alone = {**clip.label, "events": [event], "ignore": others}
            clean = score.score_clip(alone, found[clip.label["file"]])["clean"]
            name = f"{walk.area:.1%} {'clear' if walk.contrast == CLEAR else 'faint'}"
            good, count = table.get(name, (0, 0))
            table[name] = good + clean, count + 1
    return dict(sorted(table.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cause", default="", help="only causes whose name contains this")
    parser.add_argument("--seed", type=int, default=0, help="other subjects on other ways")
    parser.add_argument("--clips", action="store_true", help="print every clip as well")
    args = parser.parse_args()
    folder = footage()
    if not (folder / "labels.json").is_file():
        print(f"there are no clips in {folder}; NIGHTJAR_FOOTAGE names their folder", file=sys.stderr)
        return 1
    cv2.setNumThreads(1)
    score = scorer(folder)
    chosen = [replace(take, seed=take.seed + args.seed) for take in takes(folder) if args.cause in take.cause]
    clips = [shot(folder, take) for take in chosen]
    found = {clip.label["file"]: spans(clip.label, clip.pictures) for clip in clips}
    if args.clips:
        for clip in clips:
            one = score.score_clip(clip.label, found[clip.label["file"]])
            delays = " ".join(f"{delay:.1f}" for delay in one["delays"])
            print(f"{clip.label['file']:48} {one['clean']}/{one['n']} false {one['ft']}  delays {delays}")
    return report(by_cause(clips, found, score), by_subject(clips, found, score))


def report(causes: dict[str, dict[str, float]], subjects: dict[str, tuple[int, int]]) -> int:
    print(f"{'cause':16} events  recall  clean  false  quiet s  per min  in alarm  delay 50 %  95 %")
    for cause, one in causes.items():
        print(
            f"{cause:16} {one['events']:6.0f} {one['recall']:7.2f} {one['clean']:6.2f} {one['false']:6.0f}"
            f" {one['quiet_s']:8.0f} {one['false'] / one['quiet_s'] * 60:8.2f} {one['quiet_on']:9.1%}"
            f" {one['d50']:9.2f} {one['d95']:7.2f}"
        )
    print("\nfound cleanly: " + ", ".join(f"{name} {a}/{b}" for name, (a, b) in subjects.items()))
    total = causes["all"]
    measured = {
        "recall": round(total["recall"], 3),
        "clean": round(total["clean"], 3),
        "false_per_minute": round(total["false"] / total["quiet_s"] * 60, 3),
        "quiet_on": round(total["quiet_on"], 4),
        "d50": round(total["d50"], 3),
        "by_cause": {cause: [round(one["clean"], 2), one["false"]] for cause, one in causes.items()},
    }
    ratio = round(total["false"] / total["quiet_s"] * 60 / GOAL["false_per_minute"], 3)
    print(
        json.dumps({"name": "nuisances", "measured": measured, "floor": None, "ratio": ratio, "goal": GOAL})
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
