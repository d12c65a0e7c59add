"""The prepared array is whole or absent: killed, doubled or short of room, no run ever reads half of one."""

import errno
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from util.training import prepared_store
from util.training.data_root import DataError
from util.training.dataset import Dataset
from util.training.prepared_store import cached_chain, prepared_array

CHAIN = ({"step": "colour"}, {"step": "centre_square"}, {"step": "resize", "side": 16})
IMAGES = 75


def picture(k: int) -> np.ndarray:
    return np.repeat(np.where(np.arange(16) < 8, k, k + 100).astype(np.uint8)[None, :, None], 16, 0).repeat(
        3, 2
    )


def drawn(folder, bad: tuple[int, ...] = (), images: int = IMAGES) -> Dataset:
    """Image k is k on its left and k + 100 on its right; the files of `bad` are no images."""
    folder.mkdir(exist_ok=True)
    for k in range(images):
        Image.fromarray(picture(k)).save(folder / f"{k}.png")
        if k in bad:
            (folder / f"{k}.png").write_bytes(b"no image")
    return indexed(folder, images)


def indexed(folder, images: int = IMAGES) -> Dataset:
    paths, nothing = tuple(f"{k}.png" for k in range(images)), np.zeros(images, int)
    return Dataset("chest", folder, ("a", "b"), paths, nothing, nothing, nothing, nothing, None, {})


def right(images: np.ndarray, answered: np.ndarray, bad: tuple[int, ...] = (), count: int = IMAGES) -> bool:
    wanted = np.stack([picture(k) * (k not in bad) for k in range(count)])
    return (
        images.shape == (count, 16, 16, 3)
        and images.dtype == np.uint8
        and np.array_equal(images, wanted)
        and np.flatnonzero(~answered).tolist() == list(bad)
    )


def counted(patch, stop_after: int | None = None) -> list:
    """Every decoding from here on, one entry each; after `stop_after` of them the run is killed."""
    seen, original = [], prepared_store.decode

    def decode(data, **options):
        if stop_after is not None and len(seen) >= stop_after:
            raise KeyboardInterrupt
        seen.append(len(data))
        return original(data, **options)

    patch.setattr(prepared_store, "decode", decode)
    return seen


@pytest.mark.parametrize("bad", [(), (0, 1, 40), tuple(range(35))])
def test_every_image_has_its_row_and_what_cannot_be_read_is_black_and_told(tmp_path, bad):
    assert right(*prepared_array(drawn(tmp_path / "data", bad), CHAIN, tmp_path / "store"), bad)


def test_what_is_stored_is_not_prepared_again(tmp_path, monkeypatch):
    data = drawn(tmp_path / "data")
    prepared_array(data, CHAIN, tmp_path / "store")
    seen = counted(monkeypatch)
    assert right(*prepared_array(data, CHAIN, tmp_path / "store"))
    assert seen == []
    Image.fromarray(picture(7).repeat(3, 0)).save(tmp_path / "data" / "7.png")
    prepared_array(data, CHAIN, tmp_path / "store")
    assert len(seen) == IMAGES


@pytest.mark.parametrize("stop_after", [10, 40, 70])
def test_a_killed_run_goes_on_behind_the_last_block_it_wrote(tmp_path, stop_after):
    data, store = drawn(tmp_path / "data", (2, 36)), tmp_path / "store"
    with pytest.MonkeyPatch.context() as patch:
        counted(patch, stop_after)
        with pytest.raises(KeyboardInterrupt):
            prepared_array(data, CHAIN, store, workers=1)
    assert not list(store.glob("*.npy"))
    with pytest.MonkeyPatch.context() as patch:
        seen = counted(patch)
        assert right(*prepared_array(data, CHAIN, store), (2, 36))
        assert len(seen) == IMAGES - stop_after // 32 * 32
    assert not list(store.glob("*.part*"))


@pytest.mark.parametrize(
    "harm", ["half a row", "rows untold", "told without rows", "header cut", "foreign", "untold"]
)
def test_whatever_a_kill_leaves_under_way_the_array_comes_out_right(tmp_path, harm):
    data, store = drawn(tmp_path / "data", (5,)), tmp_path / "store"
    with pytest.MonkeyPatch.context() as patch:
        counted(patch, 64)
        with pytest.raises(KeyboardInterrupt):
            prepared_array(data, CHAIN, store, workers=1)
    part, told = next(store.glob("*.part")), next(store.glob("*.answered"))
    whole = part.read_bytes()
    if harm == "half a row":
        part.write_bytes(whole[:-100])
    elif harm == "rows untold":
        part.write_bytes(whole + b"\7" * 5000)
    elif harm == "told without rows":
        told.write_bytes(told.read_bytes() + b"\1\1\1")
    elif harm == "header cut":
        part.write_bytes(whole[:50])
    elif harm == "foreign":
        part.write_bytes(b"nothing of ours")
    else:
        told.unlink()
    assert right(*prepared_array(data, CHAIN, store), (5,))


def test_a_full_disk_is_one_sentence_and_what_is_prepared_is_kept(tmp_path):
    data, store = drawn(tmp_path / "data"), tmp_path / "store"
    original = prepared_store._append

    def full(file, block):
        if file.suffix == ".part" and file.stat().st_size > 20_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        original(file, block)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared_store, "_append", full)
        with pytest.raises(DataError, match="MB free") as said:
            prepared_array(data, CHAIN, store)
    assert str(said.value).count(".") >= 1 and "\n" not in str(said.value)
    with pytest.MonkeyPatch.context() as patch:
        seen = counted(patch)
        assert right(*prepared_array(data, CHAIN, store))
        assert len(seen) == IMAGES - 32


def test_too_little_room_is_said_before_anything_is_prepared_for_long(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prepared_store.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
        seen = counted(patch)
        with pytest.raises(DataError, match="MB free"):
            prepared_array(drawn(tmp_path / "data"), CHAIN, tmp_path / "store")
    assert len(seen) == 32


def test_a_folder_without_one_image_is_one_sentence(tmp_path):
    with pytest.raises(DataError, match="decoded"):
        prepared_array(drawn(tmp_path / "data", (0, 1, 2), 3), CHAIN, tmp_path / "store")


ANOTHER_PROCESS = """
import sys
from pathlib import Path
from tests.training import test_prepared_store as here
from util.training import prepared_store
seen = here.counted(here.pytest.MonkeyPatch())
folder, store = map(Path, sys.argv[1:])
print(here.right(*prepared_store.prepared_array(here.indexed(folder), here.CHAIN, store)), len(seen))
"""


def test_two_processes_that_want_the_same_array_prepare_it_once(tmp_path, project):
    drawn(tmp_path / "data")
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(tmp_path / "data"), str(tmp_path / "store")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project) for _ in range(2)]
    said = sorted(process.communicate()[0].strip() for process in running)
    assert said == ["True 0", f"True {IMAGES}"]


def test_a_last_step_that_enlarges_is_left_to_the_augmentation():
    enlarges = ({"step": "pad", "side": 50}, {"step": "resize", "side": 96})
    reduces = ({"step": "pad", "side": 200}, {"step": "resize", "side": 96})
    assert cached_chain(enlarges, 96) == enlarges[:1]
    assert cached_chain(reduces, 96) == reduces
