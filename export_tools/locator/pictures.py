"""Training pictures of the locator's network: fields turned, zoomed, recoloured and mixed."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from export_tools.locator.fields import WRONG, Boxes, Field
from export_tools.locator.targets import STRIDE, encode

WORK_AREA = 192 * 144
"""Pixels of a picture at the working scale; the same number as in imaging.locate."""


Pixels = npt.NDArray[np.uint8]


class Sampler:
    """Draws augmented training pictures with their targets; the same seed draws the same ones.

    Args:
        fields: what to draw from; sources are drawn evenly.
        size: (height, width) of the pictures, multiples of the stride.
        seed: of the random generator.
    """

    def __init__(self, fields: list[Field], size: tuple[int, int], seed: int) -> None:
        self._size = size
        self._random = np.random.default_rng(seed)
        self._by_source: dict[str, list[tuple[Pixels, Field, float]]] = {}
        for field in fields:
            if field.path.stem in WRONG:
                continue
            read = cv2.imread(str(field.path))
            if read is None:
                raise OSError(f"{field.path} cannot be read as an image")
            pixels = cv2.cvtColor(read, cv2.COLOR_BGR2RGB)
            # The program's own working scale: see imaging.locate.
            scale = (WORK_AREA / (pixels.shape[0] * pixels.shape[1])) ** 0.5
            # Twice the working scale is sharp enough for the largest zoom.
            keep = min(1.0, 2 * scale)
            pixels = cv2.resize(pixels, None, fx=keep, fy=keep, interpolation=cv2.INTER_AREA)
            self._by_source.setdefault(field.source, []).append((np.asarray(pixels, np.uint8), field, keep))

    def batch(self, count: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Pictures (count, H, W, 3) float32 from -1 to 1, and targets (count, H/8, W/8, 16)."""
        pictures, targets = [], []
        for _ in range(count):
            pixels, boxes, kinds, sure = self._draw()
            pictures.append(self._recolour(pixels))
            targets.append(encode(boxes, kinds, self._size, red_cells_labelled=sure))
        return np.stack(pictures), np.stack(targets)

    def _draw(self) -> tuple[Pixels, Boxes, npt.NDArray[np.int64], bool]:
        random = self._random
        height, width = self._size
        chance = random.random()
        if chance < 0.04:
            return _no_smear(random, self._size), np.zeros((0, 4), np.float32), np.zeros(0, np.int64), True
        if chance < 0.16:
            return self._pair()
        return self._one(height, width)

    def _pair(self) -> tuple[Pixels, Boxes, npt.NDArray[np.int64], bool]:
        """Two pictures side by side: fields with several cells are rare in the data."""
        height, width = self._size
        cut = width // 2 + int(self._random.integers(-3, 4)) * STRIDE
        left = self._one(height, cut)
        right = self._one(height, width - cut)
        moved = right[1] + np.array([cut, 0, cut, 0], np.float32)
        return (
            np.hstack([left[0], right[0]]),
            np.concatenate([left[1], moved]),
            np.concatenate([left[2], right[2]]),
            left[3] and right[3],
        )

    def _one(self, height: int, width: int) -> tuple[Pixels, Boxes, npt.NDArray[np.int64], bool]:
        random = self._random
        sources = sorted(self._by_source)
        pool = self._by_source[sources[int(random.integers(len(sources)))]]
        pixels, field, keep = pool[int(random.integers(len(pool)))]
        kinds = field.kinds
        boxes = field.boxes * keep
        if random.random() < 0.3:
            pixels, boxes, kinds = self._with_neighbour(pixels, boxes, kinds, pool)
        scale = (WORK_AREA / (pixels.shape[0] * pixels.shape[1])) ** 0.5
        zoom = scale * float(np.exp(random.uniform(np.log(0.6), np.log(1.7))))
        angle = float(random.integers(4)) * 90.0 if random.random() < 0.6 else float(random.uniform(0, 360))
        radians = np.deg2rad(angle)
        cosine, sine = zoom * np.cos(radians), zoom * np.sin(radians)
        flip = -1.0 if random.random() < 0.5 else 1.0
        turn = np.array([[cosine * flip, sine], [-sine * flip, cosine]])
        whites = boxes[kinds == 0]
        middle = np.array([pixels.shape[1] / 2, pixels.shape[0] / 2])
        if len(whites) and random.random() < 0.35:
            # Look at a white cell, anywhere in the picture, also at its edge.
            one = whites[int(random.integers(len(whites)))]
            middle = np.array([(one[0] + one[2]) / 2, (one[1] + one[3]) / 2])
            place = random.uniform(-0.05, 1.05, 2) * (width, height)
        else:
            place = np.array([width / 2, height / 2]) + random.uniform(-0.15, 0.15, 2) * (width, height)
        shift = place - turn @ middle
        # No reflection: a reflected cell would be a cell without a box.
        border = cv2.BORDER_REPLICATE if random.random() < 0.4 else cv2.BORDER_CONSTANT
        fill = (0, 0, 0) if random.random() < 0.6 else (255, 255, 255)
        matrix = np.hstack([turn, shift[:, None]])
        source = pixels
        if zoom < 0.8:
            source = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.45 / zoom), np.uint8)
        made = cv2.warpAffine(
            source, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=fill
        )
        boxes, kept = _turned(boxes, turn, shift, (height, width))
        # Several BCCD fields have no red cell boxed though they are full of them.
        return np.asarray(made, np.uint8), boxes, kinds[kept], bool((field.kinds == 1).sum() >= 4)

    def _with_neighbour(
        self,
        pixels: Pixels,
        boxes: Boxes,
        kinds: npt.NDArray[np.int64],
        pool: list[tuple[Pixels, Field, float]],
    ) -> tuple[Pixels, Boxes, npt.NDArray[np.int64]]:
        """The picture with a white cell of another one of its source pasted in.

        Half of the time it touches a white cell that is there: pairs are rare in the data, and two
        touching cells must stay two.
        """
        random = self._random
        giver, other, keep = pool[int(random.integers(len(pool)))]
        height, width = pixels.shape[:2]
        offered = other.of("WBC") * keep
        inner = (offered[:, :2].min(axis=1) > 3) & (offered[:, 2] < giver.shape[1] - 3)
        offered = offered[inner & (offered[:, 3] < giver.shape[0] - 3)]
        if not len(offered):
            return pixels, boxes, kinds
        left, top, right, bottom = (int(v) for v in offered[int(random.integers(len(offered)))])
        cut = giver[top:bottom, left:right]
        high, wide = cut.shape[:2]
        whites = boxes[kinds == 0]
        if len(whites) and random.random() < 0.6:
            one = whites[int(random.integers(len(whites)))]
            way = random.uniform(0, 2 * np.pi)
            reach = ((one[2] - one[0] + one[3] - one[1]) + (high + wide)) / 4 * random.uniform(0.88, 1.15)
            x = (one[0] + one[2]) / 2 + reach * np.cos(way) - wide / 2
            y = (one[1] + one[3]) / 2 + reach * np.sin(way) - high / 2
        else:
            x, y = (
                random.uniform(-0.4 * wide, width - 0.6 * wide),
                random.uniform(-0.4 * high, height - 0.6 * high),
            )
        x0, y0 = int(max(0, x)), int(max(0, y))
        x1, y1 = int(min(width, x + wide)), int(min(height, y + high))
        if x1 - x0 < 0.25 * wide or y1 - y0 < 0.25 * high:
            return pixels, boxes, kinds
        place = np.array([[x0, y0, x1, y1]], np.float32)
        covered = _covered(boxes, place[0])
        if (covered[kinds == 0] > 0.25).any():
            return pixels, boxes, kinds
        # The light of the pasted cell is matched by the clear background of both pictures.
        light = np.percentile(pixels, 85, axis=(0, 1)) / np.maximum(np.percentile(giver, 85, axis=(0, 1)), 1)
        matched = np.clip(cut * light, 0, 255)
        mask = np.zeros((high, wide), np.float32)
        cv2.ellipse(mask, (wide // 2, high // 2), (int(wide * 0.47), int(high * 0.47)), 0, 0, 360, 1.0, -1)
        soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.0), np.float32)[..., None]
        from_x, from_y = int(x0 - x), int(y0 - y)
        part = slice(from_y, from_y + y1 - y0), slice(from_x, from_x + x1 - x0)
        made = pixels.copy()
        under = made[y0:y1, x0:x1].astype(np.float32)
        made[y0:y1, x0:x1] = (under + (matched[part] - under) * soft[part]).astype(np.uint8)
        seen = covered < 0.6
        return (
            made,
            np.concatenate([boxes[seen], place]),
            np.concatenate([kinds[seen], np.zeros(1, np.int64)]),
        )

    def _recolour(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        random = self._random
        picture = pixels.astype(np.float32) / 255.0
        if random.random() < 0.8:
            gamma = np.exp(random.uniform(-0.35, 0.35) + random.uniform(-0.15, 0.15, 3)).astype(np.float32)
            gain = (random.uniform(0.75, 1.12) * random.uniform(0.88, 1.1, 3)).astype(np.float32)
            picture = np.clip(picture, 0, 1) ** gamma * gain
        if random.random() < 0.4:
            grey = picture.mean(axis=2, keepdims=True)
            picture = grey + (picture - grey) * np.float32(random.uniform(0.4, 1.4))
        if random.random() < 0.15:
            slope = np.linspace(-1, 1, pixels.shape[1], dtype=np.float32)[None, :, None]
            picture = picture * (1 + slope * np.float32(random.uniform(-0.15, 0.15)))
        if random.random() < 0.3:
            blurred = cv2.GaussianBlur(picture, (0, 0), float(random.uniform(0.3, 1.4)))
            picture = np.asarray(blurred, np.float32)
        if random.random() < 0.3:
            noise = random.standard_normal(picture.shape).astype(np.float32)
            picture = picture + noise * np.float32(random.uniform(0.0, 0.05))
        return np.asarray(np.clip(picture, 0, 1) * 2 - 1, dtype=np.float32)


def _covered(boxes: Boxes, by: Boxes) -> Boxes:
    """Share of each box's area inside another one."""
    across = np.minimum(boxes[:, 2], by[2]) - np.maximum(boxes[:, 0], by[0])
    down = np.minimum(boxes[:, 3], by[3]) - np.maximum(boxes[:, 1], by[1])
    areas = np.maximum((boxes[:, 2:] - boxes[:, :2]).prod(axis=1), 1.0)
    return np.asarray(np.maximum(across, 0) * np.maximum(down, 0) / areas, dtype=np.float32)


def _turned(
    boxes: Boxes,
    turn: npt.NDArray[np.float64],
    shift: npt.NDArray[np.float64],
    size: tuple[int, int],
) -> tuple[Boxes, npt.NDArray[np.bool_]]:
    """Boxes of the ellipses inside `boxes` after the turn, clipped; and which of them are kept.

    At least a fifth of a cell must remain visible, or there is nothing to learn from.
    """
    if not len(boxes):
        return np.zeros((0, 4), np.float32), np.zeros(0, bool)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 @ turn.T + shift
    halves = (boxes[:, 2:] - boxes[:, :2]) / 2
    reach = np.sqrt((halves**2) @ (turn**2).T)
    corners = np.hstack([centres - reach, centres + reach])
    # A box cut by the picture's edge holds half an ellipse: a quarter turn keeps it exact.
    square = np.abs(turn).min() < 1e-6
    if square:
        reach = halves @ np.abs(turn).T
        corners = np.hstack([centres - reach, centres + reach])
    height, width = size
    clipped = np.clip(corners, 0, [width, height, width, height])
    whole = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    left = np.prod(clipped[:, 2:] - clipped[:, :2], axis=1)
    kept = (left > 0.2 * whole) & ((clipped[:, 2:] - clipped[:, :2]).min(axis=1) > 3)
    return clipped[kept].astype(np.float32), kept


def _no_smear(random: np.random.Generator, size: tuple[int, int]) -> Pixels:
    """A picture without any cell: plain, noise, stripes, blots or writing."""
    height, width = size
    base = random.integers(0, 256, 3)
    picture = np.full((height, width, 3), base, dtype=np.uint8)
    what = int(random.integers(4))
    if what == 0:
        noise = random.normal(0, random.uniform(2, 80), picture.shape)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    elif what == 1:
        coarse = random.integers(0, 256, (int(random.integers(3, 40)), int(random.integers(3, 40)), 3))
        grown = cv2.resize(coarse.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
        picture = np.asarray(grown, np.uint8)
    elif what == 2:
        ink = [int(value) for value in random.integers(0, 256, 3)]
        for _ in range(int(random.integers(3, 25))):
            at = (int(random.integers(-20, width)), int(random.integers(0, height)))
            letters = "".join(chr(int(code)) for code in random.integers(48, 122, 8))
            cv2.putText(
                picture, letters, at, int(random.integers(0, 4)), float(random.uniform(0.2, 1.6)), ink, 1
            )
    else:
        for _ in range(int(random.integers(1, 12))):
            ink = [int(value) for value in random.integers(0, 256, 3)]
            corner = (int(random.integers(0, width)), int(random.integers(0, height)))
            other = (int(random.integers(0, width)), int(random.integers(0, height)))
            if random.random() < 0.5:
                cv2.rectangle(picture, corner, other, ink, -1)
            else:
                cv2.line(picture, corner, other, ink, int(random.integers(1, 6)))
    return picture
