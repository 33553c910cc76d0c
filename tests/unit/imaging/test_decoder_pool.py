"""The pool of decoders: the same pictures as in this process; what a child does gets no further."""

from __future__ import annotations

import os
import platform
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from hematodesk.child import launch
from hematodesk.domain import limits
from hematodesk.domain.errors import ImageError
from hematodesk.imaging import decoder_pool, decoder_wire, decoder_worker
from hematodesk.imaging.decoder_pool import DecoderPool
from hematodesk.imaging.decoder_worker import WorkerLimits
from hematodesk.imaging.files import NOTICES
from hematodesk.imaging.locate import locate_cells
from hematodesk.imaging.read import decode_image

sys.path.append(str(Path(__file__).parent))
from children import ROOT, evil_command

LINUX = sys.platform.startswith("linux")
SAMPLE = sorted((ROOT / "resources" / "samples").glob("*.jpg"))[0]


@pytest.fixture
def pools() -> Iterator[Callable[..., DecoderPool]]:
    """Makes pools, and closes them."""
    made: list[DecoderPool] = []

    def make(size: int = 1, **more) -> DecoderPool:
        made.append(DecoderPool(size, **more))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


@pytest.fixture
def evil(monkeypatch, pools) -> DecoderPool:
    """A pool of one child that does what the first word of a file says."""
    monkeypatch.setattr(launch, "child_command", evil_command())
    return pools(limits=WorkerLimits(patience_s=1.0))


def refusal(pool: DecoderPool, data: bytes, name: str = "smear", *, locate: bool = False) -> ImageError:
    with pytest.raises(ImageError) as caught:
        pool.decode(data, name, locate=locate)
    assert caught.value.remedy
    return caught.value


def children() -> list[psutil.Process]:
    return psutil.Process().children()


def word(text: str) -> bytes:
    return text.encode().ljust(64, b"\0")


def test_a_child_gives_the_same_pictures(pools, files, tmp_path):
    pool = pools()
    for kind, data in files.items():
        path = tmp_path / f"{kind} Prüfung 血液.img"
        path.write_bytes(data)
        expected = decode_image(data, "here")
        for image in (pool.decode(data, "there"), pool.read(path)):
            np.testing.assert_array_equal(image.pixels, expected.pixels)
            assert not image.pixels.flags.writeable and image.pixels.flags.owndata
            assert (image.format, image.digest, image.notices) == (kind, expected.digest, expected.notices)
    assert len(children()) == 1


