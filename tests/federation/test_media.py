"""Files that users of one server get from another."""

import json

import pytest

from conformance.client import unique
from conformance.test_media import MEDIA, download, png, size_of, thumbnail, uploaded

from .peer import Raw, multipart


@pytest.fixture
def alice(target):
    return target.user()


def offered(peer, content=b"hello"):
    """A file at the peer, as paths have it."""
    media_id = unique("file")
    peer.files[media_id] = content
    return f"{peer.name}/{media_id}"


def test_a_file_is_read_from_the_other_server(pair):
    here, there = pair
    uri = uploaded(here.user(), b"\0\xff bytes", "image/gif", filename="ünïcode ☕.gif")
    answer = download(there.user(), uri)
    answer.ok()
    assert answer.content == b"\0\xff bytes"
    assert answer.headers["Content-Type"] == "image/gif"
    assert "%C3%BCn%C3%AFcode%20%E2%98%95.gif" in answer.headers["Content-Disposition"]


def test_a_large_file_is_read_from_the_other_server(pair):
    here, there = pair
    content = bytes(range(256)) * (9 << 12)  # 9 MiB
    assert download(there.user(), uploaded(here.user(), content, "video/mp4")).content == content


def test_a_thumbnail_of_the_other_servers_image(pair):
    here, there = pair
    uri = uploaded(here.user(), png(400, 200), "image/png")
    answer = thumbnail(there.user(), uri, width=320, height=240, method="scale")
    answer.ok()
    assert size_of(answer.content) == (320, 160)


def test_a_file_that_the_other_server_has_not_is_not_found(pair):
    here, there = pair
    download(there.user(), f"{here.name}/unknown").refused(404, "M_NOT_FOUND")


def test_a_file_is_asked_for_once(alice, peer):
    uri = offered(peer)
    for _ in range(3):
        assert download(alice, uri).content == b"hello"
    assert peer.asked("/media/download/") == 1


def test_nobody_is_asked_where_that_is_not_wanted(alice, peer):
    download(alice, offered(peer), allow_remote="false").refused(404, "M_NOT_FOUND")
    assert peer.asked("/media/") == 0


def test_an_old_server_is_asked_the_old_way(alice, peer):
    peer.lies["media"] = lambda *_: Raw(b'{"errcode":"M_UNRECOGNIZED","error":"?"}', 404)
    assert download(alice, offered(peer)).content == b"hello"


def test_only_an_old_server_is_asked_the_old_way(alice, peer):
    download(alice, f"{peer.name}/unknown").refused(404, "M_NOT_FOUND")
    assert peer.asked("/media/v3/") == 0


def test_a_file_is_read_from_where_the_other_server_points(alice, peer):
    uri = offered(peer)
    other = f"https://{peer.name}/_matrix/media/v3/download/{uri}"
    peer.lies["media"] = lambda *_: multipart(b"", f"Location: {other}\r\n")
    assert download(alice, uri).content == b"hello"


def test_a_file_is_handed_to_a_server_that_signs(alice, target, peer):
    media_id = uploaded(alice, b"hello", filename="a.txt").split("/")[1]
    path = f"/_matrix/federation/v1/media/download/{media_id}"
    answer = peer.get(target.name, path)
    assert answer.status_code == 200
    kind, boundary = answer.headers["Content-Type"].split("; boundary=")
    assert kind == "multipart/mixed"
    about, file = answer.content.split(f"--{boundary}".encode())[1:3]
    assert json.loads(about.split(b"\r\n\r\n", 1)[1]) == {}
    head, content = file.split(b"\r\n\r\n", 1)
    assert b"Content-Type: text/plain" in head and b"a.txt" in head
    assert content == b"hello\r\n"


def test_a_thumbnail_is_handed_to_a_server_that_signs(alice, target, peer):
    media_id = uploaded(alice, png(400, 200), "image/png").split("/")[1]
    path = f"/_matrix/federation/v1/media/thumbnail/{media_id}?width=96&height=96&method=crop"
    answer = peer.get(target.name, path)
    assert answer.status_code == 200
    file = answer.content.split(b"\r\n\r\n", 2)[2]
    assert size_of(file) == (96, 96)


def preview(user, url):
    return user.get(f"{MEDIA}/preview_url", query={"url": url})


def serve(peer, **pages):
    """Pages of the peer by their names; the URL of the first."""
    peer.lies["old_media"] = lambda peer, request, server, name: pages.get(name, Raw(b"", 404))
    return f"https://{peer.name}/_matrix/media/v3/download/pages/{next(iter(pages))}"


def page(html):
    return Raw(html.encode(), headers={"Content-Type": "text/html"})


def test_a_page_is_previewed_with_its_picture(alice, peer):
    html = '<title>Hello</title><meta property="og:image" content="/_matrix/media/v3/download/pages/p">'
    picture = Raw(png(40, 20), headers={"Content-Type": "image/png"})
    answer = preview(alice, serve(peer, page=page(html), p=picture)).ok()
    assert answer["og:title"] == "Hello"
    assert answer["matrix:image:size"] == len(png(40, 20))
    assert download(alice, answer["og:image"].removeprefix("mxc://")).content == png(40, 20)


def test_a_preview_follows_a_redirect(alice, peer):
    there = Raw(b"", 302, {"Location": "/_matrix/media/v3/download/pages/b"})
    url = serve(peer, a=there, b=page("<title>There</title>"))
    assert preview(alice, url).ok() == {"og:title": "There"}


@pytest.mark.parametrize("location", ["https://10.1.2.3/", "http://127.0.0.1/", "file:///etc/passwd"])
def test_a_preview_follows_no_redirect_inside(alice, peer, location):
    preview(alice, serve(peer, a=Raw(b"", 302, {"Location": location}))).refused(404, "M_NOT_FOUND")


def test_a_preview_ends_a_redirect_without_an_end(alice, peer):
    url = serve(peer, a=Raw(b"", 302, {"Location": "/_matrix/media/v3/download/pages/a"}))
    preview(alice, url).refused(404, "M_NOT_FOUND")
    assert peer.asked("/pages/") < 10
