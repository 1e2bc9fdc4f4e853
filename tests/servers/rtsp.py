"""An RTSP server on 127.0.0.1 that plays a video: a test picture, or a video file in real time.

It runs under the system's Python, which has GStreamer's bindings, as a process of its own. It prints its URL
when it listens and ends when its standard input closes. `--silent-after` stops sending while the connection
stays open, as a hung camera does.
"""

import argparse
import sys
from pathlib import Path

import gi  # type: ignore[import-not-found] # the system's Python has it, ours has not

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found] # noqa: E402 - versions first

CODECS = {
    "h264": ("x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15", "rtph264pay"),
    "h265": ("x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15", "rtph265pay"),
    "jpeg": ("jpegenc", "rtpjpegpay"),
}


def pipeline(args: argparse.Namespace) -> str:
    """The launch line; a file is decoded and encoded anew, so that any container will do."""
    if args.file:
        source = f'filesrc location="{Path(args.file).resolve()}" ! decodebin ! videoscale ! videorate'
    else:
        source = "videotestsrc is-live=true pattern=ball"
    size = f"video/x-raw,width={args.width},height={args.height},framerate={args.fps}/1"
    encoder, payloader = CODECS[args.codec]
    encoded = f"videoconvert ! video/x-raw,format=I420 ! {encoder} ! valve name=valve"
    return (
        f"( {source} ! {size} ! {encoded} ! {payloader} name=pay0 pt={26 if args.codec == 'jpeg' else 96} )"
    )


def silence_after(factory: GstRtspServer.RTSPMediaFactory, seconds: float) -> None:
    """Lets nothing through any more so long after the first client came."""

    def configure(_: object, media: GstRtspServer.RTSPMedia) -> None:
        valve = media.get_element().get_by_name("valve")
        GLib.timeout_add(int(seconds * 1000), lambda: valve.set_property("drop", True))

    factory.connect("media-configure", configure)


def guard(
    server: GstRtspServer.RTSPServer, factory: GstRtspServer.RTSPMediaFactory, args: argparse.Namespace
) -> None:
    """Only the login (user:password) may play, where one is given; encrypted where a certificate is."""
    user, _, password = (args.login or "").partition(":")
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "user")
    if user:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_default_token(token)
    if args.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(args.certificate, args.key))
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
    factory.set_permissions(permissions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default="0")
    parser.add_argument("--file", help="a video; without it a test picture")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--fps", type=int, default=15)
    parser.add_argument("--transport", choices=("tcp", "udp"), help="the only one that is allowed")
    parser.add_argument("--codec", choices=CODECS, default="h264")
    parser.add_argument("--login", help="user:password")
    parser.add_argument("--certificate", help="a PEM file: encrypted, with the key in --key")
    parser.add_argument("--key", help="a PEM file")
    parser.add_argument("--silent-after", type=float, help="seconds; without it, it plays on")
    args = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=args.port)
    factory = GstRtspServer.RTSPMediaFactory(launch=pipeline(args), shared=True, eos_shutdown=False)
    server.get_mount_points().add_factory("/camera", factory)
    if args.transport:
        factory.set_protocols(getattr(GstRtsp.RTSPLowerTrans, args.transport.upper()))
    if args.silent_after:
        silence_after(factory, args.silent_after)
    if args.login or args.certificate:
        guard(server, factory, args)
    server.attach(None)
    print(f"rtsp{'s' if args.certificate else ''}://127.0.0.1:{server.get_bound_port()}/camera", flush=True)

    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_HUP | GLib.IO_IN, lambda *_: loop.quit())
    loop.run()


if __name__ == "__main__":
    main()