def fields() -> dict[str, np.ndarray]:
    """Pictures, uint8 (H, W, 3) RGB, each of which the locator looks at in another way."""
    sample = decode_image(SAMPLE.read_bytes(), SAMPLE.name).pixels
    height, width = sample.shape[:2]
    return {
        "a field": sample,
        "nothing in it, under a lamp": np.full((96, 128, 3), (240, 200, 120), np.uint8),
        "cut out tightly": sample[height // 4 : height // 2, width // 4 : width // 2],
        "tiles": np.tile(sample, (3, 3, 1)),
    }


@pytest.mark.parametrize("kind", fields())
def test_a_child_locates_the_same_cells(monkeypatch, pools, encode, kind):
    monkeypatch.setattr(decoder_pool, "_ATTEMPTS", 1)
    pixels = fields()[kind]
    pool, data = pools(), encode(pixels, ".bmp")
    image = pool.decode(data, "x", locate=True)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.located == locate_cells(pixels)
    assert pool.decode(data, "x").located is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the settings are glibc's")
def test_a_child_does_not_ask_for_its_memory_anew_with_each_image(pools):
    pool = pools()

    def faults() -> int:
        # The tenth field of the line, the eighth behind the name: pages that were asked for.
        return int(Path(f"/proc/{children()[0].pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[7])

    for _ in range(5):
        pool.read(SAMPLE, locate=True)
    before = faults()
    for _ in range(20):
        pool.read(SAMPLE, locate=True)
    assert faults() - before < 20 * 50


def test_a_very_large_pictures_cells_are_left_to_the_program(pools, encode):
    data = encode(np.zeros((2_600, 3_900, 3), np.uint8), ".jpg")
    assert pools().decode(data, "x", locate=True).located is None


def test_a_child_tells_the_same_faults_with_the_files_name(pools, files):
    pool = pools()
    for data in (b"", b"GIF89a" + bytes(99), b"BM" + bytes(60), files["png"][:200], bytes(5_000)):
        with pytest.raises(ImageError) as here:
            decode_image(data, "“smear” {7}.png")
        there = refusal(pool, data, "“smear” {7}.png")
        assert (there.code, there.message, there.remedy) == (
            here.value.code,
            here.value.message,
            here.value.remedy,
        )


def test_what_cannot_be_opened_is_told_without_losing_the_child(pools, tmp_path, files):
    pool, whole = pools(), tmp_path / "whole.png"
    whole.write_bytes(files["png"])
    pool.read(whole)
    (child,) = children()
    huge = tmp_path / "slide.tiff"
    with huge.open("wb") as stream:
        stream.truncate(limits.MAX_FILE_BYTES + 1)
    found = []
    for path in (tmp_path / "gone.png", tmp_path, huge, Path("a\0b.png")):
        with pytest.raises(ImageError) as caught:
            pool.read(path)
        found.append(caught.value.code)
    assert found == ["file_not_found", "file_unreadable", "file_too_large", "file_unreadable"]
    pool.read(whole)
    assert children() == [child]


@pytest.mark.skipif(sys.platform == "win32", reason="priorities are numbers elsewhere")
def test_a_child_stands_back_for_the_window(pools):
    pools().read(SAMPLE)
    (child,) = children()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, getattr(child, "pid", child)) == min(own + launch.POLITE, 19)


@pytest.mark.skipif(not LINUX, reason="a system call filter is had on Linux alone")
def test_a_decoder_that_was_taken_over_can_do_nothing_but_compute(evil):
    assert refusal(evil, word("TRY")).message.data["kind"] == "did: "
    assert set(evil.limits_in_force()) >= {"system_calls", "memory", "processor_time", "parent", "core_dumps"}


def test_a_child_has_no_model_runtime_no_window_and_no_database(evil):
    assert refusal(evil, word("MODULES")).message.data["kind"] == "loaded: "


def test_a_crash_is_one_failed_image_and_the_pool_goes_on(evil, files):
    evil.decode(files["png"], "before")
    error = refusal(evil, word("CRASH"), "smear_7.jpg")
    assert error.code == "image_decoder_failed" and "smear_7.jpg" in error.message
    assert evil.decode(files["png"], "after").pixels.shape == (48, 64, 3)
    assert len(children()) == 1


def test_a_decoder_that_hangs_is_stopped(evil, files):
    started = time.monotonic()
    error = refusal(evil, word("HANG"), "smear_7.jpg")
    assert error.code == "image_decoder_stuck" and "smear_7.jpg" in error.message
    assert time.monotonic() - started < 10
    assert evil.decode(files["png"], "after").pixels.shape == (48, 64, 3)


@pytest.mark.skipif(not LINUX, reason="other systems than Linux need not hold the limit")
def test_a_decoder_gets_no_more_memory_than_the_limit(evil, files):
    assert refusal(evil, word("EAT")).code == "image_too_large"
    evil.decode(files["png"], "after")


@pytest.mark.parametrize(
    ("number", "locate"), [*((number, False) for number in range(1, 6)), (6, True), (7, True), (8, False)]
)
def test_a_child_that_says_what_no_decoder_says_is_not_believed(evil, number, locate):
    code = refusal(evil, word(f"LIE{number}"), locate=locate).code
    assert code in ("image_decoder_failed", "image_decoder_stuck")
    assert not children()


def test_a_batch_leaves_a_child_for_what_a_person_opens(monkeypatch, pools, files):
    monkeypatch.setattr(launch, "child_command", evil_command())
    pool = pools(3, limits=WorkerLimits(patience_s=15.0))
    batch = [
        threading.Thread(target=refusal, args=(pool, word("HANG")), kwargs={"locate": True}) for _ in "12345"
    ]
    for each in batch:
        each.start()
    while sum(child.cpu_times().user > 0.3 for child in children()) < 2:
        time.sleep(0.01)
    assert pool.decode(files["png"], "x").format == "png"
    # It did not wait until one of those was given up.
    assert all(each.is_alive() for each in batch)
    pool.close()
    for each in batch:
        each.join(10)
        assert not each.is_alive()


def test_a_child_that_something_else_killed_costs_no_image(pools, files):
    lost: list[str] = []
    pool = pools(tell=lambda event, /, **facts: lost.append(event))
    pool.decode(files["png"], "before")
    (child,) = children()
    child.kill()
    assert pool.decode(files["png"], "after").pixels.shape == (48, 64, 3)
    assert lost == ["decoder_started", "decoder_lost"]


def test_every_image_gets_its_one_answer_while_children_are_killed_at_random(pools, files):
    """Three threads, hundreds of images, kills all the while; memory and descriptors stay flat."""
    pool, chance = pools(3), random.Random(5)
    expected = {kind: decode_image(data, "").pixels for kind, data in files.items()}
    answers: Counter[str] = Counter()
    count, over = 600, threading.Event()
    waiting = iter([(number, sorted(files)[number % len(files)]) for number in range(count)])
    lock = threading.Lock()
    pool.warm(3)
    pool.decode(files["png"], "first")
    process = psutil.Process()
    descriptors, memory = process.num_fds() if LINUX else 0, process.memory_info().rss

    def work() -> None:
        while True:
            with lock:
                number, kind = next(waiting, (None, ""))
            if number is None:
                return
            try:
                same = np.array_equal(pool.decode(files[kind], f"n{number}").pixels, expected[kind])
                answer = "picture" if same else "wrong picture"
            except ImageError as error:
                answer = error.code
            with lock:
                answers[answer] += 1

    def kill() -> None:
        while not over.wait(chance.uniform(0.0, 0.12)):
            alive = children()
            if alive:
                with_luck = chance.choice(alive)
                try:
                    with_luck.kill()
                except psutil.NoSuchProcess:
                    continue

    killer = threading.Thread(target=kill)
    workers = [threading.Thread(target=work) for _ in range(3)]
    for thread in (killer, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    over.set()
    killer.join()
    assert sum(answers.values()) == count
    assert set(answers) <= {"picture", "image_decoder_failed", "image_decoder_missing"}
    assert answers["picture"] > count * 0.8
    pool.close()
    assert not children()
    if LINUX:
        assert process.num_fds() <= descriptors
    assert process.memory_info().rss < memory + 64 * 2**20


def test_a_child_is_replaced_after_its_share_of_images(pools, files):
    pool = pools(limits=WorkerLimits(images=3))
    seen = set()
    for _ in range(7):
        pool.decode(files["png"], "x")
        seen |= {child.pid for child in children()}
    assert len(seen) >= 2


def test_few_images_follow_one_that_failed_in_its_child(pools, files):
    pool = pools(limits=WorkerLimits(images_after_failure=2), size=1)
    pool.decode(files["png"], "before")
    (first,) = children()
    for _ in range(3):
        pool.decode(files["png"], "good")
    assert [child.pid for child in children()] == [first.pid]
    refusal(pool, files["png"][:200])
    for _ in range(4):
        assert pool.decode(files["png"], "after").pixels.shape == (48, 64, 3)
    assert first.pid not in {child.pid for child in children()}


def test_every_question_has_a_number_that_the_child_cannot_foresee(monkeypatch, pools, files):
    numbers = []
    pack = decoder_wire.REQUEST.pack

    def packed(*given: object) -> bytes:
        numbers.append(given[1])
        return pack(*given)

    monkeypatch.setattr(decoder_wire, "REQUEST", SimpleNamespace(pack=packed))
    pool = pools(size=1)
    for _ in range(4):
        pool.decode(files["png"], "x")
    assert len(set(numbers)) == 4 and max(numbers) > 2**32
    assert sorted(numbers) != [numbers[0] + each for each in range(4)]


@pytest.mark.skipif(not LINUX, reason="elsewhere a child may not be known to be alone")
def test_a_very_large_picture_takes_its_memory_along_and_nobody_can_change_it(monkeypatch, pools, files):
    monkeypatch.setattr(decoder_worker, "_HANDED_OVER_BYTES", 0)
    monkeypatch.setattr(decoder_pool, "_LARGE_FILE", 0)
    lost: list[str] = []
    pool = pools(tell=lambda event, /, **facts: lost.append(event))
    pool.warm()
    kept = []
    for kind, data in files.items():
        # A child is on its way before anybody asks.
        deadline = time.monotonic() + 10
        while not children() and time.monotonic() < deadline:
            time.sleep(0.01)
        (child,) = children()
        image = pool.decode(data, kind)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
        assert not image.pixels.flags.writeable
        kept.append((image, decode_image(data, kind)))
    pool.close()
    for image, expected in kept:
        np.testing.assert_array_equal(image.pixels, expected.pixels)
        assert image.digest == expected.digest
    assert lost == ["decoder_started"] and not children()


@pytest.mark.skipif(not LINUX, reason="elsewhere a child may not be known to be alone")
def test_a_child_that_is_not_known_to_be_alone_keeps_its_memory_to_itself(monkeypatch, pools, files):
    monkeypatch.setattr(decoder_worker, "_HANDED_OVER_BYTES", 0)
    monkeypatch.setattr(decoder_worker, "_ALONE", {"no such limit"})
    pool = pools()
    assert pool.decode(files["png"], "one").pixels.flags.owndata
    (child,) = children()
    assert pool.decode(files["png"], "two").pixels.flags.owndata
    assert children() == [child]


def test_segments_grow_with_the_images(pools, files):
    pool = pools(sizes=(1_000, 1_000))
    assert pool.decode(files["bmp"], "large").pixels.shape == (48, 64, 3)
    assert len(children()) == 1


@pytest.mark.parametrize(
    "command",
    [["/no/such/program"], [sys.executable, "-c", "pass"], [sys.executable, "-c", "print('x' * 999)"]],
)
def test_without_children_images_are_refused_in_words(monkeypatch, pools, files, command):
    monkeypatch.setattr(launch, "child_command", lambda kind, arguments: command)
    pool = pools()
    assert refusal(pool, files["png"]).code == "image_decoder_missing"
    with pytest.raises(ImageError):
        pool.limits_in_force()


def test_closing_ends_the_children_and_whoever_waits(evil):
    outcome: list[str] = []

    def wait() -> None:
        outcome.append(refusal(evil, word("HANG")).code)

    evil.warm()
    waiting = threading.Thread(target=wait)
    waiting.start()
    while not any(child.cpu_times().user > 0.3 for child in children()):
        time.sleep(0.01)
    evil.close()
    waiting.join(5)
    assert outcome and outcome[0].startswith("image_decoder")
    assert not children()
    assert "hematodesk-decoders" not in {thread.name for thread in threading.enumerate()}
    assert refusal(evil, word("MODULES")).code == "image_decoder_missing"


PARENT = """
import sys, time
sys.path[:] = {modules!r}
from children import evil_command
from hematodesk.child import launch
launch.child_command = evil_command([])
from hematodesk.imaging import decoder_pool, decoder_wire, decoder_worker
from hematodesk.imaging.decoder_pool import DecoderPool
pool = DecoderPool(2)
pool.decode(open({image!r}, "rb").read(), "x")
print("up", flush=True)
pool.decode(b"HANG".ljust(64, b"\\0"), "x")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="on Windows the job object does it")
def test_children_end_with_a_program_that_is_killed_also_in_the_middle_of_an_image(tmp_path, files):
    image = tmp_path / "x.png"
    image.write_bytes(files["png"])
    modules = [str(ROOT), str(Path(__file__).parent), *(path for path in sys.path if path)]
    code = PARENT.format(modules=modules, image=str(image))
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    with parent.stdout:
        assert parent.stdout.readline() == b"up\n"
        (child,) = psutil.Process(parent.pid).children()
        while child.cpu_times().user < 0.3:
            time.sleep(0.01)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_every_notice_has_its_bit_in_a_reply():
    assert len(NOTICES) == len(set(NOTICES)) <= 32
