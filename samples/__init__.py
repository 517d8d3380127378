"""A small invented incident to explore, to teach with and to test against.

The evidence in ``samples/incident`` is ten days of CloudTrail, as an organisation trail
delivers it. Nobody in it exists: accounts, addresses and names are the ones set aside for
documentation. ``python -m samples.generate`` writes it anew, byte for byte. Beside it lie
smaller ones: ``azure`` is a week of an Azure registry, ``google`` nine days of one on Google Cloud,
``cluster`` three days of ECR and of the Kubernetes cluster that runs its images.
"""

from importlib.resources import files
from pathlib import Path

__all__ = ["incident_path"]


def incident_path(name: str = "incident") -> Path:
    """Return the folder with a sample's evidence, in a checkout or an installed wheel.

    Raises:
        FileNotFoundError: the package was installed without its data, or inside a zip file.
    """
    folder = files(__name__) / name
    if not isinstance(folder, Path) or not folder.is_dir():
        raise FileNotFoundError(f"no sample evidence on disk at {folder}")
    return folder
