"""The section `denoise` of params.yaml, and its notebook's parameters cell."""

from typing import Annotated

from pydantic import Field

from ecglib.settings.words import Count, Fraction, NotNegative, Positive, Section

Three = Annotated[list[float], Field(min_length=3, max_length=3)]
Range = Annotated[list[Positive], Field(min_length=2, max_length=2)]


class Seat(Section):
    """What the simulated seat does, see `seat`.

    angles_deg: what each channel sees, 0: MLII, 90: the other lead; turned_deg: how far a body
    turns that. inverted: how likely a channel is upside down. gain_db: unknown gain of each channel, to both sides.
    kinds: shares of the noise's power of baseline wander, electrode motion, muscle artefact.
    shared: the share of it that all channels have in common. uneven_db: how much channels differ in
    noise. bursts, losses: how many a minute, of what length; burst_gain: how much louder; lost: the
    share of the heart's signal that is gone. clipping: in standard deviations of the heart's part.
    """

    angles_deg: Three
    turned_deg: NotNegative
    inverted: Fraction
    gain_db: NotNegative
    kinds: Three
    shared: Fraction
    uneven_db: NotNegative
    bursts_a_minute: NotNegative
    burst_s: Range
    burst_gain: Annotated[float, Field(ge=1)]
    losses_a_minute: NotNegative
    loss_s: Range
    lost: Fraction
    clipping: Positive


class Sittings(Section):
    """What networks train on, see `sittings`.

    snr_db: its range. rare: the share of pieces around a beat of class S, V or F. invented: the
    share of patients who do not exist; faster: how much, axis_deg: how far the heart's axis is
    turned, reshaped: how strong the random filter is.
    """

    snr_db: Annotated[list[float], Field(min_length=2, max_length=2)]
    rare: Fraction
    invented: Fraction
    faster: Range
    axis_deg: NotNegative
    reshaped: NotNegative


class Fitting(Section):
    """How a network is trained: AdamW, one learning-rate cycle. windows: of an epoch."""

    epochs: Count
    windows: Count
    batch_size: Count
    learning_rate: Positive
    weight_decay: NotNegative
    rising: Fraction
