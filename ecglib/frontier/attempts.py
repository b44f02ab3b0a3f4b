"""A cell as one of the runs that several processes share out."""

from ecglib.data.errors import DataError
from ecglib.frontier import cells
from ecglib.frontier.methods import Cell


def attempted(cell: Cell) -> str:
    """Run a cell, keep it, and print its validation score; its name.

    Raises:
        DataError: whatever goes wrong with it, with its name: the other cells go on.
    """
    try:
        kept = cells.run(cell)
    except (ValueError, ArithmeticError, OSError, RuntimeError) as error:
        raise DataError(f"{cell.name}: {error}") from None
    print(f"{cell.name}: validation macro-F1 {kept.validation['f1_macro']:.4f}", flush=True)
    return cell.name
