"""Outputs: text, PDF, calendar, watch, tables. They read an `Answer`; they decide nothing."""
