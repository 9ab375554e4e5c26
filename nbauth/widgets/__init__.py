"""The sign-in panel and the status bar, and the prompt that shows them in a notebook.

Rule: modules that define widgets are imported from inside functions only: ipywidgets and anywidget cost more to load
than all of nbauth.
"""

from nbauth.widgets.prompt import PanelPrompt

__all__ = ["PanelPrompt"]
