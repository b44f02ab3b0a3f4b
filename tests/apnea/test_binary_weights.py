"""What binary weights save on a wearable: the published network with and without, on the core."""

import numpy as np
import pytest
import torch
from torch import nn

from ecglib.apnea import networks
from ecglib.device import aims, compiler
from ecglib.device.compiler import CompilerMissing
from ecglib.device.folding import dealt, folded
from ecglib.device.measure import TYPICAL, measure
from ecglib.device.quantize import quantize, quantize_input

try:
    compiler.device_compiler()
    compiler.host_compiler()  # for the hooks of the emulator
except CompilerMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

# (binary weights, aim) -> cycles, bytes of flash, bytes of RAM: the table of docs/device.md
TABLE = {
    (False, "cycles"): (7_275_122, 105_088, 21_464),
    (True, "cycles"): (4_346_670, 18_620, 24_628),
    (False, "memory"): (8_446_685, 58_540, 15_962),
    (True, "memory"): (4_399_764, 18_536, 15_178),
}


@torch.no_grad()
def integers(*, binary):
    """The integer network john2021, untrained, and one window for it."""
    network = networks.build("john2021", 0).eval()
    for layer in network.modules():
        if binary and isinstance(layer, nn.Conv1d | nn.Linear):
            weight = layer.weight
            scale = weight.abs().flatten(1).mean(1).reshape(-1, *[1] * (weight.dim() - 1))
            weight.copy_(torch.where(weight < 0, -scale, scale))
    flat = folded(network)
    torch.manual_seed(0)
    windows = dealt(torch.randn(32, *network.input_shape), flat.input_shape)
    done = quantize(flat, windows)
    return done, quantize_input(done, windows[:1])[0].reshape(1, -1)


@pytest.mark.parametrize(("binary", "aim"), TABLE)
def test_cycles_flash_and_ram_are_those_of_the_document(binary, aim):
    network, beat = integers(binary=binary)
    layout = aims.laid_out(network, beat[0], aim)
    costs = measure(network, beat, *layout, whole=False)
    flash = costs.code_bytes + costs.constant_bytes
    found = [costs.cycles[TYPICAL], flash, costs.ram_bytes]
    print(aim, layout.kernels, dict(zip(("cycles", "flash", "RAM"), found, strict=True)))
    taken = {layout.kernels[name] == "binary" for name in ("features_4", "features_7")}
    assert taken == {binary}
    # Weights, and with them how often sums are negative, may differ in the last digit elsewhere.
    np.testing.assert_allclose(found, TABLE[binary, aim], rtol=0.01)
