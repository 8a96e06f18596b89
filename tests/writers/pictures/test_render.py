"""Drawings are whole, the same everywhere, and never at the cost of an older file."""

from __future__ import annotations

import errno
import os
import re
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from symconv import load
from symconv.errors import OutputError
from symconv.writers.pictures import render as room
from symconv.writers.pictures.diagram import draw, drawn
from symconv.writers.pictures.render import FONTS, FORMATS, render
from symconv.writers.saving import save

posix = pytest.mark.skipif(os.name != "posix", reason="a stand-in for dot is a shell script")

DIAGRAM = """
digraph "net" {
  graph [fontname="DejaVu Sans,Verdana,Arial,Helvetica,sans-serif"];
  node [shape=box, fontname="DejaVu Sans,Verdana,Arial,Helvetica,sans-serif"];
  subgraph cluster_0 { label="block · 1"; a [label="64×⌊(X + 1)/2⌋²"]; b [label=<<B>⌈X³/4⌉</B>>]; }
  a -> b [label="Y⁴"];
}
"""
SIGNS = "⌊⌋⌈⌉·×÷−±²³⁴⁵⁶⁷⁸⁹⁰¹⁻≤≥≠≈≡∈∞√∑∏→←…–—αβγδεζηθικλμνξπρστφχψωΣΔΩ"

Fake = Callable[[str], Path]


