"""The frame around all pages: language, layout, sign-in, settings, state, shared resources."""
