"""A copy of a release is checked file by file, and nothing that a copy can hold does any harm."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import shutil
import socket
import stat
import struct
import threading
import time
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg import archive, copies, verify
from kg.cli import commands, main
from kg.errors import KgError, MisuseError, ReleaseError

NUMBER = "2026.11.0"
QUADS = b"".join(
    b'<https://example.org/%d> <https://example.org/p> "%d" <https://example.org/g> .\n' % (n, n) for n in range(10, 40)
)


def small(**changed: bytes) -> dict[str, bytes]:
    """A bag with little in it; `changed` files of its payload after the manifests were made of it."""
    facts = json.dumps({"version": NUMBER, "sha256": hashlib.sha256(QUADS).hexdigest()}).encode()
    payload = {"jichi.nq": QUADS, "jichi.nq.gz": archive.packed(QUADS), "release.json": facts, "graphs/a.ttl": b"# a\n"}
    rows = [("Canonical-N-Quads-SHA256", hashlib.sha256(QUADS).hexdigest())]
    return {**archive.bag(payload, rows), **{f"data/{name}": content for name, content in changed.items()}}


def folder_of(files: dict[str, bytes], folder: Path) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return str(folder)


def zip_of(files: dict[str, bytes], path: Path, top: str = "x") -> str:
    path.write_bytes(archive.zipped(files, top, (2026, 11, 21)))
    return str(path)


def found(source: str, **options) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in verify.verify(source, **options).problems]


# ---- the real one


def test_the_release_is_whole_as_folder_and_as_zip(released):
    for name in (NUMBER, f"jichi-{NUMBER}.zip", f"{NUMBER}/data"):
        checked = verify.verify(str(released / "out" / name))
        assert checked.whole and checked.version == NUMBER and checked.files > 500
        assert checked.sha256 == json.loads((released / "out" / NUMBER / "data" / "release.json").read_text())["sha256"]


def test_a_build_is_whole_too(built):
    assert verify.verify(str(built / "current")).whole


def test_the_command_says_so_in_both_languages(released):
    for language, words in (("en", "is whole"), ("ja", "欠けはありません")):
        done = CliRunner().invoke(commands(language), ["verify", str(released / "out" / f"jichi-{NUMBER}.zip")])
        assert done.exit_code == 0 and words in done.output


def test_a_local_copy_needs_no_network(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise AssertionError("the network was used")

    source = zip_of(small(), tmp_path / "a.zip")
    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert verify.verify(source).whole and verify.verify(folder_of(small(), tmp_path / "b")).whole


# ---- what differs is named


def test_every_file_that_differs_is_named(tmp_path):
    files = small(**{"graphs/a.ttl": b"# b\n", "graphs/new.ttl": b"", "extra": b""})
    del files["data/jichi.nq.gz"]
    files["bag-info.txt"] += b"Note: x\n"
    expected = {
        ("verify-changed", "data/graphs/a.ttl"), ("verify-extra", "data/graphs/new.ttl"), ("verify-extra", "data/extra"),
        ("verify-missing", "data/jichi.nq.gz"), ("verify-changed", "bag-info.txt"),
    }  # fmt: skip
    assert set(found(folder_of(files, tmp_path / "a"))) == set(found(zip_of(files, tmp_path / "a.zip"))) == expected


def test_the_command_names_them_and_fails(tmp_path, capsys):
    source = folder_of(small(**{"graphs/a.ttl": b"# b\n"}), tmp_path / "a")
    with pytest.raises(SystemExit) as end:
        main(["verify", source])
    out, err = capsys.readouterr()
    assert end.value.code == 1 and out.startswith("data/graphs/a.ttl: verify-changed: ") and "1 problems" in err
    with pytest.raises(SystemExit):
        main(["verify", source, "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["whole"] is False and said["problems"][0]["where"] == "data/graphs/a.ttl"


def test_data_that_were_changed_with_their_manifests_have_another_hash(tmp_path):
    other = QUADS.replace(b'"11"', b'"12"')
    facts = json.dumps({"version": NUMBER, "sha256": hashlib.sha256(QUADS).hexdigest()}).encode()
    files = archive.bag({"jichi.nq": other, "release.json": facts}, [])
    assert found(folder_of(files, tmp_path / "a")) == [("verify-hash", "data/release.json")]
    # Changed in every place: only who knows the hash from elsewhere can tell.
    forged = archive.bag({"jichi.nq": other, "release.json": facts.replace(
        hashlib.sha256(QUADS).hexdigest().encode(), hashlib.sha256(other).hexdigest().encode())}, [])  # fmt: skip
    source = folder_of(forged, tmp_path / "b")
    assert found(source) == []
    assert found(source, known={NUMBER: hashlib.sha256(QUADS).hexdigest()}) == [("verify-hash", "register")]


def test_the_compressed_form_must_hold_the_same(tmp_path):
    facts = json.dumps({"version": NUMBER, "sha256": hashlib.sha256(QUADS).hexdigest()}).encode()
    for packed in (archive.packed(QUADS + b"# more\n"), archive.packed(b"\0" * 20_000_000), b"no gzip", archive.packed(QUADS)[:-9]):
        files = archive.bag({"jichi.nq": QUADS, "jichi.nq.gz": packed, "release.json": facts}, [])
        assert found(folder_of(files, tmp_path / hashlib.sha256(packed).hexdigest())) == [("verify-forms", "data/jichi.nq.gz")]


def test_blank_nodes_and_what_is_no_data_are_refused_at_once(tmp_path):
    """A clique of blank nodes would keep a canonicaliser busy for ever."""
    clique = b"".join(b"_:a%d <https://example.org/p> _:a%d <https://example.org/g> .\n" % (a, b)
                      for a in range(14) for b in range(14) if a != b)  # fmt: skip
    begin = time.monotonic()
    for content, code in ((clique, "verify-blank"), (b"<x> no data\n", "verify-unreadable"), (b"\xff\xfe", "verify-unreadable")):
        files = archive.bag({"jichi.nq": content, "release.json": b'{"version": "x"}'}, [])
        codes = [c for c, _ in found(folder_of(files, tmp_path / hashlib.sha256(content).hexdigest()))]
        assert codes == [code]
    assert time.monotonic() - begin < 20


def test_any_byte_that_is_changed_is_found(tmp_path):
    """Whatever is flipped in a zip: the copy is not whole, or what was flipped is no part of any file."""
    whole = archive.zipped(small(), "x", (2026, 11, 21))
    chance, unnoticed = random.Random(7), []
    path = tmp_path / "a.zip"
    for _ in range(300):
        place = chance.randrange(len(whole))
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << chance.randrange(8))]) + whole[place + 1:])
        try:
            if verify.verify(str(path)).whole:
                unnoticed.append(path.read_bytes())
        except KgError:
            pass
    good = {name: content for name, content in contents(whole).items()}
    assert all(contents(changed) == good for changed in unnoticed)


def contents(zipped: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
        return {entry.filename: opened.read(entry) for entry in opened.infolist()}


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_cut_zip_is_said_to_be_cut(tmp_path, part, capsys):
    whole = archive.zipped(small(), "x", (2026, 11, 21))
    path = tmp_path / "a.zip"
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(SystemExit) as end:
        main(["verify", str(path)])
    err = capsys.readouterr().err
    assert end.value.code == 1 and "verify-zip" in err and "Traceback" not in err


# ---- what could do harm


HOSTILE = ["../evil", "/etc/evil", "x/../../evil", "C:\\evil", "x\\..\\evil", "x//evil", "x/./evil", "x/ev\x1bil", "x/a\x00b", "x/nul:"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_zip_with_a_name_that_leads_astray_is_refused(tmp_path, name):
    path = tmp_path / "in" / "a.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as opened:
        for good, content in small().items():
            opened.writestr(f"x/{good}", content)
        entry = zipfile.ZipInfo("placeholder")
        entry.filename = name
        opened.writestr(entry, b"evil")
    with pytest.raises(ReleaseError, match="verify-path") as error:
        verify.verify(str(path))
    assert str(error.value).isprintable()
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip", "in"]


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "data/../../evil", "data//x", "data/./x", "data\\x"])
def test_a_manifest_that_leads_astray_is_not_followed(tmp_path, name):
    (tmp_path / "evil").write_bytes(b"evil")
    files = small()
    files["manifest-sha256.txt"] += f"{hashlib.sha256(b'evil').hexdigest()}  {name}\n".encode()
    codes = found(folder_of(files, tmp_path / "a"))
    assert ("verify-row", "manifest-sha256.txt:5") in codes and ("verify-changed", "manifest-sha256.txt") in codes


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in small().items():
            opened.writestr(f"x/{name}", content)
        opened.writestr("x/data/zeros", b"\0" * 200_000_000)
    begin = time.process_time()
    with pytest.raises(ReleaseError, match="verify-bomb"):
        verify.verify(str(path))
    refused = time.process_time()
    with zipfile.ZipFile(path) as opened, opened.open("x/data/zeros") as zeros:
        while zeros.read(1 << 20):
            pass
    assert refused - begin < time.process_time() - refused, "it takes less than unpacking"


def test_a_zip_that_lies_about_its_sizes_is_read_no_further(tmp_path):
    """The directory says few bytes; the content has many."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in small().items():
            opened.writestr(f"x/{name}", content)
        opened.writestr("x/data/zeros", b"\0" * 30_000_000)
    size = struct.pack("<L", 30_000_000)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 3_000)))
    try:
        codes = found(str(path))
    except ReleaseError as error:
        codes = [(error.code, "")]
    assert codes and {code for code, _ in codes} <= {"verify-extra", "verify-unreadable", "verify-zip", "verify-bomb"}


