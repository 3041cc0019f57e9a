"""Sizing's coefficients from measured rows, and how wrong they are."""

import os

# The fit's vectors are short: a second thread of BLAS costs ten times what it saves.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
