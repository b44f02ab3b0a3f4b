"""The device beside its peers: others' code for the same networks, other compilers for this one."""

import pandas as pd

from ecglib.device.peers import BUILDS, PEERS, Peer
from ecglib.report.devices import network_words
from ecglib.report.markdown import to_markdown

NETWORK = ["model", "series", "target_sparsity"]
OWN, SMALL = "this study", "this study, for little memory"
COSTS = {"cycles_p2": "cycles", "flash_total_bytes": "flash_bytes", "ram_bytes": "ram_bytes"}


def beside(saved: pd.DataFrame) -> pd.DataFrame:
    """Rows of PEERS, behind each network's own two; of networks in `devices.savings` only.

    Columns: those of Peer, and how this study's code for speed compares: times_as_fast (their
    cycles over its own), times_the_flash and times_the_ram (its own bytes over theirs, NaN if
    unknown).
    """
    peers = pd.DataFrame(PEERS, columns=Peer._fields)
    own, small = _own(saved, "", OWN), _own(saved, "_small", SMALL)
    of_peers = peers[NETWORK].drop_duplicates()
    own, small = own.merge(of_peers), small.merge(of_peers)
    rows = pd.concat([own, small, peers.merge(own[NETWORK])], ignore_index=True)
    both = rows.merge(own, on=NETWORK, suffixes=("", "_own"))
    rows = rows.assign(
        times_as_fast=both["cycles"] / both["cycles_own"],
        times_the_flash=both["flash_bytes_own"] / both["flash_bytes"],
        times_the_ram=both["ram_bytes_own"] / both["ram_bytes"],
    )
    return rows.sort_values(["model", "target_sparsity"], kind="stable", ignore_index=True)


def _own(saved: pd.DataFrame, suffix: str, code: str) -> pd.DataFrame:
    rows = saved[NETWORK].assign(code=code, flags="-O2")
    return rows.assign(**{to: saved[of + suffix] for of, to in COSTS.items()})[list(Peer._fields)]


def to_text(rows: pd.DataFrame) -> str:
    """Rows of `beside` as Markdown."""
    return to_markdown(
        {
            "network": network_words(row),
            "code": row["code"],
            "flags": row["flags"],
            "cycles": f"{row['cycles']:,.0f}",
            "of this study's": f"{row['times_as_fast']:.2f}",
            "flash": _bytes(row["flash_bytes"]),
            "RAM": _bytes(row["ram_bytes"]),
        }
        for _, row in rows.iterrows()
    )


def builds_to_text() -> str:
    """BUILDS as Markdown."""
    return to_markdown(
        {
            "compiler": build.compiler,
            "flags": f"`{build.flags}`",
            "cycles, of those of gcc -O2": f"{build.fewest:.2f} to {build.most:.2f}",
        }
        for build in BUILDS
    )


def _bytes(number: float) -> str:
    return "" if pd.isna(number) else f"{number:,.0f}"
