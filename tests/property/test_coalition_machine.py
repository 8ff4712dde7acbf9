"""Whatever happens in whatever order, the coalition agrees with a model of it that is nothing but sums."""

from tests.property.machine import CoalitionMachine, founded, run


def test_coalition__whatever_happens__agrees_with_the_model(empty_schema):
    with founded(empty_schema) as templates:
        run(lambda: CoalitionMachine(templates))
