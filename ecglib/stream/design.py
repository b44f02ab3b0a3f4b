"""Every number that the stream is made of, once: the reference reads it here, the C is given it.

A tick is a sample at the network's rate. R peaks stand in sixteenths of a tick, intervals as well.
Detector: Hamilton, Open source ECG analysis, Computers in Cardiology 29:101-104, 2002, and its
forerunners Hamilton and Tompkins, IEEE Trans. Biomed. Eng. 33(12):1157-1165, 1986, and Pan and
Tompkins, IEEE Trans. Biomed. Eng. 32(3):230-236, 1985. What is theirs is said beside the number;
what is chosen here was chosen on DS1.
"""

TICKS_HZ = 120
SUBTICKS = 16  # of a tick
LOWEST_HZ, HIGHEST_HZ = TICKS_HZ, 1000  # of the converter
WIDEST = 65535  # from a converter's lowest to its highest value
NO_SAMPLE = -(2**31)  # stands for a sample that is missing
OTHER_RATE_PART = 50  # a rate that is off by more than this part is another one

# Resampling: a sinc under a Kaiser window as in scipy's resample_poly, but shorter.
REACH = 4  # ticks to each side of a tick whose samples count
FINE = 96  # places of the kernel's table in a tick: at 240, 360 and 480 Hz every sample has one
KERNEL_BITS, KAISER_BETA = 12, 5.0
HISTORY, MARGIN = 256, 16  # samples; more than come within a tick, or are read beyond the last
WEIGHTS, SLOTS = 384, 24  # kept: those of 24 phases, or of fewer where they are more

# Band-pass, slope, energy. Hamilton 2002, in ticks for milliseconds: low-pass 2 x 25, high-pass
# 125, mean of slopes over 80, here 100.
HIGH_PASS = 15
ENERGY = 12
DELAY = 9  # ticks of the band-pass: 2 of the low-pass, 7 of the high-pass

# Detector. Hamilton 2002: a peak is none if a larger one lies within 200 ms; T waves within 360 ms
# with less than half the slope of the beat before; levels are means of the last eight peaks;
# search-back for half the threshold after 1.5 times the mean of eight intervals.
APART = 24
T_WAVE = 43
LEVELS = 8
THRESHOLD_64THS = 28  # way from the level of noise to that of beats; 0.3125 to 0.475 published
LEAST_THRESHOLD = 64  # energy of noise of about one unit of the converter
LEARNING = 240  # Pan and Tompkins 1985: two seconds
LEARNT_BEATS_16THS, LEARNT_NOISE_16THS = 10, 1  # of the highest peak while learning
LEARNT_PEAKS = 10
RELEARN = 480  # without a beat
OLDEST = 340  # ticks that a peak may lie back which the search finds
BEFORE = 18  # ticks before the energy's peak in which the R peak is looked for
EARLIEST_16THS = 14  # of the farthest: the first that is so far is taken
NOISY_THIRDS = 3  # signal is called noise where so many times noise's level exceeds that of beats

# Signal that is none
SILENCE = 1200  # ten seconds
GAP_TENTHS = 3  # tenths of a second without a sample after which all starts anew
BLOCK = 120  # the state of the signal is told each second
FLAT_RANGE = 2  # units of the converter
SATURATED_16THS = 1  # of a second, at the converter's lowest or highest value

# The network: a layer is split over ticks, none of which multiplies more often, zeros included.
TICK_MACS = 10_000

# What the network is given: see ecglib.data.rhythm, ecglib.data.patient and ecglib.unseen.features.
WINDOW, R_INDEX, FEATURES = 112, 50, 11
LOCAL, LONG, PERCENTILE_OVER = 10, 400, 200
SCALE_BEATS, TEMPLATE_BEATS = 100, 64
REGULAR_Q14 = 2836  # log2 of exp(0.12)
LARGEST_Q20 = 8 << 20
LOG_LIMIT_Q14 = 23637  # log2 of e
P_FIRST, P_SAMPLES, P_BITS = 19, 22, 16  # of the window, where a P wave stands; of its fractions
P_LIMIT_Q15 = 94548  # twice log2 of e

# No beat is supraventricular where the rhythm does not repeat: see ecglib.unseen.gate.
GATE_OVER, GATE_LAGS = 200, 3  # intervals, and after how many of them a rhythm may repeat
GATE_Q14 = 19227  # e^0.16

SIGNAL_RING = 512  # ticks
BAND_RING = 64
QUEUE = 16  # beats that are found and not yet told

# Quality, bit by bit
FLAT, SATURATED, NOISE, GAP, SILENT = 1, 2, 4, 8, 16
