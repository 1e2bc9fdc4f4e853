"""Every topic with what travels on it: the table behind the AsyncAPI document and the reference of topics."""

from dataclasses import dataclass

from services.contract import topics as leaf
from services.contract.events import EventMessage
from services.contract.experiments import ExperimentSummary, OpenSlices
from services.contract.handover import Handover, Resend, Resent
from services.contract.message import Message
from services.contract.status import (
    ArchiverStats,
    CaptureStats,
    HealthDetail,
    MotionStats,
    Score,
    ServiceInfo,
    Totals,
)
from services.contract.topics import Topics

JPEG = "JPEG"
_T = Topics()
_CAMERA = "{camera}"


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic; `{…}` stands for one level. `payload` is a message model, the words allowed, or `JPEG`."""

    topic: str
    payload: type[Message] | tuple[str, ...] | str
    qos: tuple[int, ...]
    retained: bool
    writer: str
    words: str


CHANNELS = (
    Channel(_T.camera(_CAMERA, leaf.STATUS), ("online", "offline"), (1,), True, "capture", "the camera"),
    Channel(_T.camera(_CAMERA, leaf.MOTION), ("ON", "OFF"), (1,), True, "motion", "something moves now"),
    Channel(
        _T.camera(_CAMERA, leaf.HEALTH), ("ON", "OFF"), (1,), True, "capture", "ON: the camera has a problem"
    ),
    Channel(
        _T.camera(_CAMERA, leaf.HEALTH_DETAIL), HealthDetail, (1,), True, "capture", "the problem, since when"
    ),
    Channel(_T.camera(_CAMERA, leaf.EVENT), EventMessage, (1,), False, "any service", "what happened"),
    Channel(
        _T.handover(_CAMERA, "{event}"), Handover, (1,), False, "motion, capture",
        "an ended event's frames by number; said again until the archiver has answered",
    ),
    Channel(
        _T.camera(_CAMERA, leaf.SLICES), OpenSlices, (1,), True, "capture",
        "parts of experiments that are not archived yet, and where they are to be",
    ),
    Channel(
        _T.camera(_CAMERA, leaf.EXPERIMENT_SUMMARY), ExperimentSummary, (1,), True, "capture",
        "the experiment that runs or ran last",
    ),
    Channel(
        _T.camera(_CAMERA, leaf.RESEND), Resend, (1,), False, "motion, archiver", "frames asked for again"
    ),
    Channel(
        _T.camera(_CAMERA, leaf.RESENT), Resent, (1,), False, "capture, motion", "which of them are gone"
    ),
    Channel(
        _T.camera(_CAMERA, leaf.TRIGGER), "nothing, a reason, or JSON `{\"reason\", \"duration_s\"}`", (0, 1),
        False, "anyone", "makes an event now, with pre-roll",
    ),
    Channel(
        _T.camera(_CAMERA, leaf.KEEP), "an event's id, or nothing for the last one", (0, 1), False, "anyone",
        "keeps this event for good: retention never deletes it",
    ),
    Channel(
        _T.camera(_CAMERA, leaf.TUNE), "seconds, up to 60; nothing: 15", (0, 1), False, "anyone",
        "somebody tunes this camera: asks for `…/score` for so long",
    ),
    Channel(
        _T.camera(_CAMERA, leaf.SCORE), Score, (0,), False, "motion",
        "what the detector makes of each frame, while somebody tunes",
    ),
    Channel(
        _T.zone(_CAMERA, "{zone}"), ("ON", "OFF"), (1,), True, "motion", "something moves in this zone now"
    ),
    Channel(
        _T.setting_set(_CAMERA, "{setting}"), "plain text", (0, 1), False, "anyone", "changes a setting"
    ),
    Channel(
        _T.setting_state(_CAMERA, "{setting}"), "plain text", (1,), True, "its service",
        "the setting's value in force",
    ),
    Channel(
        _T.setting_error(_CAMERA, "{setting}"), "a sentence", (1,), False, "its service",
        "why a value was refused",
    ),
    Channel(_T.stats(_CAMERA, "capture"), CaptureStats, (0,), True, "capture", "capture's account"),
    Channel(_T.stats(_CAMERA, "motion"), MotionStats, (0,), True, "motion", "motion's account"),
    Channel(_T.stats(_CAMERA, "archiver"), ArchiverStats, (0,), True, "archiver", "the archiver's account"),
    Channel(_T.stats(_CAMERA, "gateway"), Totals, (0,), True, "gateway", "what the accounts come to"),
    Channel(
        _T.want(_CAMERA, "{service}-{instance}"), ("ON", "OFF"), (1,), True, "motion, gateway",
        "who needs this camera's frames",
    ),
    Channel(
        _T.service("{service}", "{instance}"), ("online", "offline"), (1,), True, "each service",
        "the service; `offline` is its last will too",
    ),
    Channel(
        _T.service_info("{service}", "{instance}"), ServiceInfo, (1,), True, "each service", "who it is"
    ),
    Channel(_T.health, ("ON", "OFF"), (1,), True, "gateway", "ON: something is wrong somewhere"),
    Channel(_T.health_detail, HealthDetail, (1,), True, "gateway", "what, in a sentence"),
    Channel(_T.frames(_CAMERA, leaf.LIVE), JPEG, (1,), False, "capture", "each frame, stamped and numbered"),
    Channel(
        _T.frames(_CAMERA, leaf.REPAIR), JPEG, (1,), False, "capture", "a frame asked for again, for motion"
    ),
    Channel(
        _T.event_frames(_CAMERA, "{event}"), JPEG, (1,), False, "motion, capture",
        "a frame of an event, byte-identical to the live one",
    ),
    Channel(
        _T.frames(_CAMERA, leaf.PREVIEW), JPEG, (0,), True, "capture",
        "a small picture, at most one a second, at most 640 pixels wide",
    ),
    Channel(
        _T.frames(_CAMERA, leaf.SNAPSHOT), JPEG, (1,), True, "motion", "the best frame of the last event"
    ),
)  # fmt: skip


def message_models() -> dict[str, type[Message]]:
    """The models of all JSON messages on the wire, by name."""
    models = [channel.payload for channel in CHANNELS if isinstance(channel.payload, type)]
    return {model.__name__: model for model in models}
