"""STATES: the one state machine of table-hours: values and pure functions that read and write nothing.

`state` has the table of states, `facts` what can be known of a table-hour, `evidence` all of it together,
`decide` the rule that makes a state of evidence, and `sentences` what people read of facts.
"""
