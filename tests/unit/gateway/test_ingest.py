import base64
import json

import pytest

from services.gateway.ingest.body import NoPicture, boundary_of, largest_body, picture_in
from services.gateway.ingest.limits import Allowance
from services.gateway.ingest.multipart import NoForm, part_of_form
from tests.unit.gateway.frames import frame

JPEG = frame(padding=100_000) + b""
HEAD = b'Content-Disposition: form-data; name="image"; filename="x.jpg"\r\n'


def form(*parts: bytes, boundary: bytes = b"b0") -> bytes:
    return b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts) + b"--%s--\r\n" % boundary


# -- forms -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        form(HEAD + b"Content-Type: image/jpeg\r\n\r\n" + JPEG),
        form(HEAD + b"\r\n" + JPEG),
        form(b'Content-Disposition: form-data; name="note"\r\n\r\nhello', HEAD + b"\r\n" + JPEG),
        form(HEAD + b"\r\n" + JPEG, b'Content-Disposition: form-data; name="note"\r\n\r\nhello'),
        b"a preamble\r\n" + form(HEAD + b"\r\n" + JPEG) + b"an epilogue",
        form(b"content-disposition: form-data; filename=x.jpg; NAME=image\r\n\r\n" + JPEG),
        form(HEAD + b"\r\n" + JPEG).removesuffix(b"\r\n"),
        b"--b0\n" + HEAD.replace(b"\r\n", b"\n") + b"\n" + JPEG + b"\n--b0--\n",
    ],
    ids=["curl", "no type", "second", "first", "around", "unquoted", "no last line end", "bare line ends"],
)
def test_the_picture_of_a_form_comes_out_byte_by_byte(body: bytes) -> None:
    assert part_of_form(body, "b0", "image") == JPEG


def test_the_form_of_small_devices_has_an_empty_line_before_its_end() -> None:
    body = b"--b0\r\n" + HEAD + b"\r\n" + JPEG + b"\r\n\r\n--b0--\r\n"
    assert picture_in("multipart/form-data", "b0", body).rstrip(b"\r\n") == JPEG


def test_line_ends_within_the_picture_are_the_pictures() -> None:
    content = b"\r\n\n\r\r\n--b\r\n\r"
    assert part_of_form(form(HEAD + b"\r\n" + content), "b0", "image") == content


def test_an_empty_part_is_empty() -> None:
    assert part_of_form(form(HEAD + b"\r\n"), "b0", "image") == b""


@pytest.mark.parametrize(
    ("body", "boundary", "reason"),
    [
        (form(HEAD + b"\r\nx"), "other", "the form has not the boundary that its Content-Type names"),
        (form(HEAD + b"\r\nx"), "", "the form has not the boundary that its Content-Type names"),
        (form(HEAD + b"\r\nx")[:-10], "b0", "the form is cut off: its last boundary is missing"),
        (form(b"nothing"), "b0", "the form has a part without an empty line after its headers"),
        (form(), "b0", "the form has no part with the name 'image': it has no parts"),
        (
            form(b'Content-Disposition: form-data; name="file"\r\n\r\nx', b"\r\nx"),
            "b0",
            "the form has no part with the name 'image': it has 'file', ''",
        ),
    ],
)
def test_a_form_without_the_picture_says_what_is_wrong(body: bytes, boundary: str, reason: str) -> None:
    with pytest.raises(NoForm) as caught:
        part_of_form(body, boundary, "image")
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/form-data; boundary=----x", "----x"),
        ('multipart/form-data; boundary="a b"', "a b"),
        ("Multipart/Form-Data;Boundary=x; charset=utf-8", "x"),
        ("multipart/form-data", ""),
        ("", ""),
    ],
)
def test_the_boundary_stands_in_the_content_type(header: str, boundary: str) -> None:
    assert boundary_of(header) == boundary


# -- JSON and raw bytes ----------------------------------------------------------------------------------


def test_json_takes_base64_with_and_without_line_ends() -> None:
    for text in (base64.b64encode(JPEG), base64.encodebytes(JPEG)):
        body = json.dumps({"image": text.decode(), "filename": "x.jpg"}).encode()
        assert len(body) < largest_body("application/json", len(JPEG))
        assert picture_in("application/json", "", body) == JPEG


@pytest.mark.parametrize(
    ("content_type", "body", "reason"),
    [
        ("image/jpeg", b"GIF89a", "the bytes do not begin as a JPEG does"),
        ("image/jpeg", b"", "the bytes do not begin as a JPEG does"),
        ("image/jpeg", JPEG[:-2], "the JPEG is cut off: it has no end"),
        ("application/json", b"{", "the body is no JSON"),
        ("application/json", b"\xff\xfe", "the body is no JSON"),
        ("application/json", b"[]", 'the JSON has no picture: it is {"image": "<base64>"}'),
        ("application/json", b'{"image": 7}', 'the JSON has no picture: it is {"image": "<base64>"}'),
        ("application/json", b'{"image": "$$$$"}', "the JSON's image is no base64"),
        ("application/json", b'{"image": "\\u00e4"}', "the JSON's image is no base64"),
        ("application/json", b'{"image": "R0lG"}', "the bytes do not begin as a JPEG does"),
        ("multipart/form-data", b"--b0--", "the form has no part with the name 'image': it has no parts"),
    ],
)
def test_a_body_without_a_picture_says_why(content_type: str, body: bytes, reason: str) -> None:
    with pytest.raises(NoPicture) as caught:
        picture_in(content_type, "b0", body)
    assert str(caught.value) == reason


# -- how many --------------------------------------------------------------------------------------------


def test_a_burst_is_allowed_and_then_a_steady_rate() -> None:
    now = [100.0]
    allowance = Allowance(10, 3, lambda: now[0])
    assert [allowance.take() for _ in range(3)] == [0, 0, 0]
    assert allowance.take() == pytest.approx(0.1)
    now[0] += 0.11
    assert allowance.take() == 0
    now[0] += 60
    assert [allowance.take() > 0 for _ in range(4)] == [False, False, False, True]
