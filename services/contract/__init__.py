"""What crosses the wire and what people write into `nightjar.yaml`; imports nothing of ours."""
