from pathlib import Path

import pytest

from coalition.config import Settings


def test_settings__nothing_said__embedded_defaults():
    settings = Settings.from_environment({})

    assert settings.data_dir == Path("var").absolute()
    assert settings.database_url == f"sqlite:///{settings.data_dir}/coalition.db"
    assert (settings.chain_url, settings.port, settings.confirmations) == (None, 8000, 0)


@pytest.mark.parametrize("chain_url", [None, "http://127.0.0.1:8545"])
def test_settings__handed_to_a_child_process__the_same_there(tmp_path, chain_url):
    settings = Settings(tmp_path, "postgresql://127.0.0.1/points", chain_url, 8123, 12)

    assert Settings.from_environment(settings.to_environment()) == settings
