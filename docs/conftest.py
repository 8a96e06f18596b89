"""Pages about torch and Keras are tested where these are installed."""

from importlib.util import find_spec

collect_ignore = [
    page
    for page, package in (("torch.md", "torchvision"), ("reconcile.md", "torchvision"), ("keras.md", "keras"))
    if find_spec(package) is None or find_spec("torch") is None
]
