"""Devices: remembered, no longer remembered, forgotten, and known anew."""

import pytest

from nbauth.errors import DeviceGone
from nbauth.testing import FakeUserPool


@pytest.fixture
def users(clock, populated):
    return populated(FakeUserPool(clock, knows_devices=True))


def test_56_a_device_that_is_remembered_is_in_the_list(ada):
    ada.devices.remember()
    (device,) = ada.devices.list()
    assert ada.devices.get() == ada.devices.get(device.key) == device


def test_56_a_device_that_is_no_longer_remembered_is_not(ada):
    ada.devices.remember()
    ada.devices.remember(remembered=False)
    assert ada.devices.list() == ()
    with pytest.raises(DeviceGone) as refusal:
        ada.devices.get()
    assert refusal.value.code == "ResourceNotFoundException"


def test_56_a_device_that_is_forgotten_is_known_again_after_a_new_sign_in(ada, password):
    ada.devices.remember()
    ada.devices.forget()
    assert ada.devices.list() == ()
    with pytest.raises(DeviceGone):
        ada.devices.remember()
    ada.sign_out()
    ada.sign_in("ada", password)
    ada.devices.remember()
    assert len(ada.devices.list()) == 1
