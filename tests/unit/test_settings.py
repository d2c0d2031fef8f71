"""Settings: read from the environment, wrong ones named, the secret made once and kept private."""

import stat
import threading
from pathlib import Path

import pytest

from ensuite.settings import SECRET_FILE, InvalidSettings, Settings

LONG_KEY = "k" * 32


def test_without_variables_every_setting_has_a_default() -> None:
    settings = Settings.from_environment({})

    assert settings.data_dir == Path("ensuite-data")
    assert settings.database_url is None
    assert settings.secret_key is None
    assert settings.root_password is None
    assert settings.root_email == "admin@ensuite.local"


def test_variables_with_the_prefix_are_settings() -> None:
    settings = Settings.from_environment(
        {
            "ENSUITE_DATA_DIR": "/srv/ensuite",
            "ENSUITE_DATABASE_URL": "postgresql://db/ensuite",
            "ENSUITE_SECRET_KEY": LONG_KEY,
            "ENSUITE_ROOT_EMAIL": "me@example.test",
            "ENSUITE_ROOT_PASSWORD": "a good password",
            "ENSUITE_BODY_LIMIT": "2048",
            "BODY_LIMIT": "1",
        }
    )

    assert settings.data_dir == Path("/srv/ensuite")
    assert settings.database_url == "postgresql://db/ensuite"
    assert settings.secret_key == LONG_KEY
    assert settings.root_email == "me@example.test"
    assert settings.root_password == "a good password"
    assert settings.body_limit == 2048


def test_an_empty_variable_counts_as_absent() -> None:
    assert Settings.from_environment({"ENSUITE_SECRET_KEY": ""}).secret_key is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ENSUITE_SECRET_KEY", "too short"),
        ("ENSUITE_ROOT_EMAIL", "nobody"),
        ("ENSUITE_ROOT_EMAIL", "two words@example.test"),
        ("ENSUITE_ROOT_PASSWORD", "1234567"),
        ("ENSUITE_ROOT_PASSWORD", "x" * 257),
        ("ENSUITE_BODY_LIMIT", "much"),
        ("ENSUITE_BODY_LIMIT", "0"),
        ("ENSUITE_CONNECTIONS", "1"),
        ("ENSUITE_WRITE_LANES", "-1"),
        ("ENSUITE_CONCURRENCY", "1.5"),
        ("ENSUITE_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(name: str, text: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        _ = Settings.from_environment({name: text})

    assert refused.value.message.startswith(f"{name}: ")
    assert "\n" not in refused.value.message


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as refused:
        _ = Settings.from_environment({"ENSUITE_BODY_LIMIT": "x", "ENSUITE_LOG_LEVEL": "loud"})

    assert "ENSUITE_BODY_LIMIT" in refused.value.message
    assert "ENSUITE_LOG_LEVEL" in refused.value.message


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(InvalidSettings) as refused:
        _ = Settings.from_environment(
            {"ENSUITE_SECRET_KEY": "hunter2", "ENSUITE_ROOT_PASSWORD": "swordfi"}
        )

    assert "hunter2" not in refused.value.message
    assert "swordfi" not in refused.value.message


def test_a_misspelt_variable_can_be_told() -> None:
    environment = {"ENSUITE_SECERT_KEY": LONG_KEY, "ENSUITE_LOG_LEVEL": "info", "PATH": "/bin"}

    assert Settings.unknown_variables(environment) == ["ENSUITE_SECERT_KEY"]


def test_what_is_secret_does_not_show_when_settings_are_printed() -> None:
    settings = Settings.from_environment(
        {
            "ENSUITE_SECRET_KEY": "s3cret-" * 8,
            "ENSUITE_ROOT_PASSWORD": "p4ssword",
            "ENSUITE_DATABASE_URL": "postgresql://me:h1dden@db/ensuite",
        }
    )

    for secret in ("s3cret", "p4ssword", "h1dden"):
        assert secret not in f"{settings} {settings!r}"


def test_a_given_key_signs_and_no_file_is_made(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", secret_key=LONG_KEY)

    assert settings.secret() == LONG_KEY
    assert not (tmp_path / "data").exists()


def test_a_missing_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "deep" / "data")
    first = settings.secret()
    path = settings.data_dir / SECRET_FILE

    assert len(first) >= 43
    assert settings.secret() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(settings.data_dir.iterdir()) == [path]


def test_two_data_directories_have_different_keys(tmp_path: Path) -> None:
    keys = {Settings(data_dir=tmp_path / name).secret() for name in ("a", "b")}

    assert len(keys) == 2


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    found: list[str] = []
    together = threading.Barrier(8)

    def start() -> None:
        _ = together.wait()
        found.append(settings.secret())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert [each.name for each in tmp_path.iterdir()] == [SECRET_FILE]


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 64])
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: bytes) -> None:
    _ = (tmp_path / SECRET_FILE).write_bytes(content)

    with pytest.raises(InvalidSettings, match=SECRET_FILE):
        _ = Settings(data_dir=tmp_path).secret()


def test_a_data_directory_that_cannot_be_made_is_told_in_one_sentence(tmp_path: Path) -> None:
    _ = (tmp_path / "file").write_text("no folder")

    with pytest.raises(InvalidSettings, match=r"ENSUITE_DATA_DIR: .*Not a directory"):
        _ = Settings(data_dir=tmp_path / "file" / "data").secret()
