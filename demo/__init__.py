"""The product shown working: fetches the small model, seeds a demo project, starts every process on one
machine (`make demo`), and drives the whole loop through HTTP and the workers (`make loop`).

Nothing imports this package; production does not need it.
"""
