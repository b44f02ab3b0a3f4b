"""Where choices are made: a network that never saw the validation patients, judged on them alone.

Change the section `denoise` of params.yaml and run `python -m ecglib.denoising.tried`.
"""

import pandas as pd

from ecglib.denoising import judged, made, networks, whole
from ecglib.denoising.settings import settings

SNRS_DB = (24.0, 0.0, -6.0)
SITTINGS = 5  # of each patient: one seat may be luckier than another
APART = "207"  # its MLII points down, which nothing in the channels tells
SCORES = ["mse", "correlation", "r_f1", "hr_mae_bpm"]


def judge(of: networks.UNet) -> pd.DataFrame:
    """SCORES by snr_db and who: the means of the validation patients but one, and of that one."""
    rows = [
        judged.of_drive(lambda drive: whole.denoised(of, drive.channels), drive)
        for snr_db in SNRS_DB
        for sitting in range(SITTINGS)
        for drive in judged.drives(snr_db, part="validation", sitting=sitting)
    ]
    table = pd.DataFrame(rows)
    who = (table["record"] == APART).map({True: APART, False: "the others"}).rename("who")
    return table.groupby(["snr_db", who], sort=False)[SCORES].mean()


if __name__ == "__main__":
    for seed in settings().seeds:
        main = made.dense_network(made.dense(), seed, part="train").eval()
        print(f"seed {seed}", judge(main).round(4), sep="\n", flush=True)
