"""The folder that a firmware engineer takes: it builds, and its example tells the reference's."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from ecglib.device import compiler
from ecglib.device.integer import IntegerError
from ecglib.paths import FolderError
from ecglib.stream import folder
from ecglib.stream.reference import BEAT, events
from ecglib.stream.stretches import Converter

CONVERTER = Converter(360, 0, 2047)
STUB = """
#define ARDUINO 1
struct Port { void begin(long) {} template <class T> void print(T) {} template <class T> void
println(T) {} };
static Port Serial;
"""


@pytest.fixture(scope="module")
def samples(heart):
    return heart(np.arange(0.5, 15, 0.8), noise=5.0)


@pytest.fixture(scope="module")
def written(network, samples, tmp_path_factory):
    at = tmp_path_factory.mktemp("stream") / "firmware"
    folder.write(network, at, samples, CONVERTER, title="a test")
    return at


def needs(tool):
    if not shutil.which(tool):
        pytest.skip(f"no {tool}; Debian and Ubuntu: apt-get install {tool}")


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def expected(network, samples):
    end = np.full(720, -1)
    lines = []
    for one in events(network, np.concatenate([samples, end]), CONVERTER):
        kind = "beat" if one.kind == BEAT else "signal"
        logits = " ".join(map(str, one.logits))
        lines.append(f"{kind} {one.sample} label {one.label} quality {one.quality} logits {logits}")
    return lines


def test_with_cmake_it_builds_without_a_warning_and_tells_the_reference_s(
    written, network, samples, tmp_path
):
    needs("cmake")
    flags = "-DCMAKE_C_FLAGS=-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
    run("cmake", "-S", written, "-B", tmp_path, flags)
    run("cmake", "--build", tmp_path)
    told = run(tmp_path / "events").splitlines()
    assert told == expected(network, samples)
    assert len(told) > 15


def test_sanitizers_find_no_undefined_behaviour(written, network, samples, tmp_path):
    needs("gcc")
    program, source = tmp_path / "events", written / "src"
    checks = "-fsanitize=undefined,address", "-fno-sanitize-recover=all"
    run(
        *("gcc", "-std=c99", "-O1", *checks, f"-I{source}", "-o", program),
        *(source / "ecg_stream.c", written / "examples" / "events" / "events.c"),
    )
    assert run(program).splitlines() == expected(network, samples)


ANYTHING = """
#include "ecg_stream.h"
static ecg_stream stream;
static uint32_t state = 1;
static uint32_t any(uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)state * below >> 32);
}
static int32_t sample_of(uint32_t kind, uint32_t i, uint32_t beat, int32_t lowest, int32_t width) {
    switch (kind) {
    case 0: return ECG_STREAM_NO_SAMPLE;
    case 1: return lowest + (int32_t)any((uint32_t)width + 1);
    case 2: return lowest;
    case 3: return lowest + width;
    case 4: return lowest + width / 2;
    case 5: return i % 8 < 4 ? lowest : lowest + width;
    case 6: return (int32_t)(any(65536) << 16 | any(65536));
    default: return lowest + (i % beat < 1 + beat / 20 ? width : width / 2);
    }
}
/* Streams at any rate, of any range, of pieces of up to three seconds each. */
int main(void) {
    uint32_t told = 0;
    for (int n = 0; n < 60; n++) {
        const uint32_t rate = 120 + any(881), beat = rate / 4 + any(rate);
        const int32_t width = n % 2 ? 65535 : 1 + (int32_t)any(65535);
        const int32_t lowest = n % 4 == 0 ? INT32_MIN + 1 : n % 4 == 1 ? INT32_MAX - width : -999;
        uint32_t kind = 0, left = 0;
        if (ecg_stream_init(&stream, rate, lowest, lowest + width)) return 1;
        for (uint32_t i = 0; i < 30 * rate; i++, left--) {
            ecg_event event;
            if (!left) kind = any(12), left = 1 + any(3 * rate);
            const int32_t sample = sample_of(kind, i, beat, lowest, width);
            told += ecg_stream_push(&stream, sample, &event) == ECG_STREAM_BEAT;
        }
    }
    return told < 600;
}
"""


def test_sanitizers_find_no_undefined_behaviour_in_streams_of_anything(written, tmp_path):
    needs("gcc")
    program, source = tmp_path / "anything", tmp_path / "anything.c"
    source.write_text(ANYTHING)
    checks = "-fsanitize=undefined,address", "-fno-sanitize-recover=all"
    run(
        *("gcc", "-std=c99", "-O1", *checks, f"-I{written / 'src'}", "-o", program),
        *(written / "src" / "ecg_stream.c", source),
    )
    run(program)


def test_its_header_and_sketch_are_read_by_a_cpp_compiler_as_arduino_has(written, tmp_path):
    needs("g++")
    sketch = (written / "examples" / "events" / "events.ino").read_text()
    source = tmp_path / "sketch.cpp"
    source.write_text(STUB + sketch)
    run(
        "g++",
        "-std=c++11",
        "-Wall",
        "-fsyntax-only",
        f"-I{written / 'src'}",
        tmp_path / "sketch.cpp",
    )


def test_a_processor_of_16_bits_is_refused_in_a_sentence(written, tmp_path):
    needs("gcc")
    command = ["gcc", "-D__SIZEOF_INT__=2", "-fsyntax-only", str(written / "src" / "ecg_stream.c")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode
    assert "a stream needs an int of 32 bits" in done.stderr


def test_on_an_arduino_the_example_has_no_main_of_its_own(written, tmp_path):
    needs("gcc")
    source = written / "examples" / "events" / "events.c"
    run("gcc", "-DARDUINO", "-c", f"-I{written / 'src'}", source, "-o", tmp_path / "events.o")
    assert " T main" not in run("nm", tmp_path / "events.o")


def test_its_manifests_say_what_platformio_and_arduino_ask_for(written):
    library = json.loads((written / "library.json").read_text())
    assert {"name", "version", "description", "keywords", "license"} <= library.keys()
    for example in library["examples"]:
        assert all((written / example["base"] / name).is_file() for name in example["files"])
    assert (written / library["build"]["srcDir"] / library["headers"]).is_file()
    lines = (written / "library.properties").read_text().splitlines()
    found = dict(line.split("=", 1) for line in lines)
    asked = "name version author maintainer sentence paragraph category url architectures"
    assert set(asked.split()) <= found.keys()
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert found["version"] == library["version"]


def test_its_readme_is_true_of_its_header(written):
    readme = (written / "README.md").read_text()
    header = (written / "src" / "ecg_stream.h").read_text()
    names = set(re.findall(r"\bECG_STREAM_\w+|\becg_stream_\w+(?=\()", readme))
    assert {"ecg_stream_init", "ecg_stream_push", "ECG_STREAM_BEAT"} <= names
    assert all(re.search(rf"\b{name}\b", header) for name in names)
    assert "from 120 to 1000 Hz" in readme
    assert "MIT" in (written / "LICENSE").read_text()


def test_nothing_but_integers_and_no_allocation(written):
    for file in (written / "src").iterdir():
        if file.name != "ecg_kernels.h":
            text = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL)
            assert not re.search(r"\b(float|double|malloc|free|calloc)\b", text), file.name
    needs("nm")
    needs("gcc")
    run(
        *("gcc", "-std=c99", "-O2", "-c", written / "src" / "ecg_stream.c"),
        *("-o", written.parent / "stream.o"),
    )
    symbols = run("nm", "-u", written.parent / "stream.o")
    assert "alloc" not in symbols
    data = run("nm", written.parent / "stream.o").splitlines()
    assert [line for line in data if line.split()[-2] in ("B", "b", "D", "d", "C")] == []


def test_what_it_did_not_write_is_left_alone(network, samples, tmp_path):
    (tmp_path / "main.c").write_text("of the user")
    with pytest.raises(FolderError, match=r"main\.c"):
        folder.write(network, tmp_path, samples, CONVERTER, title="a test")
    assert [path.name for path in tmp_path.iterdir()] == ["main.c"]


@pytest.mark.parametrize("title", ["*/", "two\nlines"])
def test_a_title_that_is_no_comment_is_refused(title, network, samples, tmp_path):
    with pytest.raises(IntegerError, match="goes into a comment"):
        folder.write(network, tmp_path / "x", samples, CONVERTER, title=title)


def test_samples_that_are_no_integers_are_refused(network, tmp_path):
    for wrong in (np.zeros(3), np.zeros((2, 2), int), np.zeros(0, int)):
        with pytest.raises(IntegerError, match="expected integers"):
            folder.write(network, tmp_path / "x", wrong, CONVERTER, title="a test")


def test_it_builds_for_the_device_without_a_c_library(written, tmp_path):
    try:
        compiler.device_compiler()
    except compiler.CompilerMissing as missing:
        pytest.skip(str(missing))
    main = tmp_path / "main.c"
    main.write_text(
        '#include "ecg_stream.h"\necg_stream s;\nint run(int x) {\n    ecg_event e;\n'
        "    return ecg_stream_init(&s, 360, 0, 2047) + ecg_stream_push(&s, x, &e);\n}\n"
    )
    sources = [written / "src" / "ecg_stream.c", main]
    compiler.build_for_device(sources, tmp_path / "x.elf", [written / "src"])
