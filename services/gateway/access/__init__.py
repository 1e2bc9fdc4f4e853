"""Who gets in: passwords, sessions, slow failures, and the guard before every request."""
