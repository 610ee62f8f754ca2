"""How we talk to any PostgreSQL server: sessions, SQL files, locks, the catalogue. Knows no table of MEDIABASE's content."""
