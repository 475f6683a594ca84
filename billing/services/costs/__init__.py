"""The parts of a bill that the organizations of a workspace cause."""
