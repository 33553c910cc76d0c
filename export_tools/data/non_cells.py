"""Draws pictures without any white cell: a model should name nothing in them with confidence."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from export_tools.phantom import random_style, render_field

Pixels = npt.NDArray[np.uint8]

_HEIGHT, _WIDTH = 480, 640
_WORDS = tuple(
    "neutrophil report page date ward sample blood smear count total table normal range ordered signature "  # noqa: SIM905
    "laboratory figure percent save open print close cancel settings window help".split()
)
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
)


def draw_non_cells(each: int, seed: int = 0) -> list[tuple[str, Pixels]]:
    """`each` pictures of every kind: (kind, uint8 (480, 640, 3) RGB); the same seed draws the same."""
    return [
        (kind, draw(np.random.default_rng([seed, place, number])))
        for place, (kind, draw) in enumerate(KINDS.items())
        for number in range(each)
    ]


def _noise(random: np.random.Generator) -> Pixels:
    """Fine, coarse or coloured noise."""
    grain = int(random.choice([1, 2, 4, 16, 60]))
    small = random.integers(0, 256, (_HEIGHT // grain, _WIDTH // grain, int(random.choice([1, 3]))))
    grown = cv2.resize(small.astype(np.uint8), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    planes = np.asarray(grown, dtype=np.uint8).reshape(_HEIGHT, _WIDTH, -1)
    return np.broadcast_to(planes, (_HEIGHT, _WIDTH, 3)).copy()


def _colours(random: np.random.Generator) -> Pixels:
    """Soft patches of a few colours, like a picture far out of focus."""
    small = random.integers(0, 256, (int(random.integers(2, 6)), int(random.integers(2, 7)), 3))
    return np.asarray(
        cv2.resize(small.astype(np.uint8), (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8
    )


def _text(random: np.random.Generator) -> Pixels:
    """A page of words, now and then light on dark."""
    page = np.full((_HEIGHT, _WIDTH, 3), random.integers(225, 256), np.uint8)
    _write(page, random, 10, 20, _WIDTH - 10, _HEIGHT)
    return 255 - page if random.random() < 0.25 else page


def _shapes(random: np.random.Generator) -> Pixels:
    """Filled and open circles, boxes and lines in any colour, nuclear violet among them."""
    page = np.full((_HEIGHT, _WIDTH, 3), random.integers(120, 256, 3), np.uint8)
    for _ in range(int(random.integers(1, 14))):
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        if random.random() < 0.3:
            colour = (
                int(random.integers(70, 130)),
                int(random.integers(30, 80)),
                int(random.integers(110, 190)),
            )
        one = (int(random.integers(0, _WIDTH)), int(random.integers(0, _HEIGHT)))
        size, width = int(random.integers(10, 110)), int(random.choice([-1, -1, 2, 6]))
        kind = int(random.integers(4))
        if kind == 0:
            cv2.circle(page, one, size, colour, width, cv2.LINE_AA)
        elif kind == 1:
            cv2.rectangle(page, one, (one[0] + size, one[1] + int(size * 0.7)), colour, width)
        elif kind == 2:
            cv2.ellipse(page, one, (size, size // 2), float(random.integers(180)), 0, 360, colour, width)
        else:
            cv2.line(page, one, (one[0] + size * 2, one[1] - size), colour, max(2, width), cv2.LINE_AA)
    return page


def _window(random: np.random.Generator) -> Pixels:
    """A program's window: title bar, menu, list, buttons, fields, icons; light or dark."""
    dark = random.random() < 0.4
    ground, ink = (43, 225) if dark else (240, 30)
    page = np.full((_HEIGHT, _WIDTH, 3), ground, np.uint8)
    accent = tuple(int(value) for value in random.integers(30, 230, 3))
    page[:28] = accent
    for index in range(3):
        cv2.circle(page, (_WIDTH - 20 - 24 * index, 14), 7, (ground,) * 3, -1, cv2.LINE_AA)
    side = int(random.integers(120, 220))
    page[28:, :side] = ground + (14 if dark else -14)
    _write(page, random, 8, 70, side, _HEIGHT, size=0.4, ink=ink)
    for index, left in enumerate(range(side + 20, _WIDTH - 100, 110)):
        shade = accent if index == 0 else (ground - 20 if not dark else ground + 30,) * 3
        cv2.rectangle(page, (left, 40), (left + 90, 66), shade, -1)
        cv2.putText(page, _WORDS[-1 - index], (left + 8, 58), _FONTS[0], 0.42, (ink,) * 3, 1, cv2.LINE_AA)
    for _ in range(int(random.integers(3, 9))):
        left, top = int(random.integers(side + 20, _WIDTH - 60)), int(random.integers(90, _HEIGHT - 50))
        colour = tuple(int(value) for value in random.integers(0, 256, 3))
        if random.random() < 0.5:
            cv2.circle(page, (left, top), int(random.integers(8, 26)), colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(page, (left, top), (left + 50, top + 34), colour, -1)
    return page


def _plain(random: np.random.Generator) -> Pixels:
    """One colour with a camera's noise."""
    level = random.integers(0, 256, 3) if random.random() < 0.4 else random.integers(215, 256, 3)
    noise = random.normal(0, random.uniform(0, 4), (_HEIGHT, _WIDTH, 3))
    return np.clip(level + noise, 0, 255).astype(np.uint8)


def _shaded(random: np.random.Generator) -> Pixels:
    """An empty field under uneven light, darker to one side or to the edge."""
    rows, columns = np.mgrid[0:_HEIGHT, 0:_WIDTH]
    y, x = rows / _HEIGHT - random.uniform(0.2, 0.8), columns / _WIDTH - random.uniform(0.2, 0.8)
    angle = random.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * x + np.sin(angle) * y if random.random() < 0.5 else -(x**2 + y**2)
    light = 1 + random.uniform(0.2, 0.9) * slope
    field = random.integers(170, 250, 3) * light[..., None]
    return np.asarray(np.clip(field + random.normal(0, 2, field.shape), 0, 255), dtype=np.uint8)


def _red_cells(random: np.random.Generator) -> Pixels:
    """A drawn field of red cells without any white one, with random stain and optics."""
    seed = int(random.integers(1, 1_000_000))
    field = render_field(seed, width=_WIDTH, height=_HEIGHT, classes=(), style=random_style(random))
    return field.pixels


def _write(
    page: Pixels,
    random: np.random.Generator,
    left: int,
    top: int,
    right: int,
    bottom: int,
    *,
    size: float | None = None,
    ink: int = 20,
) -> None:
    font = int(random.choice(_FONTS))
    scale = float(random.uniform(0.4, 1.6)) if size is None else size
    step = int(38 * scale) + 4
    for line in range(top, bottom, step):
        words = " ".join(str(word) for word in random.choice(_WORDS, int(random.integers(1, 9))))
        words = words[: max(1, int((right - left) / (19 * scale)))]
        cv2.putText(page, words, (left, line), font, scale, (ink,) * 3, max(1, round(scale)), cv2.LINE_AA)


KINDS: dict[str, Callable[[np.random.Generator], Pixels]] = {
    "noise": _noise,
    "soft colours": _colours,
    "text": _text,
    "drawn shapes": _shapes,
    "window screenshots": _window,
    "plain pages": _plain,
    "shaded pages": _shaded,
    "red cells only": _red_cells,
}
"""Every kind of picture, by the name that reports use."""
