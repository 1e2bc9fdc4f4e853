"""A camera's URL is checked with a sentence, and never shown with its secrets."""

from pathlib import Path

import pytest

from services.contract.urls import (
    DemoUrl,
    FileUrl,
    V4l2Url,
    check_camera_url,
    check_command,
    mask_text,
    mask_url,
    missing_file,
    parse_demo,
    parse_exec,
    parse_file,
    parse_pushed,
    parse_v4l2,
    scheme_of,
)

ALONE = (
    'write an mqtt: camera with its topic alone, such as "mqtt:nightjar-devices/garage": '
    "no wildcard, and no broker, which is the one of mqtt.url"
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://cam:554/live", "rtsp://cam:554/live"),
        ("rtsp://admin:hunter2@cam:554/live", "rtsp://***@cam:554/live"),
        ("rtsp://admin@cam/live", "rtsp://***@cam/live"),
        ("http://admin:hun@ter2@cam/live", "http://***@cam/live"),
        ("http://admin:hun/ter2@cam/live", "http://***@cam/live"),
        ("http://admin:hun?ter2@cam/live", "http://***@cam/live"),
        ("http://admin:hun#ter2@cam/live", "http://***@cam/live"),
        ("http://admin:12/34@cam/live", "http://***@cam/live"),
        ("http://u:p@[fe80::1]:80/live", "http://***@[fe80::1]:80/live"),
        ("http://cam/live?mail=me@home&fps=5", "http://cam/live?mail=me@home&fps=5"),
        ("http://cam/live?user=admin&pwd=hunter2&res=hd", "http://cam/live?user=***&pwd=***&res=hd"),
        ("http://cam/live?loginuse=a&loginpas=b", "http://cam/live?loginuse=***&loginpas=***"),
        ("http://cam/live?ACCESS_TOKEN=abc&x=1", "http://cam/live?ACCESS_TOKEN=***&x=1"),
        ("http://cam/live?api_key=abc;y=2", "http://cam/live?api_key=***;y=2"),
        ("http://cam/live?password=a/b", "http://cam/live?password=***"),
        ("rtsp://cam/user=admin&password=hunter2&channel=1.sdp", "rtsp://cam/user=***&password=***&channel=1.sdp"),
        ("rtsp://cam/user=admin_password=hunter2_channel=1", "rtsp://cam/user=***"),
        ("exec:ffmpeg -i rtsp://admin:hunter2@cam/ -f mpjpeg -", "exec:ffmpeg ***"),
        ("exec:/opt/camera", "exec:/opt/camera"),
        ("mqtt:nightjar-devices/garage", "mqtt:nightjar-devices/garage"),
        ("demo:?seed=3&fps=5", "demo:?seed=3&fps=5"),
        ("/videos/a=b@c.avi", "/videos/a=b@c.avi"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_url_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "demo:",
        "exec:rpicam-vid -t 0 --codec mjpeg -o -",
        "exec:sh -c 'cat pictures/* | tee copy'",
        "push:",
        "mqtt:nightjar-devices/garage",
        "v4l2:/dev/video0",
        "v4l2:/dev/v4l/by-id/usb-x?width=1280&height=720&fps=30",
        "file:/pictures/*.jpg?fps=0.5&loop=once",
        "demo:?seed=2&size=640x360&fps=7.5&activity=busy",
        "file:/videos/a.avi?loop=once&speed=fast",
        "file:///videos/a%20b.avi",
        "/videos/a.avi",
        "videos/a.avi",
        "http://cam/live.mjpg?anything=1",
        "HTTPS://user:p%40ss@cam:8443/live",
        "rtsp://[fe80::1]:554/",
        "rtsps://cam:7441/x?enableSrtp",
    ],
)
def test_what_is_right_is_not_criticised(url: str) -> None:
    assert check_camera_url(url) is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "rstp://cam/live",
            'there is no camera of the kind "rstp:"; '
            "use demo:, exec:, file:, http:, https:, mqtt:, push:, rtsp:, rtsps: or v4l2:",
        ),
        (
            "rtsp:///live",
            '"rtsp:///live" names no host and port; write rtsp://host:port/path, '
            "with %40, %2F, %3A and %23 for @, /, : and # in a password",
        ),
        (
            "http://admin:a/b@cam/live",
            '"http://***@cam/live" names no host and port; write http://host:port/path, '
            "with %40, %2F, %3A and %23 for @, /, : and # in a password",
        ),
        ("demo:?sed=2", 'a demo: camera has no option "sed"; it has seed, size, fps, activity'),
        ("demo:?fps=0", '"fps=0" is no number from 0.1 to 60'),
        ("demo:?seed=x", '"seed=x" is no number from 0 to 2.14748e+09'),
        ("demo:?size=tiny", '"size=tiny" is no size from 320x180 to 3840x2160, such as 1280x720'),
        ("demo:?activity=wild", '"activity=wild" is not known; use normal, none, calm or busy'),
        ("demo://x", 'write a demo camera as "demo:" or with options as "demo:?seed=2&fps=10"'),
        (
            "file://videos/a.avi",
            'write a video file as "file:/path/video.mp4", or "file:video.mp4" for a relative path',
        ),
        ("exec:", 'write a program that gives JPEGs as "exec:rpicam-vid -t 0 --codec mjpeg -o -"'),
        ("exec:sh -c 'cat", "the command of the exec: camera has a quote without its partner"),
        (
            "push:/garage",
            'write a camera that sends its pictures itself as "push:", with nothing behind',
        ),
        ("mqtt:", ALONE),
        ("mqtt:garage/+", ALONE),
        ("mqtt://broker/garage", ALONE),
        ("v4l2:video0", 'write a USB camera as "v4l2:/dev/video0", with options behind a question mark'),
        ("v4l2:/dev/video0?size=1", 'a v4l2: camera has no option "size"; it has width, height, fps'),
        ("v4l2:/dev/video0?width=wide", '"width=wide" is no number from 16 to 16384'),
        ("file:/pictures?fps=0", '"fps=0" is no number from 0.001 to 120'),
        ("file:a.avi?speed=slow", '"speed=slow" is not known; use realtime or fast'),
    ],
)
def test_what_is_wrong_gets_its_sentence(url: str, sentence: str) -> None:
    assert check_camera_url(url) == sentence


