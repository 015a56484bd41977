"""What a scenario is."""
import dataclasses
from typing import Callable


@dataclasses.dataclass
class Scenario:
    """`contestants` is given the lab and returns the ways to do the work; `targets` compare their medians."""

    name: str
    title: str
    contestants: Callable
    targets: list
