"""Writes event files as they are in UCDDB."""

HEADER = (
    "                              Respiratory Event List",
    "        Respiratory Event           Desaturation   Snore Arousal     B/T",
    " Time       Type   PB/CS  Duration  Low    %Drop                 Rate  Change",
)
FOOTER = "\x1a"


def line(clock: str, kind: str, lasts: object, flag: str = "") -> str:
    """One event; a duration ends in the file's thirtieth column."""
    return f"{clock:10}{kind:10}{flag:6}{lasts:>4}       92      4.1     -     +      81.4   6.5 "


def text(*lines: str, header=HEADER, footer=(FOOTER,)) -> str:
    return "\r\n".join((*header, *lines, *footer))
