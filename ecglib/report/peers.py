"""The device beside its peers: others' code for the same networks, other compilers for this one."""

import pandas as pd

from ecglib.device.peers import BUILDS, PEERS, Peer
from ecglib.report.markdown import to_markdown

NETWORK = ["model", "series", "target_sparsity"]
OWN = "this study"


def beside(saved: pd.DataFrame) -> pd.DataFrame:
    """Rows of PEERS, behind each network's own row; of networks in `devices.savings` only.

    Columns: those of Peer, and how this study's code compares: times_as_fast (their cycles over
    its own), times_the_flash and times_the_ram (its own bytes over theirs, NaN if unknown).
    """
    peers = pd.DataFrame(PEERS, columns=Peer._fields)
    names = {"cycles_p2": "cycles", "flash_total_bytes": "flash_bytes"}
    own = saved.rename(columns=names).assign(code=OWN, flags="-O2").reindex(columns=Peer._fields)
    own = own.merge(peers[NETWORK].drop_duplicates())
    rows = pd.concat([own, peers.merge(own[NETWORK])], ignore_index=True)
    both = rows.merge(own, on=NETWORK, suffixes=("", "_own"))
    rows = rows.assign(
        times_as_fast=both["cycles"] / both["cycles_own"],
        times_the_flash=both["flash_bytes_own"] / both["flash_bytes"],
        times_the_ram=both["ram_bytes_own"] / both["ram_bytes"],
    )
    return rows.sort_values(["model", "target_sparsity"], kind="stable", ignore_index=True)


def to_text(rows: pd.DataFrame) -> str:
    """Rows of `beside` as Markdown."""
    return to_markdown(
        {
            "network": _words(row),
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


def _words(row: pd.Series) -> str:
    target = f", {row['target_sparsity']:.0%}" if row["target_sparsity"] else ""
    return f"{row['model']}, {row['series']}{target}"


def _bytes(number: float) -> str:
    return "" if pd.isna(number) else f"{number:,.0f}"
