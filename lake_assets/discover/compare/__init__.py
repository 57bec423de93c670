"""What stands in the catalog already, held against the lake: what has drifted, and what that would look like.

Nothing is written. Tables that the catalog does not have are `infer`'s and `write`'s.
"""
