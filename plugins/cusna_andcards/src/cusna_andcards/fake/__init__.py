"""Spacebring (Andcards) in a box: a real HTTP server on loopback, for tests and the demo."""

from cusna_andcards.fake.faults import Fault, Faults, Knobs
from cusna_andcards.fake.server import AndcardsFake, Call
from cusna_andcards.fake.state import State

__all__ = ["AndcardsFake", "Call", "Fault", "Faults", "Knobs", "State"]
