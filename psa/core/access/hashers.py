"""Password hashing for development and tests."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2 with small costs: a demo tenant of 120 people must seed in seconds.

    Never configured in production (see settings.PASSWORD_HASHERS).
    """

    time_cost = 1
    memory_cost = 1024
    parallelism = 1
