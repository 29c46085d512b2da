"""The model in the visitor's own browser: what is served for it, and the page's side of it; docs/browser_model.md."""