def test_links_two_files_of_one_name_and_secrets_are_refused(tmp_path):
    def written(name: str, change) -> str:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as opened:
            for good, content in small().items():
                opened.writestr(f"x/{good}", content)
            change(opened)
        return str(tmp_path / name)

    def link(opened: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("x/data/link")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        opened.writestr(entry, "/etc/passwd")

    def bzip2(opened: zipfile.ZipFile) -> None:
        opened.writestr("x/data/b", b"b", zipfile.ZIP_BZIP2)

    for name, change, code in (
        ("link", link, "verify-link"),
        ("twice", lambda opened: opened.writestr("x/data/Release.json", b"{}"), "verify-twice"),
        ("coding", bzip2, "verify-coding"),
    ):
        with pytest.raises(ReleaseError, match=code):
            verify.verify(written(name, change))
    secret = Path(written("secret", lambda opened: None))
    content = secret.read_bytes()
    at = content.index(b"PK\x01\x02")
    secret.write_bytes(content[: at + 8] + b"\x01" + content[at + 9:])
    with pytest.raises(ReleaseError, match="verify-coding"):
        verify.verify(str(secret))


def test_links_and_pipes_in_a_folder_are_not_followed(tmp_path):
    for name, make in (
        ("file", lambda p: p.symlink_to("/etc/passwd")), ("folder", lambda p: p.symlink_to("/etc")),
        ("loop", lambda p: p.symlink_to(p.parent)), ("pipe", os.mkfifo),
    ):  # fmt: skip
        source = folder_of(small(), tmp_path / name)
        make(tmp_path / name / "data" / "thing")
        with pytest.raises(ReleaseError, match="verify-link"):
            verify.verify(source)


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: p.write_text("no zip"), lambda p: None], ids=["empty", "text", "nothing"])
def test_what_is_no_release_is_said_to_be_none(tmp_path, make, capsys):
    make(tmp_path / "a")
    with pytest.raises(SystemExit) as end:
        main(["verify", str(tmp_path / "a")])
    err = capsys.readouterr().err
    assert end.value.code == 1 and err.count("\n") == 1 and "verify-" in err


