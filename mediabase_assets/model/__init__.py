"""The data model as values: legacy columns, target tables, reasons, stages. No Dagster, no input or output."""
