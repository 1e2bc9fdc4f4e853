"""`nightjar archive`: what people do with archived events, whatever store they are in."""
