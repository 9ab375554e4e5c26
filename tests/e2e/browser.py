"""Which browser tests use, and how it and JupyterLab are set up so that nothing disturbs them."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}
# Voilà's button in every notebook's toolbar is in the way of pictures.
PAGE_CONFIG = {"disabledExtensions": {"@voila-dashboards/jupyterlab-preview": True}}


def path_of_chromium() -> str | None:
    """Return where Chromium is, if it is on the PATH."""
    return next((path for path in map(shutil.which, NAMES) if path), None)
