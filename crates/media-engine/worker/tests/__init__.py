"""Run from the directory above: `.engine/bin/python -m unittest`."""
