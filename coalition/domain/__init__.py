"""Pure rules: no database, no network, no clock. Points and minor units of money are integers throughout."""