@pytest.fixture
def fake_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put a shell script on the path as the only `dot`."""

    def put(script: str) -> Path:
        program = tmp_path / "bin" / "dot"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/usr/bin{os.pathsep}/bin")
        return program

    return put


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "find_spec", lambda name: None)


def codepoints(font: bytes) -> set[int]:
    """The characters of a TrueType font, by its cmap of format 4."""
    rows = range(12, 12 + 16 * struct.unpack(">H", font[4:6])[0], 16)
    tables = {font[at : at + 4]: struct.unpack(">I", font[at + 8 : at + 12])[0] for at in rows}
    cmap = tables[b"cmap"]
    (count,) = struct.unpack(">H", font[cmap + 2 : cmap + 4])
    offsets = [struct.unpack(">I", font[cmap + 8 + 8 * i : cmap + 12 + 8 * i])[0] for i in range(count)]
    table = next(cmap + o for o in offsets if font[cmap + o : cmap + o + 2] == b"\x00\x04")
    twice = struct.unpack(">H", font[table + 6 : table + 8])[0]
    ends = struct.unpack(f">{twice // 2}H", font[table + 14 : table + 14 + twice])
    starts = struct.unpack(f">{twice // 2}H", font[table + 16 + twice : table + 16 + 2 * twice])
    return {c for start, end in zip(starts, ends, strict=True) for c in range(start, end + 1)}


def texts(svg: bytes) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


# What is asked for


def test_dot_is_the_text_itself() -> None:
    assert render(DIAGRAM, "dot").decode() == DIAGRAM


@pytest.mark.parametrize(("suffix", "nearest"), [("pgn", "png"), (".svg", "svg"), ("PDF", "pdf"), ("gif", "")])
def test_an_unknown_format_is_answered_with_the_known_ones_and_the_nearest(suffix: str, nearest: str) -> None:
    with pytest.raises(OutputError) as caught:
        render(DIAGRAM, suffix)
    assert repr(suffix) in str(caught.value)
    assert ", ".join(FORMATS) in str(caught.value)
    assert str(caught.value).endswith(f"(did you mean {nearest}?)") == bool(nearest)


def test_text_that_utf8_cannot_hold_is_an_error_of_ours() -> None:
    with pytest.raises(OutputError, match="UTF-8"):
        render('digraph { "\udcff" }', "svg")


# Drawn by the wheel


@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_wheel_draws_the_same_bytes_twice(suffix: str) -> None:
    first = render(DIAGRAM, suffix)
    time.sleep(1.01 if suffix == "pdf" else 0)  # a PDF's date counts seconds
    assert render(DIAGRAM, suffix) == first
    head, tail = room._WHOLE[suffix]
    assert first.startswith(head)
    assert first.rstrip().endswith(tail)


@pytest.mark.usefixtures("no_dot")
def test_labels_are_real_text_in_an_svg() -> None:
    assert set(texts(render(DIAGRAM, "svg"))) == {"block · 1", "64×⌊(X + 1)/2⌋²", "⌈X³/4⌉", "Y⁴"}


@pytest.mark.usefixtures("no_dot")
def test_a_pdf_holds_the_shipped_faces_and_no_other() -> None:
    pdf = render(DIAGRAM.replace("DejaVu Sans,Verdana,", ""), "pdf")
    assert set(re.findall(rb"/BaseFont /[A-Z]{6}\+([\w-]+)", pdf)) == {b"DejaVuSans", b"DejaVuSans-Bold"}


@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_the_font_settings_of_the_machine_change_nothing(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = render(DIAGRAM, suffix)
    (tmp_path / "empty.conf").write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(tmp_path / "empty.conf"))
    monkeypatch.setenv("FONTCONFIG_PATH", str(tmp_path))
    monkeypatch.setenv("FONTCONFIG_SYSROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    assert render(DIAGRAM, suffix) == before


@pytest.mark.usefixtures("no_dot")
def test_files_of_the_callers_folder_are_not_taken_for_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pygraphviz", "json", "re"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert texts(render("digraph { a }", "svg")) == ["a"]


@pytest.mark.usefixtures("no_dot")
def test_a_script_that_the_shipped_faces_lack_is_still_drawn() -> None:
    assert texts(render('digraph { a [label="畳み込み ⌊X⌋"] }', "svg")) == ["畳み込み ⌊X⌋"]


@pytest.mark.usefixtures("no_dot")
def test_what_graphviz_says_of_a_drawing_that_succeeds_reaches_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    render('digraph { a [shape=nosuchshape, fixedsize=true, width=0.01, label="much too long"] }', "svg")
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("no_dot")
def test_a_text_that_is_no_diagram_is_answered_with_graphvizs_words() -> None:
    with pytest.raises(OutputError, match="syntax error in line 2 near ']'"):
        render("digraph {\n a -> b ] }", "svg")


@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_thousand_nodes_are_drawn(suffix: str) -> None:
    nodes = "".join(f'n{i} [label="64×⌊(X + {i})/2⌋²"]; n{i} -> n{i + 1}; n{i} -> n{i + 3};' for i in range(1000))
    assert len(render(f"digraph {{ {nodes} }}", suffix)) > 10_000


def test_the_shipped_faces_have_every_sign_of_a_formula_and_stay_small() -> None:
    for face in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"):
        assert not {c for c in SIGNS if ord(c) not in codepoints((FONTS / face).read_bytes())}
    assert "DejaVu changes are in public domain" in (FONTS / "LICENSE_DEJAVU").read_text(encoding="utf-8")
    assert sum(file.stat().st_size for file in FONTS.iterdir()) < 1_000_000


# Drawn by the machine's own dot


@posix
@pytest.mark.usefixtures("no_wheel")
def test_the_machines_own_dot_draws_where_there_is_one(fake_dot: Fake) -> None:
    fake_dot('printf "<?xml %s " "$1"; cat; echo "</svg>"')
    assert render("digraph { ⌊ }", "svg") == "<?xml -Tsvg digraph { ⌊ }</svg>\n".encode()


@posix
@pytest.mark.parametrize(("text", "others"), [("⌊X⌋ λ é", False), ("畳", True)])
def test_the_machines_fonts_are_looked_at_for_foreign_scripts_only(text: str, others: bool, fake_dot: Fake) -> None:
    fake_dot('echo "<?xml"; cat "$FONTCONFIG_FILE"; ls; echo "epoch=$SOURCE_DATE_EPOCH"; echo "</svg>"')
    told = render(text, "svg").decode()
    assert {"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"} <= set(told.split())
    assert ("<dir>/usr/share/fonts</dir>" in told) == others
    assert ("epoch=0" in told) != others


@posix
@pytest.mark.parametrize("script", ["exit 1", "exit 0", "echo hello", "echo '<?xml cut off'", "kill -9 $$"])
def test_a_dot_that_does_not_draw_is_replaced_by_the_wheel(script: str, fake_dot: Fake) -> None:
    fake_dot(script)
    assert texts(render("digraph { a }", "svg")) == ["a"]


@posix
@pytest.mark.usefixtures("no_wheel")
def test_the_error_tells_what_dot_said(fake_dot: Fake) -> None:
    program = fake_dot('echo "Fontconfig warning: noise" >&2; echo "Error: no layout engine for dot" >&2; exit 1')
    with pytest.raises(OutputError) as caught:
        render("digraph { a }", "png")
    assert str(caught.value) == f"the diagram could not be drawn\n{program}: Error: no layout engine for dot"


@posix
@pytest.mark.usefixtures("no_wheel")
def test_a_silent_failure_of_dot_is_told_by_its_status(fake_dot: Fake) -> None:
    fake_dot("exit 7")
    with pytest.raises(OutputError, match="no complete pdf, exit status 7"):
        render("digraph { a }", "pdf")


@posix
def test_a_dot_that_hangs_is_ended_and_nothing_else_is_tried(fake_dot: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_dot("exec sleep 60")
    monkeypatch.setattr(room, "TIMEOUT", 0.3)
    with pytest.raises(OutputError, match=r"not drawn after 0\.3 s"):
        render("digraph { a }", "svg")


@posix
@pytest.mark.usefixtures("no_wheel")
def test_a_program_that_cannot_start_is_an_error_of_ours(fake_dot: Fake) -> None:
    fake_dot("").write_bytes(b"\x7fELF no such thing")
    with pytest.raises(OutputError, match="does not start"):
        render("digraph { a }", "svg")


@pytest.mark.usefixtures("no_dot", "no_wheel")
def test_a_machine_without_graphviz_is_told_what_to_install() -> None:
    with pytest.raises(OutputError, match=r"install Graphviz \(https://graphviz.org/download\)"):
        render("digraph { a }", "svg")


@pytest.mark.usefixtures("no_dot")
def test_a_wheel_that_does_not_load_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "pygraphviz"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('libX11.so.6: cannot open shared object file')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(OutputError, match=r"does not load here \(libX11.*install Graphviz"):
        render("digraph { a }", "svg")


@posix
@pytest.mark.usefixtures("no_wheel")
def test_a_pdfs_date_is_replaced_by_one_of_the_same_length(fake_dot: Fake) -> None:
    fake_dot('echo "%PDF-1.5 /CreationDate (D:20261124171511Z)"; echo "%%EOF"')
    assert render("digraph { a }", "pdf") == b"%PDF-1.5 /CreationDate (D:19700101000000Z)\n%%EOF\n"


@posix
@pytest.mark.usefixtures("no_dot")
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(FONTS.iterdir())
    render(DIAGRAM, "png")
    assert sorted(FONTS.iterdir()) == before
    assert not list(tmp_path.iterdir())


def test_a_temporary_directory_that_is_missing_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    with pytest.raises(OutputError, match="needs a temporary directory"):
        render("digraph { a }", "svg")


# Written


def failing(*words: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_new_file_holds_the_bytes_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    save(b"new", tmp_path / "a.svg")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("a.svg", b"new")]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_old_file_survives_a_failed_write(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.svg"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, step, failing)
    with pytest.raises(OutputError, match=r"a\.svg cannot be written: No space left on device"):
        save(b"new", file)
    assert [(left.name, left.read_bytes()) for left in tmp_path.iterdir()] == [("a.svg", b"old")]


def test_an_interrupt_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*words: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "a.svg"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(b"new", file)
    assert [(left.name, left.read_bytes()) for left in tmp_path.iterdir()] == [("a.svg", b"old")]


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=f"there is no directory {re.escape(str(tmp_path / 'none'))}"):
        save(b"new", tmp_path / "none" / "a.svg")


def test_a_file_in_place_of_the_directory_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OutputError, match="there is no directory"):
        save(b"new", tmp_path / "file" / "a.svg")


def test_a_directory_is_not_written_over(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a directory"):
        save(b"new", tmp_path)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_a_name_that_no_file_can_have_is_an_error_of_ours(name: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        save(b"new", tmp_path / name)


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.svg"
    file.write_bytes(b"old")
    # Not by its mode alone: root, who runs many a CI, may write to it all the same.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match="Permission denied"):
        save(b"new", file)
    assert file.read_bytes() == b"old"


@posix
def test_permissions_are_those_of_the_old_file_or_of_any_new_one(tmp_path: Path) -> None:
    old, new, plain = tmp_path / "old", tmp_path / "new", tmp_path / "plain"
    old.write_bytes(b"")
    old.chmod(0o640)
    plain.write_bytes(b"")
    save(b"1", old)
    save(b"1", new)
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert new.stat().st_mode == plain.stat().st_mode


@posix
def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "link.svg"
    link.symlink_to(Path("far", "a.svg"))
    save(b"new", link)
    assert link.is_symlink()
    assert (tmp_path / "far" / "a.svg").read_bytes() == b"new"


@posix
def test_links_that_lead_to_each_other_are_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputError, match="cannot be written"):
        save(b"new", tmp_path / "a")


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are made by mkfifo")
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    save(b"new", pipe)
    reader.join(5)
    assert got == [b"new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("model", ["vgg16", "resnet50", "googlenet", "unet", "vit_b_16"])
def test_the_pictures_of_a_paper_are_drawn_without_the_systems_dot(model: str, tmp_path: Path) -> None:
    """As PNG, of some size, and from a text whose every sign the shipped faces have."""
    net = load(model)
    draw(net, tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    wide, high = struct.unpack(">II", data[16:24])
    assert data.startswith(b"\x89PNG")
    assert min(wide, high) > 300
    said = "".join(texts(drawn(net, "svg")))
    assert set(said) & set("⌊⌋⌈⌉²")
    assert not {ord(c) for c in said if not c.isspace()} - codepoints((FONTS / "DejaVuSans.ttf").read_bytes())
