"""Rules in Sigma's format that the user brings: read by pySigma, asked as SQL over the events.

`loader` reads folders, `backend` turns a rule's detection into a condition, `fields` says where a
field of CloudTrail lies, `correlations` counts over time, `records` looks at the record itself
where the index does not hold a field. Only this package needs pySigma (the extra `sigma`).
https://sigmahq.io/sigma-specification/
"""
