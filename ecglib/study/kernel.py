"""The process that runs a notebook's cells: which interpreter, and in which environment."""

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec

# What a kernel's process inherits.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Memory stays with the process: given back and fetched anew at every step of the training, as
    # under dask's own setting, it costs almost half of the time.
    "MALLOC_TRIM_THRESHOLD_": str(2**32),
    "MALLOC_MMAP_THRESHOLD_": str(2**32),
    # Keeps debugpy's warning on frozen modules out of the notebooks.
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


class ThisPython(AsyncKernelManager):
    """Starts the interpreter that runs this, whatever kernels are installed under any name."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """How that is done."""
        return KernelSpec(**get_kernel_dict())
