"""The types of an empty frame by those of a Pandera model."""

import pandas as pd

EMPTY = {"Int64": pd.Int64Dtype(), "Float64": pd.Float64Dtype(), "boolean": pd.BooleanDtype()}
