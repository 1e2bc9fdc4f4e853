"""The picture in the body of a request: as it is, in a form, or in JSON."""

import base64
import binascii
import json
from email.message import Message

from services.contract.frame import NotAFrame, check
from services.gateway.ingest.multipart import NoForm, part_of_form

FIELD = "image"
JPEG_TYPES = frozenset({"image/jpeg", "image/jpg"})
FORM, JSON = "multipart/form-data", "application/json"
TAKEN = JPEG_TYPES | {FORM, JSON}
HOW = (
    "send the picture as image/jpeg, as multipart/form-data with a part 'image', or as JSON "
    '{"image": "<base64>"}'
)


class NoPicture(ValueError):
    """There is no complete JPEG in the body; the text says why."""


def boundary_of(content_type_header: str) -> str:
    """The boundary of a form; empty without one."""
    header = Message()
    header["Content-Type"] = content_type_header
    return header.get_boundary("")


def largest_body(content_type: str, max_bytes: int) -> int:
    """How long a body with a picture of `max_bytes` may be: forms and JSON have words around it."""
    if content_type == JSON:
        return max_bytes * 4 // 3 + max_bytes // 48 + 4096  # base64, with line ends, too
    return max_bytes if content_type in JPEG_TYPES else max_bytes + 4096


def picture_in(content_type: str, boundary: str, body: bytes) -> bytes:
    """The JPEG in a body of one of the types `TAKEN`, unchanged. Raises `NoPicture`."""
    jpeg = _taken_out(content_type, boundary, body)
    try:
        check(jpeg)
    except NotAFrame as reason:
        raise NoPicture(str(reason)) from None
    return jpeg


def _taken_out(content_type: str, boundary: str, body: bytes) -> bytes:
    if content_type == JSON:
        return _from_json(body)
    if content_type != FORM:
        return body
    try:
        return part_of_form(body, boundary, FIELD)
    except NoForm as reason:
        raise NoPicture(str(reason)) from None


def _from_json(body: bytes) -> bytes:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise NoPicture("the body is no JSON") from None
    text = message.get(FIELD) if isinstance(message, dict) else None
    if not isinstance(text, str):
        raise NoPicture('the JSON has no picture: it is {"image": "<base64>"}')
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NoPicture("the JSON's image is no base64") from None
