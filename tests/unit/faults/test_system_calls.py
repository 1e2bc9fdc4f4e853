"""What the fault suite reads out of a trace of system calls."""

from pathlib import Path

from tests.faults.system_calls import acknowledges, calls, of_frames, too_early, unspooled

ACK = '7 sendto(9<TCP:[127.0.0.1:5->127.0.0.1:1883]>, "@\\2\\0\\5", 4, 0, NULL, 0) = 4'
PING = '7 sendto(9<TCP:[127.0.0.1:5->127.0.0.1:1883]>, "\\300\\0", 2, 0, NULL, 0) = 2'
FILE = "8 fsync(5</a/x/.~1>) = 0"
NAME = '8 rename("/a/x/.~1", "/a/x/1.jpg") = 0'
FOLDER = "8 fsync(5</a/x>) = 0"
SPOOL, SPOOL_FOLDER = "8 fdatasync(6</s/00000001.open>) = 0", "8 fsync(7</s>) = 0"


def traced(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "trace"
    file.write_text("\n".join(lines) + "\n")
    return file


def early(tmp_path: Path, *lines: str) -> list[str]:
    return too_early(calls(traced(tmp_path, *lines)), Path("/a"), ".jpg")


def test_an_acknowledgement_is_a_packet_of_type_4(tmp_path: Path) -> None:
    assert [acknowledges(call) for call in calls(traced(tmp_path, ACK, PING, FILE))] == [True, False, False]


def test_what_is_acknowledged_on_other_connections_does_not_count(tmp_path: Path) -> None:
    came = '7 recv(9<TCP:[127.0.0.1:5->127.0.0.1:1883]>, "\\0\\37n-frames/door/event/1", 99, 0) = 99'
    other = ACK.replace(":5->", ":6->")
    found = of_frames(calls(traced(tmp_path, came, ACK, other, FILE)))
    assert [call.name for call in found] == ["recv", "sendto", "fsync"]


def test_after_file_name_and_folder_it_is_right(tmp_path: Path) -> None:
    assert early(tmp_path, FILE, NAME, FOLDER, ACK) == []


def test_before_any_of_them_it_is_too_early(tmp_path: Path) -> None:
    wrong = ["acknowledgement 1 left when 0 files were durable"]
    assert early(tmp_path, ACK, FILE, NAME, FOLDER) == wrong
    assert early(tmp_path, FILE, NAME, ACK, FOLDER) == wrong
    assert early(tmp_path, FOLDER, FILE, NAME, ACK) == wrong
    assert early(tmp_path, NAME, FOLDER, FILE, ACK)[0] == "/a/x/1.jpg got its name before it was synced"


def test_one_durable_file_is_good_for_one_acknowledgement(tmp_path: Path) -> None:
    assert early(tmp_path, FILE, NAME, FOLDER, ACK, ACK) == [
        "acknowledgement 2 left when 1 files were durable"
    ]


def test_a_sync_counts_when_it_has_ended_and_a_packet_when_it_begins(tmp_path: Path) -> None:
    unfinished = FOLDER.replace(") = 0", " <unfinished ...>")
    assert early(tmp_path, FILE, NAME, unfinished, ACK, "8 <... fsync resumed>) = 0") != []
    begun = ACK.replace(", 4, 0, NULL, 0) = 4", ", 4, 0, NULL, 0 <unfinished ...>")
    assert early(tmp_path, FILE, NAME, begun, FOLDER, "7 <... sendto resumed>) = 4") != []
    assert early(tmp_path, FILE, NAME, unfinished, "8 <... fsync resumed>) = 0", ACK) == []


def test_in_the_spool_each_needs_a_sync_of_the_file_and_the_first_one_of_its_name(tmp_path: Path) -> None:
    def wrong(*lines: str) -> list[str]:
        return unspooled(calls(traced(tmp_path, *lines)), Path("/s"))

    assert wrong(SPOOL, SPOOL_FOLDER, ACK, SPOOL, ACK) == []
    assert wrong(SPOOL, ACK) == ["an acknowledgement left before the spool file's name was synced"]
    assert wrong(SPOOL, SPOOL_FOLDER, ACK, ACK) == ["an acknowledgement left before its frame was synced"]
