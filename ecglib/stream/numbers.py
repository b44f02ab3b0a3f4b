"""Logarithm, power and rounding in integers, as the C does them."""

LOG_BITS = 14  # of a logarithm's fraction
POWER_BITS = 16  # of the exponent's fraction that count
# 2 ** (2 ** -k) for k = 1, 2, ..., in units of 2 ** -31
ROOTS = tuple(round(2 ** (31 + 2.0**-k)) for k in range(1, POWER_BITS + 1))


def log2(value: int) -> int:
    """Logarithm to base 2 of an integer from 1 to below 2^63, in 2^-14, rounded down.

    Bit by bit, by squaring the mantissa: Knuth, The Art of Computer Programming 1, 1.2.2,
    exercise 25.

    >>> log2(8) / 2**14
    3.0
    """
    exponent = value.bit_length() - 1
    mantissa = value << 31 - exponent if exponent <= 31 else value >> exponent - 31
    found = exponent
    for _ in range(LOG_BITS):
        mantissa = mantissa * mantissa >> 31
        bit = mantissa >> 32
        mantissa >>= bit
        found = found << 1 | bit
    return found


def power_of_half(exponent_q24: int) -> tuple[int, int]:
    """2 ** -(exponent / 2^24), for one of 0 and more, as mantissa and shift.

    It is mantissa / 2^31 / 2^shift, the mantissa from 2^31 to below 2^32.

    >>> power_of_half(3 << 24)
    (2147483648, 3)
    """
    shift = exponent_q24 + 0xFFFFFF >> 24
    fraction = (shift << 24) - exponent_q24
    mantissa = 1 << 31
    for k, root in enumerate(ROOTS, 1):
        if fraction >> 24 - k & 1:
            mantissa = mantissa * root >> 31
    return mantissa, shift


def divided(value: int, by: int) -> int:
    """The quotient towards zero, as C99 has it.

    >>> divided(-7, 2)
    -3
    """
    quotient = abs(value) // abs(by)
    return quotient if (value < 0) == (by < 0) else -quotient
