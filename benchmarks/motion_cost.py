"""What looking at a 720p frame costs beside its scaled gray decode: `python -m benchmarks.motion_cost`."""

import json
import sys
import time
from statistics import mean

import cv2
import numpy as np

from services.motion.decode import decode_gray
from services.motion.detector import Detector

GOAL = 0.25
FPS = 15
FRAMES = 600
BUSY_S = 5


def street() -> list[bytes]:
    """Ten seconds of camera-like JPEGs of 190 KB: texture, sensor noise, half of the time a thing crosses."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(40, 216, (90, 160, 3), dtype=np.uint8)
    scene = np.asarray(cv2.resize(coarse, (1280, 720), interpolation=cv2.INTER_CUBIC), np.int16)
    frames = []
    for n in range(10 * FPS):
        picture = scene + rng.normal(0, 4, scene.shape).astype(np.int16)
        if n >= BUSY_S * FPS:
            left = (n - BUSY_S * FPS) * 1100 // (BUSY_S * FPS)
            picture[300:500, left : left + 120] = 30
        encoded = cv2.imencode(".jpg", picture.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])
        frames.append(encoded[1].tobytes())
    return frames


def trimmed_ms(seconds: list[float]) -> float:
    return mean(sorted(seconds)[: len(seconds) * 9 // 10]) * 1000


def main() -> int:
    cv2.setNumThreads(1)
    frames = street()
    detector = Detector()
    decoding, looking, moved = [], [], 0
    for n in range(FRAMES):
        jpeg = frames[n % len(frames)]
        begun = time.perf_counter()
        gray = decode_gray(jpeg)
        decoded = time.perf_counter()
        moved += detector.look(gray, n / FPS).moving
        looked = time.perf_counter()
        decoding.append(decoded - begun)
        looking.append(looked - decoded)
    # Every second look learns, so a median would hide half of the work; a mean shows the neighbours' load.
    decode_ms, look_ms = trimmed_ms(decoding), trimmed_ms(looking)
    print(f"{FRAMES} frames of 1280x720, {len(frames[0]) // 1000} KB, in {moved} of them something moves")
    print(
        f"scaled gray decode {decode_ms:.2f} ms, detector {look_ms:.2f} ms (means of the faster nine tenths)"
    )
    last = {
        "name": "motion_cost",
        "measured": round(look_ms, 4),
        "floor": round(decode_ms, 4),
        "ratio": round(look_ms / decode_ms, 3),
        "goal": GOAL,
    }
    print(json.dumps(last))
    return 0


if __name__ == "__main__":
    sys.exit(main())
