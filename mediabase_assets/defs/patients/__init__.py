"""Patients: one partition each."""
