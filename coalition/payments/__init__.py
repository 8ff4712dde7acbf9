"""Files with which partners' banks are told to pay: no database and no clock, moments and ids are given."""
