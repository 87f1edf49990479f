"""Argon2 that costs next to nothing; a hash says what it cost, so what this one made the usual one can check."""

from __future__ import annotations

from pwdlib.hashers.argon2 import Argon2Hasher

QUICK = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
