"""The pictures of the report, drawn by ourselves as SVG inside the page: its colours, light and dark, its fonts, its escaping."""
