"""RECOUNT: the second reader, which counts a file's records and shares no code with the first."""
