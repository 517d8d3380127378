"""The same questions, asked of other programs over the same files."""
