"""Long runs, outside of the test suite."""
