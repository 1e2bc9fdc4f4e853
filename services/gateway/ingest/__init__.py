"""Pictures that devices send over HTTP, on their way to capture."""
