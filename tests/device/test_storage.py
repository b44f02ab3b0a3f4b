"""Bytes of a layer in each encoding, worked out by hand."""

import doctest

import pytest
import torch

from ecglib.device import storage


@pytest.mark.parametrize("columns, column_bytes", [(256, 1), (257, 2), (65536, 2), (65537, 4)])
def test_csr_index_grows_with_the_row(columns, column_bytes):
    weight = torch.zeros(2, columns)
    weight[1, -3:] = 1
    assert storage.weight_bytes_int8_csr(weight, biases=2) == 3 * (1 + column_bytes) + 3 * 2 + 2 * 4


@pytest.mark.parametrize("nonzeros, pointer_bytes", [(65535, 2), (65536, 4)])
def test_csr_row_pointers_grow_with_the_nonzeros(nonzeros, pointer_bytes):
    weight = torch.zeros(256, 256)  # one byte per column index
    weight.view(-1)[:nonzeros] = 1
    assert storage.weight_bytes_int8_csr(weight) == 2 * nonzeros + 257 * pointer_bytes


def test_doctests():
    result = doctest.testmod(storage)
    assert result.attempted >= 4
    assert result.failed == 0
