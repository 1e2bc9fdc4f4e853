"""What the gateway counts per camera."""

from pydantic import Field

from services.contract.message import Message


class GatewayStats(Message):
    """The gateway's account of one camera, since its start."""

    viewers: int = Field(description="who watches live now")
    frames: int = Field(description="frames that came for viewers")
    shown: int = Field(description="pictures that went out, counted for each viewer")
    skipped: int = Field(description="pictures that viewers were too slow for; none that nobody wanted")
    broken: int = Field(description="frames left out because they were no complete JPEG")
    late: int = Field(description="frames left out because they were old when they came")
