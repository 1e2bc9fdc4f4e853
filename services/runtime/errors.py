"""The two ways to end: a user's mistake says one sentence, a bug shows its traceback."""


class UserError(Exception):
    """Something that the user can mend; the text is one sentence that says how."""
