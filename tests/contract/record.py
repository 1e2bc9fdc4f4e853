"""Records what this release says, for later ones to be tested with: `python -m tests.contract.record`.

Runs all of Nightjar in one process with a small demo camera, has events and an experiment, asks for frames
again, and writes one message of each kind, as it was on the wire, to `recorded/<version>/`, and to its folder
`state` the files that keep settings and tokens. Long lists of frames are cut. Record a release when it is
made, and never change what was recorded of one that was released.

Not had in such a run: the events archive_failed, not_archived, camera_back, scene_change and spooled.
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from services.contract.frame import identify
from services.contract.handover import Resend
from services.runtime import VERSION
from services.runtime.bundle import gather
from services.secrets import local_secrets
from tests.system.systems import Access, Together

FOLDER = Path(__file__).parent / "recorded"
PLAIN = "plain"  # all that is no JSON object, in one file; of a frame its topic
FRAMES_KEPT = 2
STEPS_S, MOTION_S = 8.0, 20.0
CONFIG = """\
cameras:
  street:
    url: "demo:?size=320x180&fps=5&activity=busy"
    motion: { post_roll: 1, zones: { road: { points: [[0, 0.4], [1, 0.4], [1, 1], [0, 1]] } } }
"""
EXPERIMENT = {"name": "leaves", "interval_s": 0.5, "pictures": 5, "prefix": "experiments/leaves"}

#: Objects in the store by how their names begin.
STORED = {"event": "manifest", "summary": "summary"}

Heard = dict[str, tuple[str, bytes]]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        system = Together(Path(folder), Path(__file__))
        system.config.write_text(CONFIG)
        system.start()
        try:
            system.nightjar("token", "add", "recorded", "--scope", "view")
            motion = local_secrets(Path(folder) / "data/state").mqtt_password("motion")
            heard = listen(system.access(), motion)
            archive = system.access().archive()
            for key in archive.keys():  # noqa: SIM118  (an archive is no dict)
                if kind := STORED.get(key.rpartition("/")[2].partition("-")[0].removesuffix(".json")):
                    keep_fullest(heard, kind, key, archive.read(key))
        finally:
            system.remove()
        write(heard)
        keep_state(Path(folder) / "data/state")


def listen(access: Access, motion_password: str) -> Heard:
    """One message of each kind, the fullest: its topic and its payload."""
    heard: Heard = {}

    def take(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        payload = bytes(message.payload)
        if payload and (kind := kind_of(message.topic, payload)):
            keep_fullest(heard, kind, message.topic, payload)

    client = connected(access, *access.mqtt_login)
    client.on_message = take
    client.subscribe([("nightjar/#", 1), ("nightjar-frames/#", 1)])
    as_motion = connected(access, "motion", motion_password)
    try:
        say(client, "motion_detection/set", "OFF")  # so that the trigger opens an event of its own
        time.sleep(STEPS_S)
        say(client, "tune", "20")
        say(client, "trigger", '{"reason": "recorded", "duration_s": 2}')
        say(client, "experiment/set", json.dumps(EXPERIMENT))
        ask_again(as_motion, heard)
        time.sleep(STEPS_S)
        say(client, "keep", "")
        say(client, "sensitivity/set", "61")
        say(client, "sensitivity/set", "much")
        say(client, "fps/set", "4")
        say(client, "archiving/set", "OFF")
        say(client, "archiving/set", "ON")
        say(client, "motion_detection/set", "ON")
        time.sleep(MOTION_S)
    finally:
        for each in (client, as_motion):
            each.disconnect()
            each.loop_stop()
    return heard


def connected(access: Access, user: str, password: str) -> mqtt.Client:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(user, password)
    client.connect(*access.mqtt_address)
    client.loop_start()
    return client


def say(client: mqtt.Client, leaf: str, payload: str | bytes) -> None:
    client.publish(f"nightjar/camera/street/{leaf}", payload, qos=1).wait_for_publish(5)


def ask_again(client: mqtt.Client, heard: Heard) -> None:
    """As motion does for what it misses: the latest frames are there, number 1 billion never was."""
    frame = identify(heard["frame-live"][1])
    assert frame
    wanted = [(frame.sequence, frame.sequence), (10**9, 10**9)]
    request = Resend(session=frame.session_hex, ranges=wanted, wanted_for="live", ask="capture")
    say(client, "resend", request.payload())


def kind_of(topic: str, payload: bytes) -> str:
    """The name of the file that such a message is recorded in; empty: of no interest."""
    levels = topic.split("/")
    if levels[0] == "nightjar-frames":
        return "-".join(["frame", *levels[2:3]])
    if not payload.startswith(b"{"):
        return f"{PLAIN} {topic} {payload.decode()}"
    if levels[1] == "service":
        return f"info-{levels[2]}"
    if levels[-1] == "event":
        return f"event-{json.loads(payload)['event_type']}"
    if levels[-2] == "handover":
        return "handover-of-slice" if json.loads(payload).get("slice") else "handover"
    return "-".join(levels[3:] if levels[1] == "camera" else levels[1:])


def keep_fullest(heard: Heard, kind: str, topic: str, payload: bytes) -> None:
    """Of frames the last one: the camera's memory is short."""
    if kind.startswith("frame") or len(payload) >= len(heard.get(kind, ("", b""))[1]):
        heard[kind] = topic, payload


def write(heard: Heard) -> None:
    folder = FOLDER / VERSION
    folder.mkdir(parents=True, exist_ok=True)
    plain = []
    for kind, (topic, payload) in heard.items():
        if kind.startswith("frame"):
            (folder / f"{kind}.jpg").write_bytes(payload)
            plain.append((topic, f"{kind}.jpg"))
        elif kind.startswith(PLAIN):
            plain.append((topic, payload.decode()))
        else:
            recorded = {"topic": topic, "payload": shortened(json.loads(payload))}
            (folder / f"{kind}.json").write_text(json.dumps(recorded, indent=1) + "\n")
    text = ",\n ".join(json.dumps(each) for each in sorted(plain))
    (folder / f"{PLAIN}.json").write_text(f"[\n {text}\n]\n")
    print(f"{len(heard)} messages in {folder}")


def keep_state(state: Path) -> None:
    for part in ("capture", "motion", "archiver", "gateway"):
        for name, content in gather({part: state}).files.get(part, {}).items():
            if not name.endswith(".jsonl"):  # a record of what was done
                path = FOLDER / VERSION / "state" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)


def shortened(payload: dict[str, Any]) -> dict[str, Any]:
    frames = payload.get("frames")
    return payload | {"frames": frames[:FRAMES_KEPT]} if isinstance(frames, list) else payload


if __name__ == "__main__":
    main()
