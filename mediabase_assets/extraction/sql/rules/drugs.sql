-- Rules about drugs, called by the extraction and by its proof: one rule, one place. They take texts that are read already, so
-- that they need no other function.
-- Left out: which key of an entry says what; both sides read that for themselves.

-- Text with each run of white space as one space: what names are compared by, the same in every locale.
create or replace function one_spaced(value text) returns text
language sql immutable parallel safe
return regexp_replace(value, '[ \t-\r\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g');

-- The source that a drug's key tells: DrugCentral (a number), ChEMBL, the Repurposing Hub (a counter); NULL for any other key.
create or replace function source_of_drug_key(key text) returns text
language sql immutable parallel safe
return case
  when key ~ '^[0-9]{1,18}$' then 'DrugCentral'
  when key ~ '^[Cc][Hh][Ee][Mm][Bb][Ll][0-9]{1,12}$' then 'ChEMBL'
  when key ~ '^[Rr][Ee][Pp][Uu][Rr][Pp][Oo][Ss][Ii][Nn][Gg]_[0-9]+$' then 'Drug_Repurposing_Hub'
end;

-- A key as its source spells it: a number without leading zeros, CHEMBL in capitals.
create or replace function spelt_drug_key(key text) returns text
language sql immutable parallel safe
return case
  when key ~ '^0[0-9]{0,17}$' then coalesce(nullif(ltrim(key, '0'), ''), '0')
  when key ~ '^[Cc][Hh][Ee][Mm][Bb][Ll][0-9]{1,12}$' then 'CHEMBL' || substr(key, 7)
  else key
end;

