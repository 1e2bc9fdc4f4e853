"""What `archive.url` may say, and the sentence for each way of getting it wrong."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()=-]+(?:/[A-Za-z0-9!_.*'()=-]+)*")
_REGION = re.compile(r"[a-z0-9][a-z0-9_-]*", re.IGNORECASE)
_OPTIONS = ("endpoint", "region", "path_style", "ca_file")
_YES_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

EXAMPLES = "s3://bucket/prefix?endpoint=http://s3:9000 or file:///srv/nightjar"


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket on an S3-compatible server."""

    bucket: str
    prefix: str  # without slashes around it; empty: the whole bucket
    host: str  # host, or host:port
    secure: bool  # https
    region: str
    path_style: bool | None  # None: as the host is used to
    ca_file: Path | None

    @property
    def endpoint(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}"


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder on a disk of this machine."""

    path: Path


Place = S3Place | FolderPlace


def parse_archive_url(url: str) -> Place:
    """Where an archive is. Raises `ValueError` with a sentence for whoever wrote the URL.

    `s3://<bucket>[/<prefix>]?endpoint=<http or https URL>&region=…&path_style=true&ca_file=…`, all options
    optional (without an endpoint: AWS, over https); `file:///absolute/folder` or `file:relative/folder`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"archive.url is no URL; write it like {EXAMPLES}") from None
    if parts.scheme == "s3":
        return _s3(parts)
    if parts.scheme == "file":
        return _folder(parts)
    what = f"does not know {parts.scheme}://" if parts.scheme else "needs a scheme"
    raise ValueError(f"archive.url {what}; it can be s3:// or file:, like {EXAMPLES}")


def check_archive_url(url: str) -> str | None:
    """The sentence that says what is wrong with an archive's URL; None where nothing is."""
    try:
        parse_archive_url(url)
    except ValueError as error:
        return str(error)
    return None


def _folder(parts: SplitResult) -> FolderPlace:
    if parts.netloc not in ("", "localhost"):
        raise ValueError(
            f"archive.url file://{parts.netloc}… names a host; an absolute folder has three slashes, "
            "like file:///srv/nightjar, a relative one none, like file:archive"
        )
    if parts.query or parts.fragment:
        raise ValueError(
            "archive.url with file: takes no options; write ? and # in a folder's name as %3F and %23"
        )
    path = unquote(parts.path)
    if not path or "\0" in path:
        raise ValueError("archive.url with file: needs a folder, like file:///srv/nightjar")
    return FolderPlace(Path(path))


def _s3(parts: SplitResult) -> S3Place:
    if "@" in parts.netloc:
        raise ValueError(
            "archive.url must not hold the key; write it as archive.access_key and archive.secret_key"
        )
    bucket, prefix = parts.netloc, unquote(parts.path).strip("/")
    if not _BUCKET.fullmatch(bucket):
        raise ValueError(
            f"archive.url names the bucket {bucket!r}; a bucket has 3 to 63 of a-z, 0-9, '.' and '-', "
            "and begins and ends with a letter or digit"
        )
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise ValueError(
            f"archive.url names the prefix {prefix!r}; between its slashes go A-Z, a-z, 0-9 and !_.*'()=-"
        )
    options = _options(parts)
    region = options.get("region", "us-east-1")
    if not _REGION.fullmatch(region):
        raise ValueError(f"archive.url names the region {region!r}; write it like region=eu-central-1")
    secure, host = _endpoint(options.get("endpoint"), region)
    ca_file = Path(options["ca_file"]) if "ca_file" in options else None
    if ca_file and not secure:
        raise ValueError("archive.url has a ca_file, but its endpoint is not https")
    return S3Place(bucket, prefix, host, secure, region, _path_style(options), ca_file)


def _options(parts: SplitResult) -> dict[str, str]:
    if parts.fragment:
        raise ValueError("archive.url ends in '#…', which means nothing here; write # as %23")
    options: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _OPTIONS:
            raise ValueError(f"archive.url does not know the option {name}; it knows {', '.join(_OPTIONS)}")
        if name in options:
            raise ValueError(f"archive.url has the option {name} twice")
        if not value:
            raise ValueError(f"archive.url has the option {name} without a value")
        options[name] = value
    return options


def _endpoint(endpoint: str | None, region: str) -> tuple[bool, str]:
    """`(https or not, host[:port])`."""
    if endpoint is None:
        return True, f"s3.{region}.amazonaws.com"
    try:
        url = urlsplit(endpoint)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    if (
        not host
        or url.scheme not in ("http", "https")
        or "@" in url.netloc
        or url.path.strip("/")
        or url.query
    ):
        raise ValueError(
            "archive.url has an endpoint that is no plain http or https address; write it like "
            "endpoint=http://s3:9000"
        )
    return url.scheme == "https", url.netloc


def _path_style(options: dict[str, str]) -> bool | None:
    if "path_style" not in options:
        return None
    try:
        return _YES_NO[options["path_style"].lower()]
    except KeyError:
        raise ValueError("archive.url has a path_style that is neither true nor false") from None
