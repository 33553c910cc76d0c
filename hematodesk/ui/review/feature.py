"""Reviewing in the window: the answer column, a person's verdicts, and why a cell got its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QMessageBox, QPlainTextEdit, QPushButton

from hematodesk.domain.errors import HematodeskError
from hematodesk.domain.operators import Operator
from hematodesk.ui.kit.actions import BESIDE_MENU, CELL_MENU, CLASS_KEYS
from hematodesk.ui.kit.banners import Notice
from hematodesk.ui.kit.image_view import ImageView
from hematodesk.ui.review.answer_panel import AnswerPanel
from hematodesk.ui.review.answer_presenter import AnswerPresenter
from hematodesk.ui.review.explain_controller import ExplainController
from hematodesk.ui.review.review_controller import ReviewController
from hematodesk.ui.state.window_context import WindowContext
from hematodesk.workflow.history_service import HistoryService


class ReviewFeature(QObject):
    """Puts the answer column and its controllers together."""

    def __init__(self, context: WindowContext, view: ImageView) -> None:
        """`view` shows the image whose cells are reviewed."""
        super().__init__(context.window)
        self._context = context
        self.answer = AnswerPanel(context.window)
        self.answer.setMinimumWidth(256)
        # A file that is let go over a text field is to be opened, not written into it.
        for field in self.answer.findChildren(QPlainTextEdit):
            field.viewport().setAcceptDrops(False)
        self.reviews = ReviewController(context)
        self.presenter = AnswerPresenter(context, self.reviews, self.answer)
        self.explainer = ExplainController(context, view, self.answer.why)
        self._bind()
        self._connect(view)
        self._show_keys()
        self.set_operator(context.services.operator)

    def _bind(self) -> None:
        self._context.actions.bind(
            {
                "undo": self.reviews.undo,
                "redo": self.reviews.redo,
                "agree": self.reviews.agree,
                "reject": self.reviews.reject,
                "clear_review": self.reviews.clear,
                "note": self.answer.focus_note,
                "remove_cell": self.reviews.remove_cell,
                **{f"class_{key}": self._class_key(key) for key in range(1, CLASS_KEYS + 1)},
            }
        )

    def _class_key(self, key: int) -> Callable[[], None]:
        def choose() -> None:
            # Those that are on show, also where the next image is on its way.
            if key <= len(self.answer.class_ids):
                self.reviews.choose_class(self.answer.class_ids[key - 1])

        return choose

    def _connect(self, view: ImageView) -> None:
        answer, reviews, session = self.answer, self.reviews, self._context.session
        view.cell_drawn.connect(reviews.add_cell)
        view.menu_requested.connect(self._open_menu)
        view.cell_remove_requested.connect(reviews.remove_cell)
        answer.agree_requested.connect(reviews.agree)
        answer.class_chosen.connect(reviews.choose_class)
        answer.reject_requested.connect(reviews.reject)
        answer.clear_requested.connect(reviews.clear)
        answer.note_edited.connect(reviews.write_note)
        answer.note_left.connect(view.setFocus)
        reviews.note_refused.connect(answer.refuse_note)
        reviews.images_restored.connect(self._restored)
        session.opened.connect(self._history_opened)
        session.absent.connect(self._no_history)
        session.leaving.connect(answer.flush_note)

    def _show_keys(self) -> None:
        """Buttons say the keys of their actions."""
        actions = self._context.actions
        hint = {
            name: actions[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            for name in ("agree", "reject", "clear_review", "next_open", "show_why")
        }
        self.answer.set_key_hints(
            agree=hint["agree"],
            reject=hint["reject"],
            clear=hint["clear_review"],
            next_open=hint["next_open"],
        )
        self.answer.why.follow(actions["show_why"], hint["show_why"])

    def set_operator(self, operator: Operator) -> None:
        """Reviews carry this name from now on."""
        self.reviews.set_operator(operator)
        self.answer.set_operator(operator)

    def _history_opened(self, history: HistoryService) -> None:
        self.reviews.use(self._context.services.review_service(), read_only=history.read_only)
        self.answer.set_read_only(history.read_only)
        self.answer.forget_notes()

    def _no_history(self, _error: HematodeskError) -> None:
        self.answer.set_read_only(True)

    def _open_menu(self, position: QPoint, on_cell: bool) -> None:
        """What can be done with a cell, or with the image beside all cells."""
        wanted = CELL_MENU if on_cell else BESIDE_MENU
        self._context.actions.context_menu(wanted, self._context.window).popup(position)

    # Deleting images

    def delete_images(self, image_ids: Sequence[int]) -> None:
        """Delete these images.

        The settings say whether it is asked before; for more than what is on show it always is, with the
        number.
        """
        chosen, shown = list(image_ids), [self._context.viewer.image_id]
        if chosen and (chosen != shown or self._context.services.settings.flag("confirm_delete")):
            self.ask_delete(len(chosen), lambda: self.reviews.delete_images(chosen))
        else:
            self.reviews.delete_images(chosen)

    def ask_delete(self, count: int, then: Callable[[], None]) -> None:
        """Ask before images are deleted."""

        def make() -> QDialog:
            box = QMessageBox(self._context.window)
            box.setIcon(QMessageBox.Icon.Question)
            box.setText(self.tr("Delete %n image(s) from the history?", "", count))
            box.setInformativeText(
                self.tr("The files themselves stay. Undo brings them back until you quit.")
            )
            box.setStandardButtons(QMessageBox.StandardButton.Cancel)
            delete = QPushButton(self.tr("&Delete"), box)
            box.addButton(delete, QMessageBox.ButtonRole.AcceptRole)
            box.setDefaultButton(delete)
            box.accepted.connect(then)
            return box

        self._context.dialogs.show_one("delete", make)

    def tell_deleted(self, image_ids: Sequence[int]) -> None:
        """Say that images were deleted, and offer them back."""
        self._context.banners.show_notice(
            Notice(
                "deleted",
                self.tr("%n image(s) deleted.", "", len(image_ids)),
                action_text=self.tr("Undo"),
                action=self.reviews.undo,
            )
        )

    def _restored(self) -> None:
        self._context.banners.put_away("deleted")
