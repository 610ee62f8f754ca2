-- Rules about texts that hold in every database, whatever its locale. The extraction and its proof call them: one rule, one place.

-- Text in lower case, the same in every locale: A to Z, and the letters of Latin-1 and Greek that names of drugs and authors hold.
-- lower() asks the locale of the database: in a Turkish one lower('I') is not 'i'.
create or replace function lower_case(value text) returns text
language sql immutable parallel safe
return translate(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ',
  'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþαβγδεζηθικλμνξοπρστυφχψω');

-- The different objects of a list in an order that is the same in every locale: fewer keys first, then by their text. Objects and texts
-- in JSON are compared as the locale of the database has it.
create or replace function in_fixed_order(objects jsonb[]) returns jsonb
language sql immutable parallel safe
return (
  select jsonb_agg(o order by (select count(*) from jsonb_object_keys(o)), o::text collate "C")
  from (select distinct o from unnest(objects) as o) as different);
