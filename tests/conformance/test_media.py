"""The content repository: uploads, downloads, thumbnails."""

import struct
import threading
import zlib
from urllib.parse import quote

import pytest

from .client import Client, unique
from .test_register import admin_register

MEDIA = "/_matrix/client/v1/media"
OLD = "/_matrix/media/v3"


def upload(user, content=b"hello", content_type="text/plain", **query):
    headers = {"Content-Type": content_type} if content_type else {}
    return user.request("POST", f"{OLD}/upload", raw=content, headers=headers, query=query)


def uploaded(user, *content, **query):
    """Server name and media id, as paths have them."""
    return upload(user, *content, **query).ok()["content_uri"].removeprefix("mxc://")


def create(user):
    return user.post("/_matrix/media/v1/create").ok()["content_uri"].removeprefix("mxc://")


def fill(user, uri, content=b"hello"):
    headers = {"Content-Type": "text/plain"}
    return user.request("PUT", f"{OLD}/upload/{uri}", raw=content, headers=headers)


def download(user, uri, **query):
    return user.get(f"{MEDIA}/download/{uri}", query=query)


def thumbnail(user, uri, **query):
    return user.get(f"{MEDIA}/thumbnail/{uri}", query=query)


def patient(user):
    """Who knows that a file may not be there yet."""
    client = Client(user.url, user.token, user.user_id, user.device_id)
    client.accepted_errors = (502, 504)
    return client


def png(width, height):
    """A red image."""
    raw = (b"\0" + b"\xff\0\0" * width) * height

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(raw))
        + chunk(b"IEND", b"")
    )