-- The names in a text of PharmGKB, which separates drugs by `;`, or, where there is none, by a comma between two letters. A comma
-- with a space or a digit is part of a name ("Ace Inhibitors, Plain", "3,4-methylenedioxymethamphetamine"), and so is one between locants
-- or stereodescriptors (N,N-didesmethyltamoxifen, trans-R,S-verapamil, alpha,beta-methylene-ATP), beside a part that is
-- nothing but one, inside brackets (poly(I,C)), and inside quotes. What is no list stays whole: no drug is made by splitting.
-- A locant is one or two letters or a Greek one's name, perhaps with digits and primes: IUPAC P-14.3 and P-91.2
-- (https://iupac.qmul.ac.uk/BlueBook/P1.html, https://iupac.qmul.ac.uk/BlueBook/P9.html); names with commas in the wild:
-- https://github.com/bhklab/PharmacoDB/issues/44, https://github.com/Knowledge-Graph-Hub/kg-microbe/issues/1085
create or replace function drug_name_parts(value text) returns text[]
language sql immutable parallel safe
return case
  when value !~ '[;,]' then array[value]
  when value ~ ';(?![^()]*\))(?![^][]*\])' then regexp_split_to_array(value, ';(?![^()]*\))(?![^][]*\])')
  else (
    select regexp_split_to_array(value,
      '(?<=[A-Za-z)"])(?<!(?:^|,)' || locant || '),(?=[A-Za-z("])(?!' || locant || '(?:,|$))(?![^()]*\))(?![^][]*\])(?=(?:[^"]*"[^"]*")*[^"]*$)'
      || '(?:(?<!(?:^|[-, (])' || locant || ',)|(?!(?:' || locant || ',)*' || locant || '(?:[- )]|\]|$)))')
    from (select '(?:[0-9]*(?:[A-Za-z]{1,2}|[IVX]{1,5}|alpha|beta|gamma|delta|epsilon|omega|cis|trans|syn|anti|endo|exo|rac|rel|ortho|meta|para)[0-9]*[''*+\u2019\u2032\u2033]*)'
      as locant) as l)
end;

-- A number that a column can hold exactly and a reader can use: not a number of 400 digits.
create or replace function usable_number(value numeric) returns numeric
language sql immutable parallel safe
return case when abs(value) < 1e30 and min_scale(value) <= 60 then value end;

-- A DrugCentral score as -log10(molar). 1 stands for missing. Under 1 it is no such number but a potency in mol/L (0.0001,
-- 5e-12): nothing is read from it, for nothing says which. Over 15 (1 femtomolar) no potency was measured.
create or replace function p_activity_of(score numeric) returns numeric
language sql immutable parallel safe
return case when score > 1 and score <= 15 and min_scale(score) <= 60 then score end;

-- The unit in which a potency given as -log10(molar) is told: nM, uM above 999999 nM, pM below 0.001 nM.
create or replace function potency_unit(p_activity numeric) returns text
language sql immutable parallel safe
return case when p_activity <= 3 then 'uM' when p_activity > 12 then 'pM' when p_activity is not null then 'nM' end;

-- That potency, in that unit. A score of d decimals needs d + 2 significant digits to be computed back from the potency (half a unit
-- of the last one is then less than 1.15 * 10^-d of the value, half the step of the score); told are these, and at least four decimals.
create or replace function potency(p_activity numeric) returns numeric
language sql immutable parallel safe
return case when p_activity is not null then (
  select round(power(10::numeric, round(exponent, min_scale(p_activity) + 6)), greatest(4, min_scale(p_activity) + 1 - floor(exponent)::integer))
  from (select case when p_activity <= 3 then 6 when p_activity > 12 then 12 else 9 end - p_activity as exponent) as e)
end;

-- A measurement as ChEMBL reports it, exactly, and its unit: from a million nM on told in uM. None without the other.
create or replace function reported_activity(score numeric, unit text) returns numeric
language sql immutable parallel safe
return case
  when unit is null or score <= 0 or score < 1e-30 or usable_number(score) is null then null
  when score >= 1000000 and unit in ('nM', 'NM', 'nm') then trim_scale(score * 0.001)
  else score
end;

create or replace function reported_unit(score numeric, unit text) returns text
language sql immutable parallel safe
return case
  when reported_activity(score, unit) is null then null
  when score >= 1000000 and unit in ('nM', 'NM', 'nm') then 'uM'
  else unit
end;

-- A clinical phase (in lower case) in the vocabulary of the tables. 0.5 is ChEMBL's early phase 1; its -1 (not known) is read as none.
create or replace function phase_of(lower_phase text) returns text
language sql immutable parallel safe
return case regexp_replace(lower_phase, '\.0+$', '')
  when 'launched' then 'Approved' when 'approved' then 'Approved' when '4' then 'Approved' when 'phase 4' then 'Approved' when 'phase iv' then 'Approved'
  when 'phase 3' then 'Phase III' when '3' then 'Phase III' when 'phase iii' then 'Phase III'
  when 'phase 2/phase 3' then 'Phase II' when 'phase 1/phase 2' then 'Phase I'
  when 'phase 2' then 'Phase II' when '2' then 'Phase II' when 'phase ii' then 'Phase II'
  when 'phase 1' then 'Phase I' when '1' then 'Phase I' when 'phase i' then 'Phase I' when '0.5' then 'Phase I' when 'early phase 1' then 'Phase I'
  when 'preclinical' then 'Preclinical' when '0' then 'Preclinical' when 'withdrawn' then 'Withdrawn'
end;

-- Whether a text stands for "missing" wherever DrugCentral or the Repurposing Hub write it.
create or replace function says_unknown(value text) returns boolean
language sql immutable parallel safe
return value ~ '^[Uu][Nn][Kk][Nn][Oo][Ww][Nn]$';

-- DrugCentral's flag in place of a mechanism: whether the gene is a target of the mechanism of action. NULL for a text.
create or replace function mechanism_flag(value text) returns boolean
language sql immutable parallel safe
return case when value ~ '^[01](\.0+)?$' then value ~ '^1' end;

-- What a JSON object holds beside the keys that are told elsewhere and the known ones that hold nothing (null or a blank text).
create or replace function unread(object jsonb, known text[], told text[]) returns jsonb
language sql immutable parallel safe
return object - array(
  select k from unnest(known) as k
  where object ? k and (k = any (told) or jsonb_typeof(object -> k) = 'null'
    or jsonb_typeof(object -> k) = 'string' and object ->> k ~ '^[ \t-\r\u0085\u00A0\u1680\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]*$'));

-- What is left of the evidence of a drug entry, as details tell it: an empty object for nothing.
create or replace function other_evidence(evidence jsonb, told text[]) returns jsonb
language sql immutable parallel safe
return case
  when evidence is null or jsonb_typeof(evidence) = 'null' then '{}'
  when jsonb_typeof(evidence) <> 'object' then jsonb_build_object('evidence_other', evidence)
  when unread(evidence, array['type', 'score'], told) = '{}' then '{}'
  else jsonb_build_object('evidence_other', unread(evidence, array['type', 'score'], told))
end;

-- The keys of a drug entry that can be told by a column; all others are told by details.
create or replace function drug_entry_keys() returns text[]
language sql immutable parallel safe
return array['name', 'drug_name', 'molecule_name', 'pref_name', 'score', 'activity_value', 'activity_type', 'mechanism_of_action', 'mechanism',
  'action_type', 'activity_units', 'clinical_phase', 'max_phase', 'phase', 'target_name', 'target_type', 'indication', 'disease_area', 'source',
  'drugcentral_id', 'chembl_id', 'molecule_chembl_id', 'drug_id', 'id', 'clinical_score', 'therapeutic_flag', 'references'];

-- Whether every member of a list, or the one value, is a scalar or nothing.
create or replace function is_flat(value jsonb) returns boolean
language sql immutable parallel safe
return case jsonb_typeof(value) when 'object' then false
  when 'array' then not jsonb_path_exists(value, 'strict $[*] ? (@.type() == "object" || @.type() == "array")') else true end;

-- The keys of a PharmGKB annotation that can be told by a column; all others are told by details.
create or replace function annotation_keys() returns text[]
language sql immutable parallel safe
return array['annotation_id', 'variant', 'variant_id', 'phenotypes', 'phenotype_category', 'significance', 'evidence_level', 'score',
  'pharmacogenomic_score', 'specialty_population', 'pmid', 'pmids', 'url', 'drug', 'drugs', 'source'];

-- The role of a gene in a PharmGKB pathway, and the category of a pathway, where they fit their columns: never cut.
create or replace function gene_role_of(value text) returns text
language sql immutable parallel safe
return case when octet_length(value) <= 100 then value end;

create or replace function pathway_category_of(value text) returns text
language sql immutable parallel safe
return case when char_length(value) <= 200 and not says_unknown(value) then value end;
