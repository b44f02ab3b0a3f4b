"""Bytes that a layer's weights take in each encoding, the index of a sparse one included."""

import torch


def weight_bytes_float32(weight: torch.Tensor, biases: int = 0) -> int:
    """Bytes of a layer in float32: four per weight (zeros too) and per bias (their number).

    >>> weight_bytes_float32(torch.ones(2, 3), biases=2)  # (6 + 2) x 4
    32
    """
    return 4 * (weight.numel() + biases)


def weight_bytes_int8(weight: torch.Tensor, biases: int = 0) -> int:
    """Bytes of a layer in dense int8: one per weight, zeros included, and int32 biases.

    >>> weight_bytes_int8(torch.ones(2, 3), biases=2)  # 6 + 2 x 4
    14
    """
    return weight.numel() + 4 * biases


def weight_bytes_int8_csr(weight: torch.Tensor, biases: int = 0) -> int:
    """Bytes of a layer in int8 compressed sparse rows (CSR), the standard sparse matrix format.

    A row is one output channel of `weight` (channels, ...); its columns are the rest, flattened.
    A nonzero takes one byte and its column index (1 byte up to 256 columns, 2 up to 65536, else
    4); then rows + 1 row pointers (2 bytes each, 4 above 65535 nonzeros) and int32 biases.

    >>> weight_bytes_int8_csr(torch.tensor([[0, 7, 0], [5, 0, 0]]))  # 2 x (1 + 1) + 3 x 2
    10
    """
    rows, nonzeros = weight.shape[0], int(weight.count_nonzero())
    columns = weight.numel() // rows
    column_bytes = 1 if columns <= 256 else 2 if columns <= 65536 else 4
    pointer_bytes = 2 if nonzeros <= 65535 else 4
    return nonzeros * (1 + column_bytes) + (rows + 1) * pointer_bytes + 4 * biases


def weight_bytes_int8_bitmap(weight: torch.Tensor, biases: int = 0) -> int:
    """Bytes of a layer as int8 nonzeros and a bitmap, one bit per weight; int32 biases.

    Bitmaps are known from sparse accelerators; they beat CSR where an index per nonzero costs more.

    >>> weight_bytes_int8_bitmap(torch.tensor([[0, 7, 0, 0, 0], [5, 0, 0, 0, 0]]))  # 2 + ceil(10/8)
    4
    """
    return int(weight.count_nonzero()) + (weight.numel() + 7) // 8 + 4 * biases


INT8_STORAGE = (weight_bytes_int8, weight_bytes_int8_csr, weight_bytes_int8_bitmap)
STORAGE = (weight_bytes_float32, *INT8_STORAGE)