def size_of(image):
    """Width and height of a JPEG or PNG."""
    if image.startswith(b"\x89PNG"):
        return struct.unpack(">II", image[16:24])
    at = 2
    while not 0xC0 <= image[at + 1] <= 0xC2:
        at += 2 + struct.unpack(">H", image[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", image[at + 5 : at + 9])
    return width, height


def test_what_was_uploaded_is_given_back(alice, bob):
    uri = uploaded(alice, b"\0\xff bytes", "application/x-some")
    answer = download(bob, uri)
    answer.ok()
    assert answer.content == b"\0\xff bytes"
    assert answer.headers["Content-Type"] == "application/x-some"


def test_a_large_file_is_given_back_whole(alice, bob):
    content = bytes(range(256)) * (9 << 12)  # 9 MiB
    assert download(bob, uploaded(alice, content, "video/mp4")).content == content


def test_an_empty_file_is_given_back(alice):
    answer = download(alice, uploaded(alice, b""))
    answer.ok()
    assert answer.content == b""


def test_a_file_without_a_type_is_bytes(alice):
    answer = download(alice, uploaded(alice, b"x", None))
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_uploading_needs_a_token(anyone):
    upload(anyone).refused(401, "M_MISSING_TOKEN")


def test_downloading_needs_a_token(alice, anyone):
    uri = uploaded(alice)
    download(anyone, uri).refused(401, "M_MISSING_TOKEN")
    thumbnail(anyone, uri, width=32, height=32).refused(401, "M_MISSING_TOKEN")


def test_old_clients_download_without_a_token(alice, anyone):
    uri = uploaded(alice)
    for version in ("v3", "r0", "v1"):
        assert anyone.get(f"/_matrix/media/{version}/download/{uri}").content == b"hello"


@pytest.mark.parametrize("path", [f"{MEDIA}/config", f"{OLD}/config"])
def test_the_largest_upload_is_told(alice, path):
    assert alice.get(path).ok()["m.upload.size"] > 0


def test_more_than_the_largest_upload_is_refused(alice):
    most = alice.get(f"{MEDIA}/config").ok()["m.upload.size"]
    upload(alice, b"x" * (most + 1)).refused(413, "M_TOO_LARGE")


def test_an_unknown_file_is_not_found(alice):
    for media_id in ("unknown", "m_1_aaaaaaaaaaaaaaaaaaaaaaaa", "-"):
        download(alice, f"{alice.server}/{media_id}").refused(404, "M_NOT_FOUND")
        thumbnail(alice, f"{alice.server}/{media_id}", width=9, height=9).refused(404, "M_NOT_FOUND")


def test_a_file_of_a_server_that_is_not_there_is_not_found(alice):
    download(alice, "nobody.invalid/abc").refused(404, "M_NOT_FOUND")
    download(alice, "nobody.invalid/abc", allow_remote="false").refused(404, "M_NOT_FOUND")


@pytest.mark.parametrize("name", ["plain.txt", "two words.txt", 'q"uo;te.txt', "ünïcode ☕.txt"])
def test_a_file_has_its_name(alice, name):
    disposition = download(alice, uploaded(alice, filename=name)).headers["Content-Disposition"]
    if name.isascii():
        assert disposition == 'inline; filename="%s"' % name.replace('"', '\\"')
    else:
        assert disposition == f"inline; filename*=utf-8''{quote(name)}"


def test_the_path_may_name_a_file_otherwise(alice):
    uri = uploaded(alice, filename="a.txt")
    answer = alice.get(f"{MEDIA}/download/{uri}/other.txt")
    assert answer.headers["Content-Disposition"] == 'inline; filename="other.txt"'


@pytest.mark.parametrize("type", ["image/png", "text/plain; charset=utf-8", "Video/MP4"])
def test_harmless_types_are_shown_inline(alice, type):
    disposition = download(alice, uploaded(alice, b"x", type)).headers["Content-Disposition"]
    assert disposition.startswith("inline")


@pytest.mark.parametrize("type", ["text/html", "image/svg+xml", "application/pdf", "nonsense"])
def test_other_types_are_attachments(alice, type):
    disposition = download(alice, uploaded(alice, b"x", type)).headers["Content-Disposition"]
    assert disposition.startswith("attachment")


def test_a_browser_is_told_to_run_nothing(alice):
    headers = download(alice, uploaded(alice, b"<script>", "text/html")).headers
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_an_id_can_be_made_first_and_filled_later(alice, bob):
    answer = alice.post("/_matrix/media/v1/create").ok()
    assert answer["unused_expires_at"] > 0
    uri = answer["content_uri"].removeprefix("mxc://")
    download(patient(bob), uri, timeout_ms=0).refused(504, "M_NOT_YET_UPLOADED")
    fill(alice, uri).ok()
    assert download(bob, uri).content == b"hello"


def test_a_file_is_uploaded_once(alice):
    uri = create(alice)
    fill(alice, uri).ok()
    fill(alice, uri, b"other").refused(409, "M_CANNOT_OVERWRITE_MEDIA")
    fill(alice, uploaded(alice), b"other").refused(409, "M_CANNOT_OVERWRITE_MEDIA")
    assert download(alice, uri).content == b"hello"


def test_nobody_fills_anothers_id(alice, bob):
    uri = create(alice)
    fill(bob, uri).refused(403, "M_FORBIDDEN")
    fill(alice, uri).ok()
    fill(bob, uri).refused(403, "M_FORBIDDEN")


def test_an_id_that_nobody_made_can_not_be_filled(alice):
    fill(alice, f"{alice.server}/made-up").refused(404, "M_NOT_FOUND")
    fill(alice, "other.invalid/made-up").refused(404, "M_NOT_FOUND")


def test_few_ids_of_a_user_may_wait(alice, bob):
    for _ in range(100):
        answer = alice.post("/_matrix/media/v1/create")
        if answer.status != 200:
            break
    answer.refused(429, "M_LIMIT_EXCEEDED")
    create(bob)


def test_a_download_waits_for_the_upload(alice, bob):
    uri, answers = create(alice), []
    waiting = patient(bob)
    reader = threading.Thread(
        target=lambda: answers.append(download(waiting, uri, timeout_ms=20000))
    )
    reader.start()
    fill(alice, uri).ok()
    reader.join()
    assert answers[0].content == b"hello"


def test_a_thumbnail_fits_into_the_size(alice):
    uri = uploaded(alice, png(400, 200), "image/png")
    answer = thumbnail(alice, uri, width=320, height=240, method="scale")
    answer.ok()
    assert answer.headers["Content-Type"] in ("image/png", "image/jpeg")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert size_of(answer.content) == (320, 160)


def test_a_cropped_thumbnail_fills_the_size(alice):
    uri = uploaded(alice, png(400, 200), "image/png")
    answer = thumbnail(alice, uri, width=96, height=96, method="crop")
    assert size_of(answer.content) == (96, 96)
    assert thumbnail(alice, uri, width=96, height=96, method="crop").content == answer.content


def test_a_thumbnail_is_never_larger_than_the_image(alice):
    uri = uploaded(alice, png(20, 10), "image/png")
    assert size_of(thumbnail(alice, uri, width=800, height=600).content) == (20, 10)


def test_old_clients_get_thumbnails_without_a_token(alice, anyone):
    uri = uploaded(alice, png(40, 40), "image/png")
    answer = anyone.get(f"{OLD}/thumbnail/{uri}", query={"width": 32, "height": 32})
    assert size_of(answer.content) == (32, 32)


@pytest.mark.parametrize("content, type", [(b"text", "image/png"), (b"<svg/>", "image/svg+xml")])
def test_there_is_no_thumbnail_of_what_is_no_image(alice, content, type):
    uri = uploaded(alice, content, type)
    thumbnail(alice, uri, width=32, height=32).refused(400, "M_UNKNOWN")


@pytest.mark.parametrize(
    "query",
    [
        {"width": 32},
        {"height": 32},
        {"width": 0, "height": 32},
        {"width": -1, "height": 32},
        {"width": "x", "height": 32},
        {"width": 32, "height": 32, "method": "sideways"},
    ],
)
def test_a_thumbnail_needs_a_size_that_can_be(alice, query):
    uri = uploaded(alice, png(40, 40), "image/png")
    thumbnail(alice, uri, **query).refused(400)


def test_an_administrator_takes_a_file_away_and_gives_it_back(anyone, alice, bob):
    admin = anyone.logged_in(admin_register(anyone, unique("op"), admin=True).ok())
    uri = uploaded(alice)
    path = "/_synapse/admin/v1/media"
    bob.post(f"{path}/quarantine/{uri}").refused(403, "M_FORBIDDEN")
    admin.post(f"{path}/quarantine/{uri}").ok()
    download(alice, uri).refused(404, "M_NOT_FOUND")
    admin.post(f"{path}/unquarantine/{uri}").ok()
    assert download(alice, uri).content == b"hello"
