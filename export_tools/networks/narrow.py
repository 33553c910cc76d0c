"""`python -m export_tools narrow`: a package that names fewer classes, out of a network that knows more.

The last layer keeps the columns of the wanted classes. The others are noted as rivals: the embedding
knows them, and `calibrate` measures familiarity so that they count as unfamiliar.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from export_tools.data.file_lists import HELD_OUT, TESTED, TRAINED_ON, beside
from export_tools.networks.package_details import sidecar
from hematodesk.domain.errors import HematodeskError


def add_parser(subparsers: Any) -> None:
    """The `narrow` command."""
    parser = subparsers.add_parser("narrow", help="keep some classes of a trained model")
    parser.add_argument("model", type=Path, help=".keras as train wrote it, with its files beside it")
    parser.add_argument("--classes", required=True, help="class ids to keep, in order")
    parser.add_argument("--output", type=Path, required=True, help="the model to write (.keras)")
    parser.set_defaults(run=run)


def run(args: Any) -> int:
    """Narrow; 0 when the model was written, 1 when it cannot be."""
    try:
        narrow(args.model, [name.strip() for name in args.classes.split(",")], args.output)
    except (HematodeskError, ValueError, OSError) as fault:
        print(f"narrow: {fault}", file=sys.stderr)
        return 1
    print(f"written: {args.output}")
    return 0


def narrow(source: Path, classes: list[str], target: Path) -> None:
    """Write the model of these classes and all that `train` writes beside one.

    Raises ValueError for a class that the model does not have, OSError for a missing file.
    """
    import keras

    notes = json.loads(sidecar(source).read_text(encoding="utf-8"))
    known = [each["id"] for each in notes["classes"]]
    missing = [name for name in classes if name not in known]
    if missing:
        raise ValueError(f"{source.name} does not know the class {missing[0]}")
    columns = [known.index(name) for name in classes]
    others = [index for index in range(len(known)) if index not in columns]
    whole = keras.models.load_model(source, compile=False)
    kernel, bias = (np.asarray(each) for each in whole.get_layer("logits").get_weights())
    layer = keras.layers.Dense(len(classes), name="logits")
    logits = layer(whole.get_layer("dropout").output)
    layer.set_weights([kernel[:, columns], bias[columns]])
    scores = keras.layers.Activation("softmax", name="scores")(logits)
    target.parent.mkdir(parents=True, exist_ok=True)
    keras.Model(whole.input, scores, name=whole.name).save(target)
    notes["rivals"] = [known[index] for index in others]
    notes["classes"] = [notes["classes"][column] for column in columns]
    sidecar(target).write_text(json.dumps(notes, indent=1) + "\n", encoding="utf-8")
    for suffix in (TRAINED_ON, HELD_OUT, TESTED):
        shutil.copyfile(beside(source, suffix), beside(target, suffix))
