"""Every secret is generated on the first start; nobody gets in by default, and no log shows a password."""

from services.secrets.keyring import Key, Secrets, local_secrets
from services.secrets.logins import Archive, Login, Logins, local_logins
from services.secrets.mosquitto import password_file

__all__ = ["Archive", "Key", "Login", "Logins", "Secrets", "local_logins", "local_secrets", "password_file"]
