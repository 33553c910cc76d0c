"""The status line: model and provider, progress with count and time left, cells, time taken."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QWidget

from hematodesk.ui.kit.cell_words import milliseconds
from hematodesk.ui.kit.plain_text import plain_tooltip
from hematodesk.ui.kit.theme import set_role
from hematodesk.ui.kit.words import number, rate_words
from hematodesk.ui.runs.run_controller import Progress


class StatusStrip(QWidget):
    """Signals: model_clicked, provider_clicked, cancel_clicked, pause_clicked, watch_clicked."""

    model_clicked = Signal()
    provider_clicked = Signal()
    cancel_clicked = Signal()
    pause_clicked = Signal()
    watch_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 16, 0)
        row.setSpacing(8)
        self.model = self._button(self.tr("Choose another model"))
        self.model.clicked.connect(self.model_clicked)
        self.provider = self._button(self.tr("Choose what the model computes on"))
        self.provider.clicked.connect(self.provider_clicked)
        row.addWidget(self.model)
        row.addWidget(self.provider)
        row.addSpacing(16)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(QSize(120, 6))
        self.bar.setAccessibleName(self.tr("Progress"))
        row.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignVCenter)
        self.progress = QLabel(self)
        self.progress.setAccessibleName(self.tr("Progress"))
        row.addWidget(self.progress)
        self.pause = self._button("")
        self.pause.clicked.connect(self.pause_clicked)
        row.addWidget(self.pause)
        self.cancel = self._button(self.tr("Stop; what is done stays"))
        self.cancel.setText(self.tr("Cancel"))
        self.cancel.clicked.connect(self.cancel_clicked)
        row.addWidget(self.cancel)
        self.watch = self._button("")
        self.watch.clicked.connect(self.watch_clicked)
        row.addWidget(self.watch)
        row.addStretch(1)
        self.sign = QLabel(self)
        set_role(self.sign, "sign")
        self.sign.hide()
        row.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addSpacing(16)
        self.cells = QLabel(self)
        row.addWidget(self.cells)
        row.addSpacing(16)
        self.time = QLabel(self)
        self._elapsed_ms: float | None = None
        self.time.setToolTip(self.tr("From reading the file to the answer"))
        self.time.setMinimumWidth(64)
        self.time.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_role(self.time, "muted")
        row.addWidget(self.time)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_model("", "")
        self.show_provider("", "", "")
        self.end_progress()
        self.show_watch("", "", away=False)

    def _button(self, tip: str) -> QPushButton:
        button = QPushButton(self)
        button.setAutoDefault(False)
        # A click leaves the keyboard where it is; Tab still comes here.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip)
        set_role(button, "quiet")
        return button

    def show_model(self, name: str, tip: str) -> None:
        """The model in use, "wbc4 1.0.0"; empty says that there is none."""
        self.model.setText(name or self.tr("No model"))
        self.model.setToolTip(plain_tooltip(tip or self.tr("Choose another model")))
        self.model.setAccessibleName(self.tr("Model: {name}").format(name=self.model.text()))

    def show_loading(self) -> None:
        """The model is being loaded."""
        self.model.setText(self.tr("Loading model…"))
        self.model.setAccessibleName(self.model.text())
        self.provider.hide()

    def show_provider(self, requested: str, active: str, reason: str) -> None:
        """What was asked for and what runs; a fall-back shows both, and its reason in the tooltip."""
        self.provider.setVisible(bool(active))
        if not active:
            return
        text = active.upper()
        tip = self.tr("Computes on {active}; asked for: {requested}.").format(
            active=active.upper(), requested=requested
        )
        if reason:
            if requested not in ("auto", active):
                text = self.tr("{active} instead of {requested}").format(
                    active=active.upper(), requested=requested.upper()
                )
            tip += "\n" + reason
        self.provider.setText(text)
        self.provider.setToolTip(plain_tooltip(tip))
        self.provider.setAccessibleName(self.tr("Provider: {name}").format(name=text))

    def show_progress(self, progress: Progress) -> None:
        """A run's state; a total of 0 is not known yet."""
        done, total = progress.done, progress.total
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        words = (
            self.tr("{done} of {total}").format(done=number(done), total=number(total))
            if total
            else self.tr("{done} done").format(done=number(done))
        )
        if progress.paused:
            words += ", " + self.tr("paused")
        if progress.rate is not None:
            words += ", " + self.tr("{rate} a second").format(rate=rate_words(progress.rate))
        if progress.seconds_left is not None and done < total:
            words += ", " + self.time_left(progress.seconds_left)
        if progress.failed:
            words += ", " + self.tr("%n failed", "", progress.failed)
        self.progress.setText(words)
        self.pause.setText(self.tr("Go on") if progress.paused else self.tr("Pause"))
        self.pause.setToolTip(
            self.tr("Go on with the batch (P)") if progress.paused else self.tr("Let the batch rest (P)")
        )
        for widget in (self.bar, self.progress, self.pause, self.cancel):
            widget.show()
        self.cancel.setEnabled(True)
        self.pause.setEnabled(True)

    def show_watch(self, name: str, tip: str, away: bool, count: str = "") -> None:
        """A folder is being watched, and what came; an empty name says that none is."""
        self.watch.setVisible(bool(name))
        words = self.tr("{name} is away") if away else self.tr("Watching {name}")
        words += f": {count}" if count else ""
        metrics = self.watch.fontMetrics()
        short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 160)
        self.watch.setText("◉ " + words.format(name=short).replace("&", "&&"))
        self.watch.setToolTip(plain_tooltip(tip))
        self.watch.setAccessibleName(words.format(name=name))

    def time_left(self, seconds: float) -> str:
        """Time left, in the unit that says enough."""
        if seconds < 90:
            return self.tr("{number} s left").format(number=max(1, round(seconds)))
        return self.tr("{number} min left").format(number=round(seconds / 60))

    def show_stopping(self) -> None:
        """Cancel was pressed and the work is coming to its end."""
        self.progress.setText(self.tr("Stopping…"))
        self.cancel.setEnabled(False)
        self.pause.setEnabled(False)

    def end_progress(self) -> None:
        """Nothing is running."""
        for widget in (self.bar, self.progress, self.pause, self.cancel):
            widget.hide()

    def show_sign(self, words: str, tip: str = "") -> None:
        """A state of the whole session that must stay visible ("Read-only"); empty for none."""
        self.sign.setText(words)
        self.sign.setToolTip(plain_tooltip(tip))
        self.sign.setAccessibleName(f"{words}: {tip}" if tip else words)
        self.sign.setVisible(bool(words))

    def show_image(self, words: str, elapsed_ms: float | None) -> None:
        """What the image has ("2 cells, 1 uncertain"), and how long it took, or nothing."""
        self.cells.setText(words)
        if elapsed_ms != self._elapsed_ms:
            self._elapsed_ms = elapsed_ms
            self.time.setText("" if elapsed_ms is None else milliseconds(elapsed_ms))
