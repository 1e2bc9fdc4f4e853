"""What `archive.url` may say, and the sentence for each way of getting it wrong."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_BUCKET = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?![.-])){1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()=-]+(?:/[A-Za-z0-9!_.*'()=-]+)*")
_REGION = re.compile(r"[a-z0-9][a-z0-9_-]*", re.IGNORECASE)
_STORAGE_CLASS = re.compile(r"[A-Z0-9_-]{1,64}")
_OPTIONS = ("endpoint", "region", "path_style", "ca_file", "sse", "sse_key", "storage_class", "tags")
_YES_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

EXAMPLES = (
    "s3://bucket/prefix?endpoint=http://s3:9000, file:///srv/nightjar or https://cloud.example.org/frames"
)


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
    sse: str = ""  # encryption at rest that is asked for: AES256 or aws:kms; empty: as the bucket has it
    sse_key: str = ""  # the key's id, for aws:kms; empty: the bucket's
    storage_class: str = ""  # empty: the server's default
    tags: bool = False  # each object gets the tags camera and event

    @property
    def endpoint(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}"


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder on a disk of this machine."""

    path: Path


@dataclass(frozen=True, slots=True)
class HttpPlace:
    """Somebody's own server, to which each object is posted."""

    url: str

    @property
    def origin(self) -> str:
        """Without its path and query, where people put secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


Place = S3Place | FolderPlace | HttpPlace


def parse_archive_url(url: str) -> Place:
    """Where an archive is. Raises `ValueError` with a sentence for whoever wrote the URL.

    `s3://<bucket>[/<prefix>]?endpoint=<http or https URL>&region=…&path_style=true&ca_file=…&sse=…`, all
    options optional (without an endpoint: AWS, over https); `file:///absolute/folder` or
    `file:relative/folder`; `https://host/path`, and `http://` within a local network.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError(f"archive.url is no URL; write it like {EXAMPLES}") from None
    if parts.scheme == "s3":
        return _s3(parts)
    if parts.scheme == "file":
        return _folder(parts)
    if parts.scheme in ("http", "https"):
        return _http(url, parts)
    what = f"does not know {parts.scheme}://" if parts.scheme else "needs a scheme"
    raise ValueError(f"archive.url {what}; it can be s3://, file: or https://, like {EXAMPLES}")


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
    sse, sse_key = options.get("sse", ""), options.get("sse_key", "")
    if sse not in ("", "AES256", "aws:kms"):
        raise ValueError(f"archive.url has the sse {sse!r}; it can be AES256 or aws:kms")
    if sse_key and sse != "aws:kms":
        raise ValueError("archive.url has an sse_key, which means something with sse=aws:kms alone")
    storage_class = options.get("storage_class", "")
    if storage_class and not _STORAGE_CLASS.fullmatch(storage_class):
        raise ValueError(f"archive.url names the storage_class {storage_class!r}; write it like STANDARD_IA")
    return S3Place(
        bucket,
        prefix,
        host,
        secure,
        region,
        _yes_no(options, "path_style"),
        ca_file,
        sse,
        sse_key,
        storage_class,
        tags=_yes_no(options, "tags") or False,
    )


def _http(url: str, parts: SplitResult) -> HttpPlace:
    try:
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.fragment:
        raise ValueError(
            "archive.url is no address to post to; write it like https://cloud.example.org/frames"
        )
    if "@" in parts.netloc:
        raise ValueError("archive.url must not hold a login; write a bearer token as archive.token")
    if parts.scheme == "http" and not _is_local(host):
        raise ValueError(
            f"archive.url would send pictures and token to {host} in plain text; write https://, since "
            "http:// is for this machine and local networks"
        )
    return HttpPlace(url)


def _is_local(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".home", ".internal", ".home.arpa"))
    return address.is_loopback or address.is_private or address.is_link_local


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


def _yes_no(options: dict[str, str], name: str) -> bool | None:
    if name not in options:
        return None
    try:
        return _YES_NO[options[name].lower()]
    except KeyError:
        raise ValueError(f"archive.url has a {name} that is neither true nor false") from None
