"""How the program shares the machine's cores."""

from __future__ import annotations

import subprocess
import sys

ASK = (
    "import app.services, numpy; numpy.ones((2, 2)) @ numpy.ones(2); from threadpoolctl import threadpool_info as info"
)
PRINT = "print([pool['num_threads'] for pool in info() if pool['user_api'] == 'blas'])"


def test_products_of_matrices_take_one_core() -> None:
    done = subprocess.run([sys.executable, "-c", f"{ASK}; {PRINT}"], check=True, capture_output=True, text=True)
    assert set(done.stdout.strip().strip("[]").split(", ")) == {"1"}
