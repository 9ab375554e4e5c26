"""The public API as users write it, for the type checker."""
