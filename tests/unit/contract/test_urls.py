"""A camera's URL is checked with a sentence, and never shown with its secrets."""

from pathlib import Path

import pytest

from services.contract.urls import (
    DemoUrl,
    FileUrl,
    check_camera_url,
    mask_url,
    missing_file,
    parse_demo,
    parse_file,
    scheme_of,
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
            'there is no camera of the kind "rstp:"; use demo:, file:, http:, https:, rtsp: or rtsps:',
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


def test_a_bare_path_is_a_file_to_the_letter() -> None:
    assert scheme_of("/videos/a?b%20c.avi") == "file"
    assert parse_file("/videos/a?b%20c.avi") == FileUrl(Path("/videos/a?b%20c.avi"))


def test_a_missing_file_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "there.avi").touch()
    assert missing_file(f"file:{tmp_path}/there.avi") is None
    assert missing_file("http://cam/") is None
    assert missing_file("file:/nowhere.avi") == (
        'there is no file "/nowhere.avi"; give the path of a video that capture can see'
    )
    assert missing_file(str(tmp_path)) == f'"{tmp_path}" is a folder; name a video file in it'
