-- The entries that the filters leave. Parameters: reasons, gene, transcript, columns, asset, text; NULL for any.
select * from ({entries}) as e
where (%(reasons)s::text[] is null or reason = any (%(reasons)s::text[]))
  and (%(gene)s::text is null or gene_id = %(gene)s::text or upper(gene_symbol) = upper(%(gene)s::text))
  and (%(transcript)s::text is null or transcript_id = %(transcript)s::text)
  and (%(columns)s::text[] is null or legacy_column = any (%(columns)s::text[]))
  and (%(asset)s::text is null or asset = %(asset)s::text or split_part(asset, '/', 2) = %(asset)s::text)
  and (%(text)s::text is null or strpos(lower(raw_value::text), lower(%(text)s::text)) > 0)
