"""Rules as data, without any I/O: how they are read, checked, compiled and evaluated."""
