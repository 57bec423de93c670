"""The `lake-assets` command: talk goes to stderr, data to stdout, the outcome into the exit status.

`main` is where it begins. A single command is a module named after it, the commands of a group are a package
(`quarantine`, `alerts`). What commands have in common: `options`, `group` (how a command ends), `context`
(what it works with), `selected_hours` (on which table-hours) and `output` (what it writes).
"""
