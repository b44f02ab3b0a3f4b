"""The C computes what the integer network does, bit for bit: on the host and on the device."""

import math
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from elftools.elf.elffile import ELFFile
from hypothesis import HealthCheck, given, settings
from random_networks import hard_beats, hard_values, kernels, networks, spreading

from ecglib import models
from ecglib.device import compiler, firmware, integer, zscore
from ecglib.device.compiler import CompileError
from ecglib.device.integer import IntegerError, IntegerNetwork, Layer, Tensor
from ecglib.device.kernels import kernels_for
from ecglib.device.meter import Machine
from ecglib.device.plan import VALUE_BITS
from ecglib.device.quantize import quantize, quantize_input
from ecglib.paths import LIST

SOURCES = ("ecg_model.c", "ecg_test.c")
CHECKED = settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("firmware")


def wrong_on_host(command, folder: Path) -> int:
    """How many beats of its own test the folder's C gets wrong; a negative number: it crashed."""
    program = folder.parent / "host.elf"  # beside it: a folder with more in it is not replaced
    sources = [str(folder / name) for name in SOURCES]
    subprocess.run([*command, *sources, "-o", str(program)], check=True)
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run([str(program)], env=environment, capture_output=True, text=True)
    assert not done.stderr, done.stderr
    return done.returncode


def on_device(folder: Path, *flags: str) -> Machine:
    elf = folder.parent / "device.elf"
    sources = [str(folder / name) for name in SOURCES]
    command = [*compiler.device_compiler(), *compiler.DEVICE, *compiler.STRICT, *compiler.BARE]
    link = ["-T", str(compiler.LINKER_SCRIPT), "-o", str(elf), "-lgcc"]
    whole = [*command, "-pedantic", *flags, *sources, *link]
    subprocess.run(whole, check=True, stderr=subprocess.PIPE, text=True)
    return Machine(elf)


def wrong_on_device(folder: Path, *flags: str) -> int:
    return on_device(folder, *flags).call("main", check_alignment=True).result


def beats_for(network, seed=0):
    raw = len(network.inputs) == 1 and network.inputs[0].channels == 1
    return hard_beats(network.inputs[0].steps, seed) if raw else hard_values(network, seed)


@CHECKED
@given(data=st.data(), raw=st.booleans(), bits=st.sampled_from(VALUE_BITS))
def test_c_on_the_host_equals_numpy(host, scratch, data, raw, bits):
    network = data.draw(networks(raw))
    folder = scratch / "host"
    layout = {"kernels": data.draw(kernels(network, bits)), "value_bits": bits}
    firmware.write(network, folder, beats_for(network), title="random", **layout)
    assert wrong_on_host(host, folder) == 0


@settings(CHECKED, max_examples=22)
@given(
    data=st.data(),
    raw=st.booleans(),
    portable=st.sampled_from([False, False, True]),
    bits=st.sampled_from(VALUE_BITS),
)
def test_c_on_the_device_equals_numpy(device, scratch, data, raw, portable, bits):
    network = data.draw(networks(raw))
    folder = scratch / "device"
    layout = {"kernels": data.draw(kernels(network, bits)), "value_bits": bits}
    firmware.write(network, folder, beats_for(network), title="random", **layout)
    assert wrong_on_device(folder, *(["-DECG_PORTABLE"] if portable else [])) == 0


def layer(rng, name, shape, sources, *, padding=0, skip=None, pool=(1, 1), steps=1):
    """A layer with random weights; see `calibrated` for what is missing."""
    zeros = np.zeros(shape[0], np.int32)
    weight = rng.integers(-127, 128, shape).astype(np.int8)
    weight[::2, :2, 0] = 0  # so that some outputs have an even number of pairs, some an odd one
    return Layer(
        name=name,
        weight=weight,
        bias=zeros,
        multiplier=zeros,
        negative=zeros,
        sources=sources,
        padding=padding,
        skip=skip,
        skip_weight=np.full(shape[0], 0 if skip is None else 90, np.int32),
        pool=pool,
        output=Tensor(shape[0], steps, 0.1, 100),
    )


