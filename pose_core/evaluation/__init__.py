"""How good a model is: annotated data in, found shares, PCK, OKS, and where it fails."""
