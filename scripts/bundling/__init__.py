"""Steps of ``scripts/build_bundles.py``: fetch, describe, trim, pack, prove."""
