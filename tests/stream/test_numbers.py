import math

from hypothesis import given
from hypothesis import strategies as st

from ecglib.stream.numbers import divided, log2, power_of_half


@given(st.integers(1, 2**62))
def test_the_logarithm_is_right_to_its_last_place_and_never_above(value):
    found = log2(value) / 2**14
    assert 0 <= math.log2(value) - found < 2e-4


@given(st.integers(1, 2**40), st.integers(1, 2**20))
def test_the_logarithm_never_falls(value, more):
    assert log2(value) <= log2(value + more)


@given(st.integers(0, 24 << 24))
def test_a_power_of_one_half(exponent):
    mantissa, shift = power_of_half(exponent)
    assert 2**31 <= mantissa < 2**32
    assert math.isclose(mantissa / 2**31 / 2**shift, 2 ** -(exponent / 2**24), rel_tol=2e-5)


@given(st.integers(-(2**31), 2**31), st.integers(1, 2**20))
def test_quotients_are_those_of_c(value, by):
    assert divided(value, by) == math.trunc(value / by)
