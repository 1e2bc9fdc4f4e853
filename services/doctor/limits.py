"""What a broker must be able to do for Nightjar."""

from collections.abc import Iterator

from services.doctor.finding import Finding, warning, well, wrong
from services.runtime.mqtt.examine import Limits

PART = "broker"
MB = 1_000_000
DAY_S = 24 * 3600
#: Messages on their way to the broker that a fast line needs.
AT_A_TIME = 16


def judge_limits(limits: Limits, broker: str, max_packet_mb: float) -> list[Finding]:
    """A line for each that is too low; one that all is well otherwise."""
    return list(_too_low(limits, max_packet_mb)) or [
        well(PART, f"{broker} speaks MQTT {limits.version} and takes our login")
    ]


def _too_low(limits: Limits, max_packet_mb: float) -> Iterator[Finding]:
    if limits.max_qos < 1:
        yield wrong(
            PART,
            "the broker takes messages at QoS 0 only, which may be lost on every hiccup",
            "allow QoS 1 there; nothing is sure without it",
        )
    if not limits.retains:
        yield wrong(
            PART,
            "the broker keeps no retained messages: nobody who connects later knows how things stand",
            "allow retained messages there",
        )
    if not limits.wildcards:
        yield wrong(PART, "the broker takes no wildcards in subscriptions", "allow them there")
    most = limits.max_packet_bytes
    if most is not None and most < max_packet_mb * MB:
        yield warning(
            PART,
            f"the broker takes messages of up to {most / MB:.1f} MB, and mqtt.max_packet_mb is "
            f"{max_packet_mb:g}: larger frames end the connection",
            "raise it there (mosquitto: max_packet_size), or lower mqtt.max_packet_mb",
        )
    if limits.session_s < DAY_S:
        yield warning(
            PART,
            f"the broker keeps a session for {limits.session_s} s: what comes while a service is away for "
            "longer is lost",
            "let it keep sessions for a day at least (RabbitMQ: mqtt.max_session_expiry_interval_seconds)",
        )
    if limits.at_a_time is not None and limits.at_a_time < AT_A_TIME:
        yield warning(
            PART,
            f"the broker takes {limits.at_a_time} messages at a time, which slows cameras down",
            f"let it take {AT_A_TIME} or more (mosquitto: max_inflight_messages)",
        )
