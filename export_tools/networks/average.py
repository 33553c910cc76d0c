"""`python -m export_tools average`: one network out of several trained from the same start.

The mean of the weights answers about as well as the mean of the answers, at the cost of one network,
and is steadier on another laboratory's images (Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from export_tools.data.file_lists import HELD_OUT, TESTED, TRAINED_ON, beside, read_list
from export_tools.networks.package_details import sidecar


def add_parser(subparsers: Any) -> None:
    """The `average` command."""
    parser = subparsers.add_parser("average", help="average the weights of models of one build")
    parser.add_argument("models", nargs="+", type=Path, help=".keras files as train wrote them")
    parser.add_argument("--output", type=Path, required=True, help="the model to write (.keras)")
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Average; 0 when the model was written, 1 when it cannot be."""
    try:
        average(args.models, args.output)
    except (ValueError, OSError) as fault:
        print(f"average: {fault}", file=sys.stderr)
        return 1
    print(f"written: {args.output}")
    return 0


def average(models: list[Path], target: Path) -> None:
    """Write the model with the mean weights, and the first one's notes and lists.

    Raises ValueError when they are not of one build or were not trained on and tested with the same
    files, OSError for a missing file.
    """
    import keras

    for model in models:
        if not model.is_file():
            raise ValueError(f"there is no model file {model}")
    first = models[0]
    for suffix in (TRAINED_ON, HELD_OUT, TESTED):
        wanted = read_list(first, suffix)
        other = next((each for each in models if read_list(each, suffix) != wanted), None)
        if other is not None:
            raise ValueError(
                f"{first.name} and {other.name} were not trained on and tested with the same files"
            )
    loaded = [keras.models.load_model(model, compile=False) for model in models]
    weights = [each.get_weights() for each in loaded]
    shapes = [[value.shape for value in each] for each in weights]
    if any(each != shapes[0] for each in shapes):
        raise ValueError("the models are of different builds")
    loaded[0].set_weights([np.mean(same, axis=0) for same in zip(*weights, strict=True)])
    target.parent.mkdir(parents=True, exist_ok=True)
    loaded[0].save(target)
    shutil.copyfile(sidecar(first), sidecar(target))
    for suffix in (TRAINED_ON, HELD_OUT, TESTED):
        shutil.copyfile(beside(first, suffix), beside(target, suffix))
