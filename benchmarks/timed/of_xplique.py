"""Xplique's methods as a peer, in an environment of its own: `PYTHON -m benchmarks.timed.of_xplique JOB.npz`.

The job holds `pixels` float32 (N, S, S, 3) as the file wants them, and what `methods.job_of` says. The model's last
activation is taken off, as Xplique advises. Nothing of ours is imported but the loop that answers.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata

import numpy as np

from benchmarks.timed.peer import serve, timed

os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def main(file: str) -> None:
    """Load the model, make the explainers, answer."""
    import tensorflow as tf

    threads = 2
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras
    from xplique.attributions import GradCAM, IntegratedGradients, Occlusion, Rise

    stored = np.load(file)
    pixels, job = stored["pixels"], json.loads(str(stored["job"]))
    model = keras.models.load_model(job["model"], compile=False)
    model.outputs[0]._keras_history.operation.activation = keras.activations.linear
    unit = 0 if job["units"] == 1 else job["target"]
    target = np.eye(job["units"], dtype=np.float32)[[unit]]
    batch, side = job["batch"], pixels.shape[1]
    patch = side // job["grid"]
    grey = float(pixels.mean())
    grad_cam = GradCAM(model, batch_size=batch, conv_layer=job["layer"])
    occlusion = Occlusion(model, batch_size=batch, patch_size=patch, patch_stride=patch, occlusion_value=grey)
    rise = Rise(model, batch_size=batch, nb_samples=job["masks"], grid_size=job["cells"], mask_value=grey)

    made = IntegratedGradients(model, batch_size=batch, reducer=None, steps=job["steps"])

    def gradients(asked):
        """From the image's mean grey level; its seconds leave out how far the sum misses the difference of scores."""
        image = pixels[[asked["image"]]]
        made.baseline_value = float(image.mean())
        found, seconds = timed(lambda: made(image, target), 1)
        ends = np.concatenate([np.full_like(image, made.baseline_value), image])
        before, after = (float(score) for score in model(ends, training=False).numpy()[:, unit])
        error = abs(float(np.sum(found, dtype=np.float64)) - (after - before))
        return {"seconds": seconds, "difference": after - before, "error": error, "steps": job["steps"]}

    def repeated(explainer):
        return lambda asked: {
            "seconds": timed(lambda: explainer(pixels[:1], target), asked.get("times", 1))[1]
        }

    tasks = {
        "grad_cam": repeated(grad_cam),
        "occlusion": repeated(occlusion),
        "rise": repeated(rise),
        "integrated_gradients": gradients,
    }
    serve(tasks, version=metadata.version("xplique"))


if __name__ == "__main__":
    main(sys.argv[1])
