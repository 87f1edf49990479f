"""The service: web page, API, command line."""

import os

# NumPy's threads keep spinning after a product of matrices, which takes the cores from those who answer. It reads this
# when it is imported, so it stands here, before everything else of the service.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
