-- Question: how many publications are relevant (above 0.8) for some gene?
-- Normal form: PubMed ids; counted when timed.
select pmid from publication_summary_view where max_relevance_score > 0.8
