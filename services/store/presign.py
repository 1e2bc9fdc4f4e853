"""Links that let anyone read one object for a while: signed here, for the host by which people reach S3."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from services.contract.archive_url import S3Place
from services.store.checks import check_key
from services.store.keys import KeyRing
from services.store.s3_client import Credential, connect


class Presigner:
    """Nobody is asked: the region is given. A link holds for the host name that it was signed with.

    It is signed with the key in force; whoever stores with the same `keys` notices that there is another.
    """

    def __init__(self, place: S3Place, keys: KeyRing, public_endpoint: str, hours: float) -> None:
        public = urlsplit(public_endpoint)
        self._place = replace(place, host=public.netloc, secure=public.scheme == "https", ca_file=None)
        self._client, _ = connect(self._place, Credential(keys), 1)
        self._for = timedelta(hours=hours)

    def url(self, key: str) -> str:
        """For GET alone."""
        check_key(key)
        name = f"{self._place.prefix}/{key}" if self._place.prefix else key
        return str(self._client.presigned_get_object(self._place.bucket, name, expires=self._for))
