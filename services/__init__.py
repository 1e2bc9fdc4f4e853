"""Nightjar: cameras become events, and no frame of an event is lost.

`capture` turns each camera into numbered JPEG frames on MQTT; `motion` finds what moves and opens events;
`archiver` puts every frame of an event into the store; `gateway` shows it all in a browser; `archive` lists,
verifies and exports what is stored, on the command line. They share
`contract` (what crosses the wire), `store` (where events are kept) and `runtime` (how a service lives),
and never import one another. `python -m services` runs all of them in one process.
"""
