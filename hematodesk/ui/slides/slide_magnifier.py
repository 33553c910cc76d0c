"""A place of a whole slide at any magnification."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from hematodesk.ui.kit.box_drawing import paint_drawing
from hematodesk.ui.kit.zoom_view import ZoomView
from hematodesk.ui.slides.slide_tiles import TILE, SlideTiles, Tile

if TYPE_CHECKING:
    from hematodesk.workflow.analysis.slide_view import SlideLook

_MOST_TILES = 80
"""On show at once at most: a 4K screen shows 45 of them at 1:1."""

_GLASS = np.full((8, 8, 3), 235, np.uint8)


class SlideMagnifier(ZoomView):
    """Shows the overview, and over it the tiles of the resolution that the zoom asks for.

    Keys as ZoomView; plain arrows move, too.

    Signals:
        moved: another part of the slide is on show.
    """

    moved = Signal()

    def __init__(self, tiles: SlideTiles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._look: SlideLook | None = None
        self._region: QRectF | None = None
        self.setAccessibleName(self.tr("Magnifier"))
        tiles.arrived.connect(self.update)

    def show_slide(self, look: SlideLook) -> None:
        """Another slide, at the place that it names, at full resolution."""
        self._look = look
        self._region = None
        self._put_picture(look.overview if look.overview is not None else _GLASS)
        self._size = (look.info.width, look.info.height)
        self._view.set_image(*self._size)
        self._tiles.open(look.path, look.info)
        self._view.set_zoom(1.0)
        self.go_to(*look.place)

    def go_to(self, x: float, y: float) -> None:
        """Bring a place into the middle."""
        if self._view.fitted:
            self._view.set_zoom(1.0)
        across, down = self._view.to_widget(x, y)
        self._pan(self.width() / 2 - across, self.height() / 2 - down)

    def set_region(self, region: QRectF | None) -> None:
        """Outline the chosen region, in pixels of the slide."""
        self._region = region
        self.update()

    @property
    def shown(self) -> QRectF:
        """The part of the slide that is on show, in its pixels."""
        view = QRectF(
            self._to_image(QRectF(self.rect()).topLeft()), self._to_image(QRectF(self.rect()).bottomRight())
        )
        return view & QRectF(0, 0, *self._size)

    def _view_changed(self) -> None:
        super()._view_changed()
        if self._look is not None:
            self.moved.emit()

    # Painting

    def _paint_picture(self, painter: QPainter) -> None:
        look, pyramid = self._look, self._pyramid
        if look is None or pyramid is None:
            return
        whole = self._to_widget(QRectF(0, 0, *self._size))
        area = whole & QRectF(self.rect())
        if area.isEmpty():
            return
        share = pyramid.width / self._size[0]
        image, factor = pyramid.level_for(self._view.zoom / share)
        step = share * factor / self._view.scale
        source = QRectF(
            (area.x() - whole.x()) * step,
            (area.y() - whole.y()) * step,
            area.width() * step,
            area.height() * step,
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(area, image, source)
        self._paint_tiles(painter, look, 0.0 if look.overview is None else share)

    def _paint_tiles(self, painter: QPainter, look: SlideLook, overview: float) -> None:
        """Paint the tiles that are there, and ask for those that are not."""
        zoom = self._view.zoom
        fitting = [number for number, each in enumerate(look.info.levels) if each.downsample * zoom <= 1.0]
        number = fitting[-1] if fitting else 0
        level = look.info.levels[number]
        if overview >= 1.0 / level.downsample or overview >= zoom:
            # The overview is as fine.
            self._tiles.want([])
            return
        step = TILE * level.downsample
        shown = self.shown
        columns = range(int(shown.left() // step), math.ceil(min(shown.right() / step, level.width / TILE)))
        rows = range(int(shown.top() // step), math.ceil(min(shown.bottom() / step, level.height / TILE)))
        if len(columns) * len(rows) > _MOST_TILES:
            self._tiles.want([])
            return
        # At 1:1 every pixel is shown as it is.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, zoom * level.downsample != 1.0)
        middle = shown.center()
        places = [Tile(number, column, row) for row in rows for column in columns]
        for place in places:
            image = self._tiles.get(place)
            if image is not None:
                left, top = place.column * step, place.row * step
                size = image.width() * level.downsample, image.height() * level.downsample
                painter.drawImage(self._to_widget(QRectF(left, top, *size)), image)
        places.sort(
            key=lambda each: (
                abs((each.column + 0.5) * step - middle.x()) + abs((each.row + 0.5) * step - middle.y())
            )
        )
        self._tiles.want(places)

    def _paint_over(self, painter: QPainter) -> None:
        if self._region is not None:
            paint_drawing(painter, self._to_widget(self._region))

    def _idle_cursor(self) -> Qt.CursorShape:
        return Qt.CursorShape.OpenHandCursor if self.has_image else Qt.CursorShape.ArrowCursor
