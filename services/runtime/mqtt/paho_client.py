"""paho's client, with what happens once per frame made cheap."""

from typing import Any, Literal

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

_YES = ReasonCode(PacketTypes.PUBACK)
_NO_PROPERTIES = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]  # paho has no types here
_PLAIN = 2  # bytes: the message's id and nothing else


class PahoClient(Client):
    """Both are paho 2.2's own business: a later one that does not call them does as it always did."""

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        """A plain PUBACK is a yes.

        paho makes tables of all reasons and properties that MQTT 5 knows, which is a tenth of what a frame
        of 60 KB costs altogether.
        """
        packet = self._in_packet["packet"]
        if cmd != "PUBACK" or len(packet) != _PLAIN:
            return super()._handle_pubackcomp(cmd)
        mid = int.from_bytes(packet, "big")
        with self._out_message_mutex:
            if mid in self._out_messages:  # else it was acknowledged before
                return self._do_on_publish(mid, _YES, _NO_PROPERTIES)
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _packet_queue(
        self, command: int, packet: bytes | bytearray, mid: int, qos: int, info: Any = None
    ) -> MQTTErrorCode:
        """As a view: paho copies what is left of a packet each time that it writes some of it."""
        return super()._packet_queue(command, memoryview(packet), mid, qos, info)  # type: ignore[arg-type]  # goes to socket.send
