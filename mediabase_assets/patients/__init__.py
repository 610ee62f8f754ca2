"""Patients: expression data of people, read from the tables that labs have, stored by patient, joined to drugs and pathways."""
