"""Turns a loaded Keras model into an ONNX graph."""

from __future__ import annotations

from typing import Any

from export_tools.conversion.loaded_model import OPSET, LoadedModel
from export_tools.conversion.unsupported import failed_conversion, refuse_unsupported


def keras_to_onnx(loaded: LoadedModel) -> Any:
    """An ONNX graph (ModelProto) of a loaded model, batch size open where the model's is.

    Raises ModelError `layer_unsupported` naming the layer that could not be converted.
    """
    import tensorflow as tf
    import tf2onnx

    size = (loaded.height, loaded.width)
    shape = (*size, 3) if loaded.layout == "nhwc" else (3, *size)
    signature = (tf.TensorSpec((loaded.batch, *shape), tf.float32, name="input"),)

    def answer(images: Any) -> Any:
        return loaded.model(images, training=False)

    traced = tf.function(answer, input_signature=signature)

    try:
        graph, _ = tf2onnx.convert.from_function(traced, input_signature=signature, opset=OPSET)
    except Exception as fault:
        raise failed_conversion(fault, loaded.layers) from fault
    refuse_unsupported(graph, loaded.layers)
    _fix_captured(graph, traced.get_concrete_function(*signature).graph)
    # SavedModels often leave the number of columns open in their graph.
    columns = graph.graph.output[0].type.tensor_type.shape.dim
    if len(columns) == 2 and not columns[1].dim_value:
        columns[1].dim_value = loaded.outputs
    return graph


def _fix_captured(graph: Any, traced: Any) -> None:
    """Turn tensors that layers keep outside of variables, as Normalization does, into constants.

    Tracing makes them additional inputs of the graph.
    """
    from onnx import numpy_helper

    values = {inner.name: outer for outer, inner in traced.captures}
    kept = [each for each in graph.graph.input if each.name not in values]
    for each in graph.graph.input:
        if each.name in values:
            graph.graph.initializer.append(numpy_helper.from_array(values[each.name].numpy(), each.name))
    del graph.graph.input[:]
    graph.graph.input.extend(kept)
