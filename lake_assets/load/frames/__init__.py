"""FRAMES: pandas DataFrames on their way into the warehouse and back: IO manager and transforms."""
