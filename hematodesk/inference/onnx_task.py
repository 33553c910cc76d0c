"""What an ONNX network does that is no classifier of images: told by its outputs and its operations."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hematodesk.domain.errors import ModelError
from hematodesk.domain.messages import N_, Message

Shape = tuple[int | None, ...]
"""Sizes of an output; None for one that is open."""

_BOXES = 4
_MOST_CLASSES = 30
"""Of a segmentation; a base without its head ends in hundreds of features."""

_SMALLEST_MAP = 15
"""Side in pixels; bases end in maps of 7 to 12."""

_FEWEST_ANCHORS = 500
"""YOLO's smallest grids for usual images give more boxes; DETR and its like ask 100 to 300 questions."""

_SUPPRESSING = frozenset(
    {"NonMaxSuppression", "EfficientNMS_TRT", "BatchedNMS_TRT", "BatchedNMSDynamic_TRT", "TRTBatchedNMS"}
)
_POOLING_REGIONS = frozenset({"RoiAlign", "MaxRoiPool"})
_BOX_WORDS = ("box", "bbox", "detection", "dets")
_YOLO_TASKS = ("detect", "segment", "pose", "obb")


def other_task(
    outputs: Mapping[str, Shape | None], operations: Collection[str], metadata: Mapping[str, str]
) -> Message | None:
    """What the network is, in words, when it surely is no classifier of images; else None.

    Args:
        outputs: the shape of each output; None where the file does not say it.
        operations: the types of the graph's nodes.
        metadata: the file's own notes; some trainers write there what it is for.
    """
    shapes = [shape for shape in outputs.values() if shape is not None]
    if metadata.get("task") in _YOLO_TASKS or _is_grid_of_boxes(shapes):
        return Message(N_("Errors", "an object detector (YOLO)"))
    if _POOLING_REGIONS.intersection(operations):
        return Message(N_("Errors", "an object detector (Faster R-CNN or Mask R-CNN)"))
    boxed = [shape for shape in shapes if len(shape) == 3 and shape[2] == _BOXES]
    if len(shapes) > 1 and boxed:
        few = boxed[0][1] is not None and boxed[0][1] < _FEWEST_ANCHORS
        if few or any("pred" in name for name in outputs):
            return Message(N_("Errors", "an object detector (DETR)"))
        return Message(N_("Errors", "an object detector (SSD or RetinaNet)"))
    scored = len(outputs) == 1 and len(shapes) == 1 and len(shapes[0]) == 2
    named = [name for name in outputs if any(word in name.casefold() for word in _BOX_WORDS)]
    if (named and not scored) or _SUPPRESSING.intersection(operations):
        return Message(N_("Errors", "an object detector"))
    if any(len(shape) == 2 for shape in shapes):
        # Scores; maps beside them are evidence or features.
        return None
    maps = [shape for shape in shapes if len(shape) == 4]
    if len({shape[1:] for shape in maps}) > 2:
        return Message(N_("Errors", "an object detector"))
    if any(_is_labelled_map(shape) for shape in maps):
        return Message(N_("Errors", "a segmentation network"))
    return None


def _is_labelled_map(shape: Shape) -> bool:
    """(N, K, rows, columns) or (N, rows, columns, K) with few classes and many positions."""
    readings = [(shape[1], *shape[2:]), (shape[3], *shape[1:3])]
    square = [each for each in readings if each[1] is not None and each[1] == each[2]]
    # Most images are square, and so are their maps: then there is no doubt which axis is the classes'.
    for classes, rows, columns in square or readings:
        if classes is None or classes > _MOST_CLASSES:
            continue
        sides = [side for side in (rows, columns) if side is not None]
        if not sides or (min(sides) >= _SMALLEST_MAP and max(sides) <= 4 * min(sides)):
            return True
    return False


def _is_grid_of_boxes(shapes: list[Shape]) -> bool:
    """(N, 4 + K, boxes), (N, boxes, 5 + K) or (N, anchors, rows, columns, 5 + K)."""
    for shape in shapes:
        if len(shape) == 5 and shape[4] is not None and shape[4] > _BOXES:
            return True
        if len(shape) == 3 and not any(len(each) == 3 and each[2] == _BOXES for each in shapes):
            sides = [side for side in shape[1:] if side is not None]
            if len(sides) == 2 and min(sides) > _BOXES and max(sides) >= _FEWEST_ANCHORS:
                return True
            # After the suppression: x, y, width, height, confidence, class.
            if shape[2] in (6, 7) and len(shapes) == 1:
                return True
    return False


def other_task_error(name: str, task: Message) -> ModelError:
    """The error for a file whose network does something else."""
    return ModelError(
        "model_foreign",
        N_("Errors", "{name} is {task}: it gives no score for each class of one image."),
        N_(
            "Errors",
            "The program finds the cells itself and needs a classifier: train one on pictures of single "
            "cells, then convert that.",
        ),
        name=name,
        task=task,
    )
