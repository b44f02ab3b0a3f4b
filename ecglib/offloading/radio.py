"""What sending over Bluetooth Low Energy costs a wearable: a model from documents, as data.

A packet is sent, the answer is heard, with a gap before each. From Nordic Semiconductor's
nRF52840 Product Specification: 4.8 mA sending at 0 dBm, 4.6 mA hearing at 1 Mbit/s and 5.2 at 2,
at 3 V with the DC/DC converter; and 3.3 mA of its processor, which runs from flash at 64 MHz. No
copy of the document was at hand to check these. From the Bluetooth Core Specification 5, Vol. 6
Part B: gaps of 150 microseconds, 10 bytes of an empty packet, 17 around a payload with the headers
of L2CAP and ATT (7), a byte more each at 2 Mbit/s. Ours: the current in a gap, and the charge of
waking for a connection event. They are set, not measured, so that a byte costs 0.14 microjoules in
full packets at 1 Mbit/s, and an event some 9.

Energy is a line: an event, and so much a byte. Against packets counted one by one it is within 1 %
for an answer of one byte and for a window.
"""

from dataclasses import dataclass

SUPPLY_V, SEND_MA, GAP_MA = 3.0, 4.8, 2.0
HEAR_MA = {1: 4.6, 2: 5.2}  # by Mbit/s
CORE_MA, CLOCK_HZ = 3.3, 64e6
CORE_PICOJOULES_PER_CYCLE = CORE_MA * SUPPLY_V / CLOCK_HZ * 1e9
GAP_US, AROUND_BYTES, EMPTY_BYTES = 150, 17, 10
WAKE_UJ = 4.0  # processor, crystal and ramps of one connection event


@dataclass(frozen=True)
class Radio:
    """One way to send. name; mbit_per_s 1 or 2; payload_bytes of a packet."""

    name: str
    mbit_per_s: int
    payload_bytes: int

    def _air_us(self, size: int) -> float:
        """At 2 Mbit/s the preamble is a byte longer."""
        return 8 * (size + self.mbit_per_s - 1) / self.mbit_per_s

    @property
    def _packet_us(self) -> tuple[float, float]:
        sent = self._air_us(self.payload_bytes + AROUND_BYTES)
        return sent, self._air_us(EMPTY_BYTES)

    @property
    def uj_per_byte(self) -> float:
        """Microjoules a byte of payload, packets full."""
        sent, heard = self._packet_us
        return self._microjoules(sent, heard) / self.payload_bytes

    @property
    def bytes_per_s(self) -> float:
        """Payload a second while packets follow one another."""
        return self.payload_bytes / ((sum(self._packet_us) + 2 * GAP_US) / 1e6)

    @property
    def event_uj(self) -> float:
        """Microjoules of a connection event before its first byte of payload: with all headers."""
        return WAKE_UJ + self._microjoules(self._air_us(AROUND_BYTES), self._air_us(EMPTY_BYTES))

    def _microjoules(self, sent_us: float, heard_us: float) -> float:
        hearing = heard_us * HEAR_MA[self.mbit_per_s]
        charge = sent_us * SEND_MA + hearing + 2 * GAP_US * GAP_MA
        return charge * SUPPLY_V / 1e3


@dataclass(frozen=True)
class AnyRadio:
    """A radio of any cost, for maps: what `Radio` works out, as plain numbers."""

    name: str
    uj_per_byte: float
    bytes_per_s: float
    event_uj: float


RADIOS = (
    Radio("1 Mbit/s, 244-byte packets", 1, 244),
    Radio("2 Mbit/s, 244-byte packets", 2, 244),
    Radio("1 Mbit/s, 20-byte packets", 1, 20),
)
