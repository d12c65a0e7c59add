"""The Grad-CAM of tf-keras-vis as a peer: `python -m benchmarks.timed.of_tf_keras_vis JOB.npz`."""

from __future__ import annotations

import json
import sys
from importlib import metadata

import numpy as np

from benchmarks.timed.peer import serve, timed
from util.modelstore.runtime import tensorflow


def main(file: str) -> None:
    """Load the model as Keras does, make the explainer once, answer."""
    tensorflow()
    import keras
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.model_modifiers import ReplaceToLinear
    from tf_keras_vis.utils.scores import BinaryScore, CategoricalScore

    stored = np.load(file)
    pixels, job = stored["pixels"], json.loads(str(stored["job"]))
    model = keras.models.load_model(job["model"], compile=False)
    score = BinaryScore(bool(job["target"])) if job["units"] == 1 else CategoricalScore(job["target"])
    made = Gradcam(model, model_modifier=ReplaceToLinear(), clone=True)

    def grad_cam() -> object:
        return made(score, pixels[:1], penultimate_layer=job["layer"], seek_penultimate_conv_layer=False)

    serve(
        {"grad_cam": lambda asked: {"seconds": timed(grad_cam, asked.get("times", 1))[1]}},
        version=metadata.version("tf-keras-vis"),
    )


if __name__ == "__main__":
    main(sys.argv[1])
