from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest

from hematodesk.domain.cells import Prediction, Provenance
from hematodesk.domain.errors import ModelError, ProviderError
from hematodesk.workflow.models.model_service import ModelService
from hematodesk.workflow.system.settings import SettingsStore


def package(name: str, version: str = "1.0.0", shipped: bool = True) -> SimpleNamespace:
    return SimpleNamespace(
        name=name, version=version, shipped=shipped, path=Path(f"/p/{name}-{version}.onnx")
    )


class FakeStore:
    """Packages in memory, found as the real store finds them."""

    def __init__(self, *packages: SimpleNamespace) -> None:
        self.packages = list(packages)

    def list(self):
        return self.packages

    def find(self, reference: str):
        for each in self.packages:
            if reference in (each.name, f"{each.name}@{each.version}", str(each.path)):
                if hasattr(each, "error"):
                    raise each.error
                return each
        raise ModelError("model_not_found", f"There is no model named {reference}.")

    def remove(self, reference: str) -> None:
        self.packages.remove(self.find(reference))


def broken(name: str) -> SimpleNamespace:
    made = package(name)
    made.error = ModelError("digest_mismatch", f"{name} was changed.")
    return made


@pytest.fixture
def settings(tmp_path) -> SettingsStore:
    return SettingsStore(tmp_path / "settings.json")


@pytest.fixture
def make(settings):
    """A service over a fake store; packages named `unloadable` refuse to load."""

    def build(*packages: SimpleNamespace) -> ModelService:
        def classifier(chosen, provider: str):
            if chosen.name == "unloadable":
                raise ModelError("model_unsupported", "It cannot be loaded.")
            reason = "CUDA is not there." if provider == "cuda" else ""
            return SimpleNamespace(
                package=chosen,
                requested=provider,
                active="cpu",
                fallback_reason=reason,
                session_options={"intra_op_num_threads": 2},
            )

        store = FakeStore(*packages)
        return ModelService(lambda: store, settings, classifier)

    return build


def test_the_shipped_default_is_loaded_at_first(make):
    service = make(package("atlas"), package("wbc4"), package("own", shipped=False))
    loaded = service.load()
    assert loaded.package.name == "wbc4"
    assert (loaded.requested, loaded.active, loaded.provider_reason) == ("auto", "cpu", "")
    assert loaded.model_fault is None
    assert service.loaded is loaded


def test_what_runs_and_how_is_recorded(make, caplog):
    with caplog.at_level(logging.INFO):
        make(package("wbc4")).load(provider="cuda")
    assert "model_loaded model=wbc4@1.0.0 requested=cuda active=cpu fault=none" in caplog.messages
    assert "session_options intra_op_num_threads=2" in caplog.messages


def test_an_imported_package_of_the_default_name_does_not_become_the_default(make):
    assert make(package("wbc4", "9.0", shipped=False), package("wbc4")).default().version == "1.0.0"


def test_a_choice_is_remembered(make, settings):
    make(package("wbc4"), package("own", "2.1", shipped=False)).choose("own")
    assert settings.text("model") == "own@2.1"
    assert make(package("wbc4"), package("own", "2.1", shipped=False)).load().package.name == "own"


def test_a_choice_that_cannot_be_loaded_is_not_remembered_and_the_present_one_stays(make, settings):
    service = make(package("wbc4"), package("unloadable"))
    before = service.load()
    with pytest.raises(ModelError):
        service.choose("unloadable")
    assert settings.text("model") == ""
    assert service.loaded is before


def test_a_remembered_model_that_is_gone_falls_back_with_the_reason(make, settings):
    settings.set("model", "gone@1.0")
    loaded = make(package("wbc4")).load()
    assert loaded.package.name == "wbc4"
    assert loaded.model_fault.code == "model_not_found"


def test_a_remembered_model_that_cannot_be_loaded_falls_back_with_the_reason(make, settings):
    settings.set("model", "unloadable@1.0.0")
    loaded = make(package("wbc4"), package("unloadable")).load()
    assert (loaded.package.name, loaded.model_fault.code) == ("wbc4", "model_unsupported")


def test_a_model_asked_for_by_name_never_falls_back(make):
    with pytest.raises(ModelError) as caught:
        make(package("wbc4")).load("other")
    assert caught.value.code == "model_not_found"


def test_a_default_that_cannot_be_loaded_is_told(make):
    with pytest.raises(ModelError) as caught:
        make(package("unloadable")).load()
    assert caught.value.code == "model_unsupported"


def test_without_a_usable_package_the_defaults_own_fault_is_told(make):
    with pytest.raises(ModelError) as caught:
        make(broken("wbc4")).load()
    assert caught.value.code == "digest_mismatch"


def test_broken_packages_are_listed_but_never_chosen(make):
    service = make(broken("wbc4"), package("own", shipped=False))
    assert len(service.packages()) == 2
    assert service.load().package.name == "own"


def test_the_provider_is_remembered_and_its_fall_back_told(make, settings):
    service = make(package("wbc4"))
    loaded = service.choose_provider("cuda")
    assert (loaded.requested, loaded.active) == ("cuda", "cpu")
    assert loaded.provider_reason == "CUDA is not there."
    assert settings.text("provider") == "cuda"
    assert service.load().requested == "cuda"


def test_changing_the_provider_keeps_the_model(make):
    service = make(package("wbc4"), package("own", shipped=False))
    service.load("own")
    assert service.choose_provider("cpu").package.name == "own"


def test_no_provider_at_all_is_passed_on(settings):
    def refuse(chosen, provider):
        raise ProviderError("provider_unavailable", "None.")

    store = FakeStore(package("wbc4"))
    with pytest.raises(ProviderError):
        ModelService(lambda: store, settings, refuse).load()


def test_a_file_that_is_not_in_the_store_is_remembered_as_a_file(make, settings):
    service = make(package("wbc4"))
    other = package("wbc4")
    other.path = Path("/elsewhere/wbc4.onnx")
    service.store.packages.append(other)
    service.choose(str(other.path))
    assert settings.text("model") == str(other.path.absolute())


def test_removing_the_chosen_package_goes_back_to_the_default(make, settings):
    own = package("own", shipped=False)
    service = make(package("wbc4"), own)
    service.choose("own")
    service.remove(own)
    assert settings.text("model") == ""
    assert service.load().package.name == "wbc4"


def test_the_store_is_opened_at_its_first_use(settings):
    opened = []

    def open_store():
        opened.append(True)
        return FakeStore(package("wbc4"))

    service = ModelService(open_store, settings, lambda chosen, provider: None)
    assert opened == []
    service.packages()
    service.packages()
    assert opened == [True]


def test_a_model_chosen_by_its_file_is_reviewed_with_the_keys_of_its_own_order(make):
    own = package("own", shipped=False)
    own.sha256, own.class_ids = "ab" * 32, ("neutrophil", "basophil", "eosinophil")
    service = make(own)
    service.load(str(own.path))
    # What a list of the folders has seen; this one was found by its file.
    service.store.class_orders = {}
    shares = (("eosinophil", 0.5), ("basophil", 0.3), ("neutrophil", 0.2))
    made_by = Provenance("own", "1.0.0", own.sha256, "auto", "cpu", 1.0, "2026-11-21T10:00:00.000Z")
    assert service.class_choice(Prediction(shares, None, made_by)) == own.class_ids
