"""The planted damage, one module per group of kinds; `mediabase_assets.demo.damage` joins them into one catalogue."""