def test_hostile_json_does_no_harm(tmp_path):
    for content in (b"[" * 100_000, b"[]", b'{"version": {"a": 1}, "sha256": 7}', b"\xff", b"null"):
        files = archive.bag({"jichi.nq": QUADS, "release.json": content}, [])
        verify.verify(folder_of(files, tmp_path / hashlib.sha256(content).hexdigest()))


# ---- from an address


@pytest.fixture
def served(tmp_path):
    """Address of a real server for the folder `www`."""
    root = tmp_path / "www"
    root.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield root, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_copy_at_an_address_is_checked(served):
    root, address = served
    zip_of(small(), root / "a.zip")
    folder_of(small(), root / "a")
    folder_of(small(**{"graphs/a.ttl": b"# b\n"}), root / "b")
    (root / "b" / "data" / "jichi.nq.gz").unlink()
    for path in ("a.zip", "a", "a/"):
        assert verify.verify(f"{address}/{path}", allow_local=True).whole
    assert set(found(f"{address}/b", allow_local=True)) == {
        ("verify-changed", "data/graphs/a.ttl"), ("verify-missing", "data/jichi.nq.gz"),
    }  # fmt: skip


def test_an_address_of_this_network_is_not_asked(served):
    root, address = served
    zip_of(small(), root / "a.zip")
    with pytest.raises(MisuseError, match="fetch-local"):
        verify.verify(f"{address}/a.zip")
    with pytest.raises(MisuseError, match="fetch-address"):
        verify.verify("file:///etc/passwd.zip")


def test_a_name_is_safe_or_not():
    assert copies.is_safe("data/graphs/rec/000-2012-london.ttl") and copies.is_safe("データ/ア")
    assert not any(copies.is_safe(name) for name in ("", "/", "a/", "a//b", "..", "a/..", "a\nb", "a\\b", "c:a"))


def test_a_folder_below_another_is_no_release(tmp_path):
    folder_of(small(), tmp_path / "a" / "b")
    shutil.copytree(tmp_path / "a", tmp_path / "c")
    with pytest.raises(ReleaseError, match="verify-no-manifest"):
        verify.verify(str(tmp_path / "c"))
