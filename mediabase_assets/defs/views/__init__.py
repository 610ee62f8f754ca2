"""The views layer: what people query. Declarations here, queries beside them, machinery in `lib`."""
