select 'drugs' as field, 'reaction' as fact_kind, false as is_primary, n, '{}'::text[] as repairs, reason, reason is null as is_first
from pharmgkb_reactions
