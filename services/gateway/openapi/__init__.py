"""The HTTP API as it describes itself: OpenAPI from the handlers and their models, and a page to read it."""
