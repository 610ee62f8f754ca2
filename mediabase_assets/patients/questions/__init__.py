"""What people ask of patients: views, candidates, enrichment, cohorts, plots, a page, exports."""
