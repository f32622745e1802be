"""The late fee of art. 33 as a tax-benefit system of OpenFisca: one principal, no payments in between."""

from datetime import date
from pathlib import Path

import numpy
from openfisca_core.entities import build_entity
from openfisca_core.periods import DateUnit
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Item = build_entity(key="item", plural="items", label="A sum that is owed", is_person=True)


class principal(Variable):
    value_type = float
    entity = Item
    definition_period = DateUnit.ETERNITY
    label = "Principal in yuan"


class due_date(Variable):
    value_type = date
    entity = Item
    definition_period = DateUnit.ETERNITY
    label = "Last day for it"


class late_days(Variable):
    value_type = int
    entity = Item
    definition_period = DateUnit.DAY
    label = "Days late, the day of payment counted"

    def formula(items, period):
        due = items("due_date", period)
        today = numpy.datetime64(period.start.date)
        return numpy.maximum((today - due) / numpy.timedelta64(1, "D"), 0)


class late_fee(Variable):
    value_type = float
    entity = Item
    definition_period = DateUnit.DAY
    label = "Late fee in yuan (art. 33)"

    def formula(items, period, parameters):
        law = parameters(period).late_fee
        owed = items("principal", period)
        fee = numpy.round(owed * law.daily_rate * items("late_days", period), 2)
        return numpy.minimum(owed * law.cap_multiple, fee)


class CountryTaxBenefitSystem(TaxBenefitSystem):
    def __init__(self):
        super().__init__([Item])
        self.add_variables(principal, due_date, late_days, late_fee)
        self.load_parameters(str(Path(__file__).parent / "parameters"))
