"""Results as files: JSON, CSV, XLSX, ZIP."""
