-- Rules about texts that hold in every database, whatever its locale. The extraction and its proof call them: one rule, one place.

-- Text in lower case, the same in every locale: A to Z, and the letters of Latin-1 and Greek that names of drugs and authors hold.
-- lower() asks the locale of the database: in a Turkish one lower('I') is not 'i'.
create or replace function lower_case(value text) returns text
language sql immutable parallel safe
return translate(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ',
  'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþαβγδεζηθικλμνξοπρστυφχψω');
