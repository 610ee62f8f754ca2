"""The query benchmark: the same questions to the legacy table and to the views, timed and compared; and storage.

Contains the machinery without Dagster: `questions` makes the statements, `answers` compares, `measuring` times,
`storage` weighs, `picture` draws, `findings` judges, `records` writes to `mediabase_ops`. The questions are in
`model/query_pairs.py`.
"""