def calibrated(inputs, layers, beats):
    """The network with biases and multipliers that spread all its values over 0 to 255."""
    done = []
    for layer in layers:
        one = replace(layer, multiplier=layer.multiplier + 1)  # its output is of no use
        part = IntegerNetwork(inputs, (*done, one))
        tensors = firmware.input_tensors(part, beats)
        if done:  # the last layer's values are not clipped, so it may not be the last
            *found, _ = integer.values(part, tensors)
            tensors = [*tensors, *found]
        sources = [tensors[number] for number in layer.sources]
        if sources[0].shape[1] != layer.weight.shape[1]:
            sources = [np.concatenate([s.reshape(len(s), -1, 1) for s in sources], 1)]
        sums = integer.convolved(layer, sources[0], part.tensors[layer.sources[0]].zero)
        bias = -sums.mean((0, 2)).astype(np.int32)
        multiplier = spreading(sums)
        done.append(replace(layer, bias=bias, multiplier=multiplier, negative=multiplier // 3))
    return IntegerNetwork(inputs, tuple(done))


def small_network(channels=6, outputs=5):
    """A convolution of one lead, one with a skip and pooling, two dense layers."""
    rng = np.random.default_rng(3)
    shape = (channels, channels, 5)
    layers = (
        layer(rng, "stem", (channels, 1, 3), (0,), padding=1, steps=40),
        layer(rng, "block.0", shape, (1,), padding=2, skip=1, pool=(2, 2), steps=20),
        layer(rng, "hidden", (7, 20 * channels, 1), (2,)),
        layer(rng, "classes", (outputs, 7, 1), (3,)),
    )
    return calibrated((Tensor(1, 40, 0.04, 100),), layers, hard_beats(40))


@pytest.mark.parametrize("taps", [1, 3])
def test_padding_wider_than_the_taps_reach_overwrites_nothing_unread(host, tmp_path, taps):
    rng = np.random.default_rng(7)
    steps = 43 + taps
    layers = (
        layer(rng, "wide", (4, 4, taps), (0,), padding=taps + 1, steps=steps),
        layer(rng, "next", (4, 4, 1), (1,), steps=steps),  # what is read flat is never in place
        layer(rng, "classes", (5, 4 * steps, 1), (2,)),
    )
    inputs = (Tensor(4, 40, 0.04, 100),)
    beats = hard_values(IntegerNetwork(inputs, layers))
    network = calibrated(inputs, layers, beats)
    firmware.write(network, tmp_path / "c", beats, title="t", value_bits=8)
    assert wrong_on_host(host, tmp_path / "c") == 0


@pytest.mark.parametrize("kernel", ["dense", "dense8", "pairs", "halves", "sparse"])
@pytest.mark.parametrize("channels", [6, 5])
def test_each_kernel_on_the_device(device, tmp_path, kernel, channels):
    network = small_network(channels)
    chosen = {one.name: kernel for one in network.layers if kernel in kernels_for(network, one)}
    assert chosen
    firmware.write(network, tmp_path / "c", hard_beats(40), title="t", kernels=chosen)
    assert wrong_on_device(tmp_path / "c", "-O2" if channels == 6 else "-Os") == 0


def test_a_changed_weight_is_noticed(host, device, tmp_path):
    network = small_network()
    firmware.write(network, tmp_path / "c", hard_beats(40), title="t")
    test = (tmp_path / "c/ecg_test.c").read_text()
    weight = network.layers[-1].weight
    weight[0, 0, 0] = 127 if weight[0, 0, 0] < 0 else -127
    firmware.write(network, tmp_path / "c", hard_beats(40), title="t")
    (tmp_path / "c/ecg_test.c").write_text(test)
    assert wrong_on_host(host, tmp_path / "c") > 0
    assert wrong_on_device(tmp_path / "c") > 0


def test_the_answer_is_the_largest_logit_wherever_the_beat_lies(device, tmp_path):
    network, beats = small_network(), hard_beats(40)
    firmware.write(network, tmp_path / "c", beats, title="t")
    machine = on_device(tmp_path / "c")
    expected = integer.logits(network, firmware.input_tensors(network, beats))
    for offset, beat, logits in zip((0, 2, 2, 0), beats[-4:], expected[-4:], strict=True):
        address = machine.symbol("__free_ram_start") + offset
        machine.write(address, beat.tobytes())
        assert machine.call("ecg_classify", address).result == logits.argmax()
        found = np.frombuffer(machine.read(machine.symbol("ecg_logits"), 20), "<i4")
        np.testing.assert_array_equal(found, logits)


def test_a_network_that_joins_features_to_a_beat_takes_values(host, tmp_path):
    rng = np.random.default_rng(5)
    layers = (
        layer(rng, "conv", (4, 1, 7), (0,), pool=(2, 2), steps=17),
        layer(rng, "hidden", (6, 4 * 17 + 8, 1), (2, 1)),
        layer(rng, "classes", (5, 6, 1), (3,)),
    )
    inputs = (Tensor(1, 40, 0.04, 100), Tensor(8, 1, 0.1, 3))
    network = calibrated(inputs, layers, hard_values(IntegerNetwork(inputs, layers)))
    firmware.write(network, tmp_path / "c", hard_values(network), title="t")
    header = (tmp_path / "c/ecg_model.h").read_text()
    assert "#define ECG_VALUES 48\n" in header
    assert "int ecg_classify(const uint8_t values[ECG_VALUES]);" in header
    assert wrong_on_host(host, tmp_path / "c") == 0
    with pytest.raises(IntegerError, match="only a network that takes one beat"):
        firmware.write(network, tmp_path / "d", hard_beats(48), title="t")


@pytest.mark.parametrize(
    "beats",
    [
        np.zeros((2, 39), np.int16),
        np.zeros((2, 40), np.int32),
        np.zeros((2, 40)),
        np.zeros(40, np.int16),
        np.zeros((0, 40), np.int16),
    ],
)
def test_other_beats_are_refused(tmp_path, beats):
    with pytest.raises(IntegerError, match="beats are"):
        firmware.write(small_network(), tmp_path / "c", beats, title="t")
    assert not list(tmp_path.iterdir())


BAD_TITLES = ["*/ int x; /*", "a /* b", "a ??/", "a \\", "two\nlines", "Schl\xe4ge", "\t", ""]


@pytest.mark.parametrize("title", BAD_TITLES)
def test_a_title_that_does_not_fit_into_a_comment_is_refused(tmp_path, title):
    with pytest.raises(IntegerError, match="the title .* goes into a comment of C"):
        firmware.write(small_network(), tmp_path / "c", hard_beats(40), title=title)
    assert not list(tmp_path.iterdir())


def test_every_other_title_compiles_without_a_warning(host, tmp_path):
    signs = "".join(map(chr, range(32, 127))).replace("\\", "")
    for title in (signs, "/ 90 % // ??= ? *", "#define x 1"):
        firmware.write(small_network(), tmp_path / "c", hard_beats(40), title=title)
        assert wrong_on_host(host, tmp_path / "c") == 0


@pytest.mark.parametrize("prefix", ["", "Ecg", "_ecg", "2ecg", "ecg-1", "ecg.x", "e\xe7g", "a\n"])
def test_a_prefix_that_begins_no_name_is_refused(tmp_path, prefix):
    with pytest.raises(IntegerError, match="the prefix .* begins names of C"):
        firmware.write(small_network(), tmp_path / "c", hard_beats(40), title="t", prefix=prefix)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("names", [("normal", "apnea"), ("a", "B_2", "3"), tuple("123456")])
def test_any_number_of_classes(host, tmp_path, names):
    network = small_network(outputs=len(names))
    firmware.write(network, tmp_path / "c", hard_beats(40), title="t", classes=names)
    assert wrong_on_host(host, tmp_path / "c") == 0
    header = (tmp_path / "c" / "ecg_model.h").read_text()
    listed = ", ".join(f"ECG_{name.upper()}" for name in names)
    assert f"/* Classes. */\nenum ecg_class {{ {listed} }};" in header
    assert f"#define ECG_CLASSES {len(names)}\n" in header


def test_the_classes_are_those_of_aami_unless_named(tmp_path):
    firmware.write(small_network(), tmp_path / "c", hard_beats(40), title="t")
    header = (tmp_path / "c" / "ecg_model.h").read_text()
    assert "/* AAMI classes. */\nenum ecg_class { ECG_N, ECG_S, ECG_V, ECG_F, ECG_Q };" in header


BAD_CLASSES = [
    (2, {}, r"5 classes \(N, S, V, F, Q\) for a network of 2 outputs"),
    (
        5,
        {"classes": ("normal", "apnea")},
        r"2 classes \(normal, apnea\) for a network of 5 outputs",
    ),
    (1, {"classes": ("apnea",)}, "give two or more classes"),
    (2, {"classes": ("normal", "no-breath")}, "the class 'NO-BREATH' becomes a name of C"),
    (2, {"classes": ("normal", "")}, "the class '' becomes a name of C"),
    (2, {"classes": ("apnea", "Apnea")}, "the class 'APNEA' becomes a name of C: .* once"),
    (2, {"classes": ("few", "samples")}, "'SAMPLES' .* none of CLASSES, LOGIT_SCALE"),
]


@pytest.mark.parametrize(("outputs", "given", "said"), BAD_CLASSES)
def test_classes_that_do_not_fit_are_refused(tmp_path, outputs, given, said):
    network = small_network(outputs=outputs)
    with pytest.raises(IntegerError, match=said):
        firmware.write(network, tmp_path / "c", hard_beats(40), title="t", **given)
    assert not list(tmp_path.iterdir())


def test_two_networks_run_in_one_program(host, tmp_path):
    beats, sources, calls, expected = hard_beats(40), [], "", []
    for prefix, channels, bits in (("large", 6, 16), ("small_1", 5, 8)):
        network, layout = small_network(channels), {"prefix": prefix, "value_bits": bits}
        firmware.write(network, tmp_path / prefix, beats[-1:], title="t", **layout)
        sources += [str(tmp_path / prefix / f"{prefix}_model.c"), f"-I{tmp_path / prefix}"]
        capitals = prefix.upper()
        calls += f"""
    printf("%d", {prefix}_classify(beat));
    for (int i = 0; i < {capitals}_CLASSES; i++) printf(" %d", (int){prefix}_logits[i]);
    printf(" %d %d\\n", {capitals}_Q, {capitals}_SAMPLES);"""
        logits = integer.logits(network, firmware.input_tensors(network, beats[-1:]))[0]
        expected.append([logits.argmax(), *logits, 4, 40])
    values = ", ".join(map(str, beats[-1]))
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "large_model.h"\n#include "small_1_model.h"\n'
        f"static const int16_t beat[] = {{{values}}};\nint main(void) {{{calls}\n}}\n"
    )
    program = str(tmp_path / "program")
    subprocess.run([*host, str(tmp_path / "main.c"), *sources, "-o", program], check=True)
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    assert [list(map(int, line.split())) for line in done.stdout.splitlines()] == expected


def test_of_the_c_only_what_the_header_names_is_seen_from_outside(device, tmp_path):
    firmware.write(small_network(), tmp_path, hard_beats(40), title="t", prefix="of_mine")
    names = {path.name for path in tmp_path.iterdir()}
    own = {f"of_mine_{name}" for name in ("model.c", "model.h", "test.c")}
    assert names == own | {"ecg_kernels.h", LIST}
    command = [*compiler.device_compiler(), *compiler.DEVICE, "-O2", "-c"]
    compiled = tmp_path / "model.o"
    subprocess.run([*command, str(tmp_path / "of_mine_model.c"), "-o", str(compiled)], check=True)
    with compiled.open("rb") as file:
        symbols = list(ELFFile(file).get_section_by_name(".symtab").iter_symbols())
    seen = [s for s in symbols if s["st_info"]["bind"] == "STB_GLOBAL"]
    defined = {symbol.name for symbol in seen if symbol["st_shndx"] != "SHN_UNDEF"}
    assert defined == {"of_mine_classify", "of_mine_logits"}
    assert "ECG" not in (tmp_path / "of_mine_model.h").read_text()


def test_logits_times_their_scale_are_those_of_the_float_network(tmp_path):
    torch.manual_seed(0)
    floats = models.build("acharya2017").eval()
    windows = torch.randn(64, 1, 260)
    network = quantize(floats, windows)
    values = np.concatenate(quantize_input(network, windows)).reshape(len(windows), -1)
    firmware.write(network, tmp_path / "c", values, title="t")
    header = (tmp_path / "c" / "ecg_model.h").read_text()
    (scale,) = re.findall(r"^#define ECG_LOGIT_SCALE (\S+)f$", header, re.MULTILINE)
    with torch.no_grad():
        expected = floats(windows).numpy()
    found = float(scale) * integer.logits(network, quantize_input(network, windows))
    assert np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


def test_with_a_register_kept_back_only_the_portable_kernels_build(device, tmp_path):
    network = small_network()
    chosen = {one.name: "pairs" for one in network.layers if "pairs" in kernels_for(network, one)}
    firmware.write(network, tmp_path / "c", hard_beats(40), title="t", kernels=chosen)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        on_device(tmp_path / "c", "-ffixed-r9")
    assert "impossible constraints" in refused.value.stderr
    kernels_in_c = (tmp_path / "c" / "ecg_kernels.h").read_text()
    told = kernels_in_c[kernels_in_c.index('"impossible constraints"') :].split("*/")[0]
    assert "-ffixed-r9" in told and "-DECG_PORTABLE" in told
    assert wrong_on_device(tmp_path / "c", "-ffixed-r9", "-DECG_PORTABLE") == 0


def test_nothing_is_half_written(tmp_path, monkeypatch):
    network, beats = small_network(), hard_beats(40)
    firmware.write(network, tmp_path / "c", beats, title="first")
    before = {file.name: file.read_text() for file in (tmp_path / "c").iterdir()}
    write_text = Path.write_text

    def fail(path, text):
        if path.name == "ecg_test.c":
            raise OSError("no space left")
        return write_text(path, text)

    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(OSError, match="no space"):
        firmware.write(network, tmp_path / "c", beats, title="second")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert {file.name: file.read_text() for file in (tmp_path / "c").iterdir()} == before
    firmware.write(network, tmp_path / "c", beats, title="third")
    assert "third" in (tmp_path / "c/ecg_model.h").read_text()


def test_the_c_needs_no_library(device, tmp_path):
    firmware.write(small_network(), tmp_path / "c", hard_beats(40), title="t")
    compiler.build_for_device([tmp_path / "c/ecg_model.c"], tmp_path / "elf", [tmp_path / "c"])
    names = {n for n in Machine(tmp_path / "elf").symbols if not n.startswith(("layer_", "__"))}
    assert names <= {"ecg_classify", "normalise"}
    (tmp_path / "c/needs.c").write_text("int f(void); int g(void) { return f(); }")
    with pytest.raises(CompileError, match="undefined reference"):
        compiler.build_for_device([tmp_path / "c/needs.c"], tmp_path / "elf")


def test_normalised_is_the_z_score_within_one_step():
    network = small_network()
    rng = np.random.default_rng(1)
    amplitude = np.array([[20], [100], [1000], [9000]])
    beats = np.clip(rng.normal(0, amplitude, (4, 40)), -32768, 32767).astype(np.int16)
    z = (beats - beats.mean(1, keepdims=True)) / beats.std(1, keepdims=True)
    tensor = network.inputs[0]
    expected = np.clip(np.rint(z / tensor.scale) + tensor.zero, 0, 255)
    found = zscore.normalised(network, beats)[:, 0].astype(int)
    assert np.abs(found - expected).max() <= 1
    flat = zscore.normalised(network, np.full((1, 40), -7, np.int16))
    assert (flat == tensor.zero).all()


def test_roots_of_squares_are_whole_numbers_rounded_down():
    """The largest sums, and those beside a square: as the integer square root of C has them."""
    largest = np.tile(np.array([-32768, 32767], np.int16), 1023)
    rng = np.random.default_rng(0)
    beats = [largest, np.roll(largest, 1), *rng.integers(-32768, 32768, (300, len(largest)))]
    beats = np.array(beats, np.int16)
    centred = 16 * beats.astype(np.int64) - zscore.means(beats)[:, None]
    squares = (centred**2).sum(1)
    assert squares.max() > 0.99 * 2**49
    squares = np.concatenate([squares, np.arange(2**25 - 500, 2**25) ** 2 + [[-1], [0], [1]]], None)
    assert zscore.roots(squares).tolist() == [math.isqrt(int(square)) for square in squares]
