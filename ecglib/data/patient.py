"""Windows as deviations from the patient's own usual beat, known from the beats before; causal.

What sets two patients' beats apart (lead placement, bundle branch block) is alike in all beats of
one patient, so it falls out of the difference; what sets a patient's ectopic beats apart stays.
Nothing is trained per patient, and nothing but past beats and the window itself is used.
"""

import numpy as np

from ecglib.data.beats import Beats
from ecglib.data.rhythm import LOCAL, past_mean

SCALE_BEATS, TEMPLATE_BEATS = 100, 64  # how far back the two running means reach
REGULAR = 0.12  # |log(RR / mean of the last ten)| of a beat that may enter the template
LARGEST = 8.0  # running standard deviations; a jump of the electrode is cut off there


def deviations(beats: Beats) -> np.ndarray:
    """Windows (n, length) float32 less the running template of their record, in beat order.

    Each window less its own mean, divided by the running geometric mean of the windows' standard
    deviations (this one included), clipped to +-8, less the template: the running mean of the
    earlier windows, so treated, whose RR interval was within 12 % of the local mean. Running
    means weigh a new value by 1 / min(count, 100) and 1 / min(count, 64). A record's first beat
    is its own template, so its deviation is zero.
    """
    out = np.empty(beats.adc.shape, np.float32)
    for record in np.unique(beats.record):
        rows = np.flatnonzero(beats.record == record)
        windows = _scaled(beats.adc[rows].astype(np.float32))
        rr_s = beats.rr_previous_s[rows].astype(float)
        regular = np.abs(np.log(rr_s / past_mean(rr_s, LOCAL))) < REGULAR
        out[rows] = windows - _templates(windows, regular)
    return out


def _scaled(windows: np.ndarray) -> np.ndarray:
    log_std = np.log(np.maximum(windows.std(1), 1e-3))
    scale, mean = np.empty_like(log_std), 0.0
    for i, value in enumerate(log_std):
        mean += (value - mean) / min(i + 1, SCALE_BEATS)
        scale[i] = np.exp(mean)
    centred = windows - windows.mean(1, keepdims=True)
    return np.clip(centred / scale[:, None], -LARGEST, LARGEST)


def _templates(windows: np.ndarray, regular: np.ndarray) -> np.ndarray:
    """The template each window is compared with, of the windows before it."""
    templates, template, count = np.empty_like(windows), windows[0].copy(), 1
    templates[0] = template
    for i in range(1, len(windows)):
        templates[i] = template
        if regular[i]:
            count += 1
            template += (windows[i] - template) / min(count, TEMPLATE_BEATS)
    return templates
