"""Lays an explanation over the image, with the legend that says what the colours mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from hematodesk.ui.kit.class_names import class_name
from hematodesk.ui.kit.evidence_ramp import paint_values
from hematodesk.ui.kit.theme import GRID
from hematodesk.workflow.review.explain import Explanation

_PLATE = QColor(24, 24, 24, 225)
_INK = QColor("#f2f2f2")
_SMEAR = QColor("#e9dfe2")
"""Behind the legend's ramp, as behind the colours in an image: what is clear shows it."""
_RAMP_WIDTH = 112.0
_RAMP_HEIGHT = 10.0


class ActivationOverlay:
    """The evidence for one class of one cell, ready to be painted.

    Args:
        explanation: what the model said.
        class_id: the class whose evidence is shown.
        opacity: of the strongest colour, 0 to 1.
    """

    def __init__(self, explanation: Explanation, class_id: str, opacity: float) -> None:
        self.explanation = explanation
        self.class_id = class_id
        self.opacity = opacity
        self._image = _as_image(paint_values(explanation.strength(class_id)))
        self._ramp = _as_image(paint_values(np.linspace(0, 1, round(_RAMP_WIDTH), dtype=np.float32)[None, :]))

    def paint(self, painter: QPainter, to_widget: Callable[[QRectF], QRectF]) -> None:
        """Colour the image and frame what the model saw.

        Args:
            to_widget: gives the widget's rectangle of one in pixels of the image.
        """
        area = self._area(to_widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(self.opacity)
        painter.drawImage(area, self._image)
        painter.setOpacity(1.0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Light beside dark, so that the frame is seen on every stain.
        for colour, grown in ((QColor(0, 0, 0, 130), 1.0), (QColor(255, 255, 255, 200), 0.0)):
            painter.setPen(QPen(colour, 1))
            painter.drawRect(area.adjusted(-grown, -grown, grown, grown))
        painter.restore()

    def legend(self) -> tuple[str, str, str]:
        """The legend's words: what is shown, and the two ends of the ramp."""
        return (
            QCoreApplication.translate("ActivationOverlay", "Evidence for {class_name}").format(
                class_name=class_name(self.class_id)
            ),
            QCoreApplication.translate("ActivationOverlay", "none"),
            QCoreApplication.translate("ActivationOverlay", "most"),
        )

    def legend_area(
        self, view: QRectF, metrics: QFontMetricsF, to_widget: Callable[[QRectF], QRectF]
    ) -> QRectF:
        """Where the legend lies in the widget: bottom left, as a scale bar does, else bottom right.

        It gives way to what it explains.
        """
        title, none, most = self.legend()
        words = metrics.horizontalAdvance(none) + metrics.horizontalAdvance(most)
        width = max(metrics.horizontalAdvance(title), words + _RAMP_WIDTH + 2 * GRID) + 2 * GRID
        height = 2 * metrics.height() + 2 * GRID
        left = QRectF(view.left() + GRID, view.bottom() - GRID - height, width, height)
        right = left.translated(view.width() - width - 2 * GRID, 0)
        area = self._area(to_widget)
        return right if left.intersects(area) and not right.intersects(area) else left

    def _area(self, to_widget: Callable[[QRectF], QRectF]) -> QRectF:
        seen = self.explanation.visible()
        return to_widget(QRectF(seen.x, seen.y, seen.w, seen.h))

    def paint_legend(self, painter: QPainter, view: QRectF, to_widget: Callable[[QRectF], QRectF]) -> None:
        """Draw the legend into a corner of the widget's rectangle, in the painter's present font."""
        metrics = QFontMetricsF(painter.font())
        title, none, most = self.legend()
        area = self.legend_area(view, metrics, to_widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(area, 4, 4)
        inner = area.adjusted(GRID, GRID, -GRID, -GRID)
        painter.setPen(_INK)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        line = QRectF(inner.left(), inner.top(), inner.width(), metrics.height())
        painter.drawText(line, left, title)
        line.translate(0, metrics.height())
        painter.drawText(line, left, none)
        start = QPointF(
            inner.left() + metrics.horizontalAdvance(none) + GRID, line.center().y() - _RAMP_HEIGHT / 2
        )
        ramp = QRectF(start.x(), start.y(), _RAMP_WIDTH, _RAMP_HEIGHT)
        painter.fillRect(ramp, _SMEAR)
        painter.setOpacity(self.opacity)
        painter.drawImage(ramp, self._ramp)
        painter.setOpacity(1.0)
        painter.drawText(QRectF(ramp.right() + GRID, line.top(), inner.width(), line.height()), left, most)
        painter.restore()


def _as_image(painted: np.ndarray) -> QImage:
    """A QImage of uint8 (H, W, 4) RGBA values, with its own memory."""
    height, width = painted.shape[:2]
    straight = QImage(painted.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    # Premultiplied, clear pixels lend their colour to no neighbour when the image is drawn larger.
    return straight.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
