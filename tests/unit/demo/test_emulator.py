from importlib import metadata, util

import pytest

from nbauth.demo.emulator import running_emulator
from nbauth.demo.errors import DemoError


@pytest.mark.parametrize("version", ["1.4.21", "1.5.32", "1.6.0", "2.0"])
def test_another_ministack_is_refused_with_what_to_install(monkeypatch, tmp_path, version):
    monkeypatch.setattr(metadata, "version", lambda name: version)
    with pytest.raises(DemoError, match=rf'ministack {version} is installed.*pip install "nbauth\[demo\]"'):
        running_emulator(tmp_path).__enter__()


@pytest.mark.parametrize("missing", ["cryptography", "pyotp"])
def test_a_missing_package_is_said_with_what_to_install(monkeypatch, tmp_path, missing):
    find_spec = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name: None if name == missing else find_spec(name))
    with pytest.raises(DemoError, match=r'not installed: pip install "nbauth\[demo\]"'):
        running_emulator(tmp_path).__enter__()


def test_a_missing_ministack_is_said_with_what_to_install(monkeypatch, tmp_path):
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    with pytest.raises(DemoError, match="not installed"):
        running_emulator(tmp_path).__enter__()
