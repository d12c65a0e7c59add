"""The published data sets, by the reader's own account at Kaggle."""

from __future__ import annotations

from pathlib import Path

from util.training.data_root import DataError

HANDLES = {
    "chest": "paultimothymooney/chest-xray-pneumonia",
    "skin": "kmader/skin-cancer-mnist-ham10000",
    "breast": "paultimothymooney/breast-histopathology-images",
}


def download(modality: str) -> Path:
    """Download the published set of `modality` with kagglehub, or find it in its cache; its folder.

    Raises DataError where there is no such set, kagglehub is not installed, Kaggle refuses, or is not reached.
    """
    handle = HANDLES.get(modality)
    if handle is None:
        raise DataError("training.no_handle", known=", ".join(HANDLES), received=modality)
    try:
        import kagglehub
    except ImportError:
        raise DataError("training.no_kagglehub") from None
    try:
        return Path(kagglehub.dataset_download(handle))
    except Exception as cause:
        raise _failed(cause, handle) from cause


def _failed(cause: Exception, handle: str) -> DataError:
    # kagglehub's own kinds of errors change with its versions: the status of the answer and the names stay.
    kinds = " ".join(kind.__name__ for kind in type(cause).__mro__)
    status = getattr(getattr(cause, "response", None), "status_code", None)
    if status in (401, 403, 404) or "Credential" in kinds or "Unauthenticated" in kinds:
        return DataError("training.no_account", handle=handle)
    if "ConnectionError" in kinds or "Timeout" in kinds:
        return DataError("training.no_network", handle=handle)
    reason = " ".join(str(cause).split())[:200] or type(cause).__name__
    return DataError("training.no_download", handle=handle, reason=reason)
