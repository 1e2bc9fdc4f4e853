"""How the cameras are, and whether frames were lost."""

from collections.abc import Iterator, Mapping

from services.contract.settings import CameraSettings
from services.contract.status import OFFLINE, ArchiverStats, CaptureStats, MotionStats
from services.doctor.finding import Finding, note, warning, well, wrong
from services.doctor.seen import CameraSeen, Seen

PART = "cameras"
LOSS = "losses"
NEARLY_FULL = 0.8


def judge_cameras(seen: Seen, cameras: Mapping[str, CameraSettings]) -> list[Finding]:
    """`cameras`: those of the configuration. Without capture nobody knows how they are."""
    if not cameras:
        return [warning(PART, "the configuration has no camera", "write one into nightjar.yaml")]
    if not seen.running("capture"):
        return [note(PART, "how they are is not known while capture does not run"), *_losses(seen)]
    found = [each for name, own in cameras.items() for each in _one(name, own, seen.cameras.get(name))]
    if not any(each.level in ("warning", "wrong") for each in found):
        found.append(well(PART, f"{_count(len(cameras), 'camera')}, and all is well with them"))
    return [*found, *_losses(seen)]


def _one(name: str, own: CameraSettings, seen: CameraSeen | None) -> Iterator[Finding]:
    if seen is None or not seen.status:
        yield warning(
            PART,
            f"{name}: nothing has been heard of it",
            "does capture run, and has it the same nightjar.yaml as this command?",
        )
        return
    if seen.problem:
        yield wrong(PART, f"{name}: {seen.problem}", "it is tried again for as long as it takes")
    elif seen.status == OFFLINE:
        yield note(PART, f"{name} is off" if not own.enabled else f"{name} is off, or nobody wants it now")
    archiver = seen.stats.get("archiver")
    if isinstance(archiver, ArchiverStats) and archiver.in_spool:
        yield warning(
            PART,
            f"{name}: {_count(archiver.in_spool, 'frame')} in the archiver's spool, which the archive has "
            "not taken yet",
            "look at the archive from where the archiver is: docker compose exec archiver nightjar doctor",
        )
    for service, filled, where in (
        ("capture", "outbox_filled", "outbox for the broker"),
        ("archiver", "spool_filled", "spool of the archiver"),
    ):
        stats = seen.stats.get(service)
        part = float(getattr(stats, filled, 0.0))
        if part >= NEARLY_FULL:
            yield wrong(
                PART,
                f"{name}: the {where} is {part:.0%} full",
                f"see to {'the broker' if service == 'capture' else 'the archive'} before something is lost",
            )


def _losses(seen: Seen) -> Iterator[Finding]:
    lost = dict[str, list[str]]()
    frames = 0
    for name, camera in sorted(seen.cameras.items()):
        capture, motion, archiver = (camera.stats.get(each) for each in ("capture", "motion", "archiver"))
        frames += capture.captured if isinstance(capture, CaptureStats) else 0
        counts = {
            "before the broker, whose absence outlasted capture.outbox_mb": capture.lost
            if isinstance(capture, CaptureStats)
            else 0,
            "between capture and motion, which nobody had any more": motion.missing
            if isinstance(motion, MotionStats)
            else 0,
            "because the archive refused them": archiver.failed if isinstance(archiver, ArchiverStats) else 0,
        }
        for where, count in counts.items():
            if count:
                lost.setdefault(where, []).append(f"{name} {count}")
    for where, names in lost.items():
        yield wrong(
            LOSS,
            f"frames were lost {where}: {', '.join(names)}",
            "the manifests name those of events; nightjar archive verify lists them",
        )
    if not lost and frames:
        yield well(LOSS, f"no frame was lost, of {_count(frames, 'frame')} since the services began")


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
