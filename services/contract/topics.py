"""Every MQTT topic, written once.

Small things live under one root and JPEGs under another, so that nobody who subscribes to `nightjar/#` is
flooded with pictures.
"""

from dataclasses import dataclass

STATUS = "status"
MOTION = "motion"
HEALTH = "health"
HEALTH_DETAIL = "health/detail"
EVENT = "event"
RESEND = "resend"
RESENT = "resent"
TRIGGER = "trigger"
KEEP = "keep"
SCORE = "score"
TUNE = "tune"
SLICES = "slices"
EXPERIMENT_SUMMARY = "experiment/summary"

LIVE = "live"
REPAIR = "repair"
PREVIEW = "preview"
SNAPSHOT = "snapshot"
INGEST = "ingest"

ANY = "+"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics below one prefix; `camera` may be `ANY` to make a subscription filter."""

    prefix: str = "nightjar"

    # -- per camera, small ---------------------------------------------------------------------------
    def camera(self, camera: str, leaf: str) -> str:
        return f"{self.prefix}/camera/{camera}/{leaf}"

    def zone(self, camera: str, zone: str) -> str:
        return self.camera(camera, f"zone/{zone}")

    def handover(self, camera: str, event: str) -> str:
        return self.camera(camera, f"handover/{event}")

    def setting_set(self, camera: str, setting: str) -> str:
        return self.camera(camera, f"{setting}/set")

    def setting_state(self, camera: str, setting: str) -> str:
        return self.camera(camera, f"{setting}/state")

    def setting_error(self, camera: str, setting: str) -> str:
        return self.camera(camera, f"{setting}/error")

    def stats(self, camera: str, service: str) -> str:
        return self.camera(camera, f"stats/{service}")

    def want(self, camera: str, who: str) -> str:
        return self.camera(camera, f"want/{who}")

    # -- per service ---------------------------------------------------------------------------------
    def service(self, service: str, instance: str) -> str:
        return f"{self.prefix}/service/{service}/{instance}"

    def service_info(self, service: str, instance: str) -> str:
        return f"{self.service(service, instance)}/info"

    @property
    def health(self) -> str:
        """Whether anything is wrong anywhere."""
        return f"{self.prefix}/{HEALTH}"

    @property
    def health_detail(self) -> str:
        return f"{self.prefix}/{HEALTH_DETAIL}"

    # -- frames --------------------------------------------------------------------------------------
    def frames(self, camera: str, leaf: str) -> str:
        return f"{self.prefix}-frames/{camera}/{leaf}"

    def event_frames(self, camera: str, event: str) -> str:
        return self.frames(camera, f"event/{event}")

    @property
    def devices(self) -> str:
        """Where devices may publish pictures on topics of their own, on the brokers that we set up."""
        return f"{self.prefix}-devices/#"

    # -- taking them apart ---------------------------------------------------------------------------
    def split(self, topic: str) -> tuple[str, str] | None:
        """`(camera, leaf)` of a camera's topic, small or frame; None for any other topic."""
        for root in (f"{self.prefix}/camera/", f"{self.prefix}-frames/"):
            if topic.startswith(root):
                camera, _, leaf = topic[len(root) :].partition("/")
                return (camera, leaf) if leaf else None
        return None
