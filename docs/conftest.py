"""Pages about torch and Keras are tested where these are installed; what builds the site is no page."""

from importlib.util import find_spec

from registry import own_layers as own_layers

collect_ignore = ["conf.py", "generated.py"] + [
    page
    for page, package in (("torch.md", "torchvision"), ("reconcile.md", "torchvision"), ("keras.md", "keras"))
    if find_spec(package) is None or find_spec("torch") is None
]