def test_a_demo_url_is_taken_apart() -> None:
    assert parse_demo("demo:") == DemoUrl(seed=1, width=1280, height=720, fps=15.0, activity="normal")
    assert parse_demo("demo:?seed=2&size=640x360&activity=none") == DemoUrl(2, 640, 360, 15.0, "none")


def test_a_file_url_is_taken_apart() -> None:
    assert parse_file("file:a%20b.avi?loop=once&speed=fast") == FileUrl(
        Path("a b.avi"), loop=False, fast=True
    )
    assert parse_file("file:///tmp/a.avi") == FileUrl(Path("/tmp/a.avi"), loop=True, fast=False)


def test_a_usb_camera_is_taken_apart() -> None:
    assert parse_v4l2("v4l2:/dev/video0") == V4l2Url(Path("/dev/video0"))
    assert parse_v4l2("v4l2:/dev/video2?width=640&height=480&fps=7.5") == V4l2Url(
        Path("/dev/video2"), 640, 480, 7.5
    )


def test_a_command_is_split_as_a_shell_would() -> None:
    assert parse_exec("""exec:prog -x 'a b' "c?d" e#f""") == ["prog", "-x", "a b", "c?d", "e#f"]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("", None),
        ("ip link set eth1 down", None),
        ("sh -c 'x", "the command has a quote without its partner"),
    ],
)
def test_a_command_is_checked(command: str, sentence: str | None) -> None:
    assert check_command(command) == sentence


def test_pictures_that_come_by_themselves_have_a_topic_or_none() -> None:
    assert parse_pushed("push:") == ""
    assert parse_pushed("mqtt:nightjar-devices/garage") == "nightjar-devices/garage"


def test_what_a_program_writes_is_shown_without_the_secrets_of_its_urls() -> None:
    line = "Input #0, from 'rtsp://admin:hun@ter2@cam/live?x=1': http://u:p@h/, 30 fps"
    assert mask_text(line) == "Input #0, from 'rtsp://***@cam/live?x=1': http://***@h/, 30 fps"


def test_a_bare_path_is_a_file_to_the_letter() -> None:
    assert scheme_of("/videos/a?b%20c.avi") == "file"
    assert parse_file("/videos/a?b%20c.avi") == FileUrl(Path("/videos/a?b%20c.avi"))


def test_a_missing_file_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "there.avi").touch()
    assert missing_file(f"file:{tmp_path}/there.avi") is None
    assert missing_file("http://cam/") is None
    assert missing_file("file:/nowhere.avi") == (
        'there is no file "/nowhere.avi"; give the path of a video or of pictures that capture can see'
    )


def test_a_folder_or_a_pattern_without_pictures_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "there.avi").touch()
    rest = "holds no pictures; put JPEG or PNG files there, or name a video file"
    assert missing_file(str(tmp_path)) == f'the folder "{tmp_path}" {rest}'
    assert missing_file(f"file:{tmp_path}/*.jpg") == f'the pattern "{tmp_path}/*.jpg" {rest}'
    (tmp_path / "a.JPG").touch()
    assert missing_file(str(tmp_path)) is None
    assert missing_file(f"file:{tmp_path}/*.JPG") is None
