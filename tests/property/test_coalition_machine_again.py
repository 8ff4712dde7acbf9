"""The other half of the examples of ``test_coalition_machine``, in a file of its own: so both cores have work."""

from tests.property.machine import CoalitionMachine, founded, run


def test_coalition__whatever_else_happens__agrees_with_the_model(empty_schema):
    with founded(empty_schema) as templates:

        def others() -> CoalitionMachine:
            return CoalitionMachine(templates)

        run(others)
