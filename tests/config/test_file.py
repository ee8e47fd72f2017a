"""The file: found, read, and refused with sentences that say where."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from cusna_core.config import file
from cusna_core.config.problems import ConfigFileError
from cusna_core.config.values import Listen

from .conftest import TOP, Read

Write = Callable[[str], Path]


def refused(write: Write, text: str, **env: str) -> list[str]:
    with pytest.raises(ConfigFileError) as caught:
        file.read(write(text), env)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def test_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, named, here = (tmp_path / name for name in ("given.toml", "named.toml", "cusna.toml"))
    last = tmp_path / "etc.toml"
    monkeypatch.setattr(file, "PLACES", ("cusna.toml", str(last)))
    for path in (given, named, here, last):
        path.touch()
    env = {"CUSNA_CONFIG": "named.toml"}
    assert file.find(given, env, tmp_path) == given
    assert file.find(None, env, tmp_path) == named
    assert file.find(None, {}, tmp_path) == here
    here.unlink()
    assert file.find(None, {"CUSNA_CONFIG": ""}, tmp_path) == last
    last.unlink()
    with pytest.raises(ConfigFileError, match=r"looked for .*cusna\.toml and .*etc\.toml\. Write one"):
        file.find(None, {}, tmp_path)


def test_a_named_file_that_is_not_there_is_not_replaced_by_another(tmp_path: Path) -> None:
    (tmp_path / "cusna.toml").touch()
    with pytest.raises(ConfigFileError, match=r"no file .*other\.toml, which --config names"):
        file.find(Path("other.toml"), {}, tmp_path)
    with pytest.raises(ConfigFileError, match="which CUSNA_CONFIG names"):
        file.find(None, {"CUSNA_CONFIG": "other.toml"}, tmp_path)


def test_the_whole_of_the_top(read: Read, tmp_path: Path) -> None:
    got = read(
        """
        listen = "[::1]:9000"
        data_dir = "state"
        trusted_proxies = ["10.0.0.0/8"]
        sync_every = "5 min"
        verify_every = 60
        log_level = "debug"
        [plugins]
        enable = ["andcards"]
        [mail]
        host = "smtp.example.com"
        username = "env:SMTP_USER"
        password = "env:SMTP_PASSWORD"
        sender = "WiFi <wifi@example.com>"
        ca = "mail.pem"
        """,
        SMTP_USER="me",
        SMTP_PASSWORD="canary-7781",
    )
    general = got.general
    assert general.listen == Listen("::1", 9000)
    assert general.data_dir == tmp_path / "state"
    assert [str(one) for one in general.trusted_proxies] == ["10.0.0.0/8"]
    assert (general.sync_every.total_seconds(), general.verify_every.total_seconds()) == (300, 60)
    assert got.plugins.enable == ("andcards",)
    assert got.mail is not None
    assert got.mail.effective_port == 587
    assert got.mail.ca == str(tmp_path / "mail.pem")
    assert got.mail.password == SecretStr("canary-7781")
    assert "canary-7781" not in repr(got)
    assert "canary-7781" not in repr(got.mail)


def test_defaults(read: Read, tmp_path: Path) -> None:
    got = read("")
    assert got.general.data_dir == tmp_path / "data"
    assert str(got.general.listen) == "127.0.0.1:8080"
    assert got.general.sync_every.total_seconds() == 600
    assert got.general.verify_every.total_seconds() == 900
    assert got.mail is None
    assert got.plugins.enable == ()


@pytest.mark.parametrize(
    ("security", "port", "effective"),
    [("starttls", "", 587), ("tls", "", 465), ("none", "", 25), ("tls", "port = 4650", 4650)],
)
def test_the_mail_port_follows_the_security(read: Read, security: str, port: str, effective: int) -> None:
    got = read(f'[mail]\nhost = "localhost"\nsender = "a@example.com"\nsecurity = "{security}"\n{port}')
    assert got.mail is not None
    assert got.mail.effective_port == effective


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('base_url = "https://a.example"\nadmins = [\n', "in line 2, column 11: invalid value"),
        ('base_url = "https://a.example"\nadmins - 3\n', "in line 2, column 8: expected '=' after a key"),
        ('base_url = "a"\nbase_url = "b"\n', "in line 2, column 15: cannot overwrite a value"),
        ('a = 1\nb = "', "in line 2, column 6: unterminated string"),
    ],
)
def test_a_syntax_error_has_line_and_column(write: Write, text: str, sentence: str) -> None:
    (said,) = refused(write, text)
    assert "cusna.toml is not valid TOML" in said
    assert sentence in said


def test_a_syntax_error_never_shows_the_line(write: Write) -> None:
    (said,) = refused(write, '[mail]\npassword = "canary-4411\n')
    assert "canary" not in said
    assert "line 2" in said


def test_files_that_are_no_text(write: Write, tmp_path: Path) -> None:
    path = write("")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigFileError, match=r"not UTF-8 text\. Save it as UTF-8"):
        file.read(path, {})
    with pytest.raises(ConfigFileError, match="cannot be read"):
        file.read(tmp_path, {})


def test_a_file_from_a_windows_editor(write: Write) -> None:
    path = write("")
    path.write_bytes(b"\xef\xbb\xbf" + TOP.replace("\n", "\r\n").encode())
    assert file.read(path, {}).general.base_url == "https://wifi.example.com"


REFUSED = [
    ('base_url = "https://a.example"\nadmin = []', "admin: is not known here. Did you mean admins?"),
    (
        'base_url = "https://a.example"\n[integration.hq]\ntype = "x"',
        "integration: is not known here. Did you mean integrations?",
    ),
    ('base_url = "https://a.example"\nzzz = 1', "zzz: is not known here. Known: admins, base_url, "),
    (
        'base_url = "https://a.example"\nnetworks = 3',
        "networks: should be tables with names, such as [networks.NAME]",
    ),
    ('base_url = "https://a.example"\nplugins = 3', "plugins: should be a table: [plugins]"),
    ('base_url = "https://a.example"\nmail = "smtp"', "mail: should be a table: [mail]"),
    (
        'base_url = "https://a.example"\nadmins = ["a@example.com", "b"]',
        "admins: entry 2 should be an e-mail",
    ),
    (
        'base_url = "https://a.example"\nadmins = "a@example.com"',
        'admins: should be a list, such as ["one", "two"]',
    ),
    ('base_url = "https://a.example"\nlog_level = "loud"', "log_level: should be 'debug', 'info'"),
    (
        'base_url = "https://a.example"\nsync_every = "1 s"',
        "sync_every: should be between 10 seconds and one day",
    ),
    ("base_url = 5", "base_url: should be text in quotes"),
    ('base_url = "http://a.example"', "base_url: is plain http"),
    (
        'base_url = "https://a.example"\n[plugins]\nenabled = []',
        "plugins.enabled: is not known here. Did you mean enable?",
    ),
    (
        'base_url = "https://a.example"\n[plugins]\nenable = []\nadmins = []',
        "plugins.admins: does not belong here: move it to the top of the file, before the first [table].",
    ),
    (
        'base_url = "https://a.example"\n[plugins]\nenable = ["../x"]',
        "plugins.enable: entry 1 should match pattern",
    ),
    ('base_url = "https://a.example"\n[mail]\nsender = "a@example.com"', "mail.host: is missing"),
    (
        'base_url = "https://a.example"\n[mail]\nhost = "s"\nsender = "a@example.com"\nport = "x"',
        "mail.port: should be a whole number",
    ),
    (
        'base_url = "https://a.example"\n[mail]\nhost = "s"\nsender = "a@example.com"\nport = 70000',
        "mail.port: should be less than or equal to 65535",
    ),
    (
        'base_url = "https://a.example"\n[mail]\nhost = "s"\nsender = "a@example.com"\nusername = "u"',
        "mail: username and password belong together",
    ),
    (
        'base_url = "https://a.example"\n[mail]\nhost = "s"\nsender = "a@example.com"\nusername = "u"\n'
        'password = "p"\nsecurity = "none"',
        'mail: security = "none" would send sign-in links in clear',
    ),
    (
        'base_url = "https://a.example"\n[mail]\nhost = ""\nsender = "a@example.com"',
        "mail.host: should not be empty",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), REFUSED)
def test_what_refuses_the_start(write: Write, text: str, sentence: str) -> None:
    (said,) = refused(write, text)
    assert said.startswith(sentence), said


def test_the_proxy_lines_name_where_we_listen(write: Write) -> None:
    (said,) = refused(write, 'base_url = "http://a.example"\nlisten = "127.0.0.1:9999"')
    assert "reverse_proxy 127.0.0.1:9999" in said
    both = refused(write, 'base_url = "http://a.example"\nlisten = "nine"')
    assert len(both) == 2
    assert "reverse_proxy 127.0.0.1:8080" in both[1]


def test_all_mistakes_at_once(write: Write) -> None:
    said = refused(
        write,
        'base_url = "x"\nadmin = 3\nlocations = 1\n[plugins]\nenable = "a"\n[mail]\nhost = "h"\n'
        'sender = "s"\nusername = "env:NO"\npassword = "file:gone"',
    )
    assert [line.split(":")[0] for line in said] == [
        "locations", "base_url", "admin", "plugins.enable", "mail.sender", "mail.username", "mail.password",
    ]  # fmt: skip


SECRETS = [
    ("env:NO", "the environment variable NO is not set: set it for this program"),
    ("env:EMPTY", "the environment variable EMPTY is empty: set it for this program"),
    ("file:gone", "gone cannot be read (No such file or directory)"),
    ("file:.", "cannot be read (Is a directory)"),
    ("file:empty", "empty is empty"),
    ("file:binary", "binary is not text"),
    ("file:long", "long is far too long for a secret"),
    ("file:a\\u0000b", "cannot be read (no such path)"),
]


@pytest.mark.parametrize(("reference", "sentence"), SECRETS)
def test_a_reference_that_leads_nowhere(write: Write, tmp_path: Path, reference: str, sentence: str) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\x00")
    (tmp_path / "long").write_text("x" * 70_000)
    mail = f'[mail]\nhost = "h"\nsender = "a@example.com"\nusername = "u"\npassword = "{reference}"'
    (said,) = refused(write, TOP + mail, EMPTY="")
    assert said.startswith("mail.password: ")
    assert sentence in said


def test_a_secret_from_a_file_beside_the_configuration(read: Read, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(" with spaces \r\n")
    got = read(
        '[mail]\nhost = "h"\nsender = "a@example.com"\nusername = "env:x"\npassword = "file:password"', x="me"
    )
    assert got.mail is not None
    assert got.mail.password is not None
    assert got.mail.password.get_secret_value() == " with spaces "


def test_only_secrets_take_references(read: Read) -> None:
    got = read('[mail]\nhost = "env:HOST"\nsender = "a@example.com"', HOST="other")
    assert got.mail is not None
    assert got.mail.host == "env:HOST"


@pytest.mark.parametrize(("mode", "readable"), [(0o640, False), (0o644, True)])
def test_who_may_read_it(write: Write, mode: int, readable: bool) -> None:
    path = write(TOP)
    path.chmod(mode)
    assert file.read(path, dict(os.environ)).readable is readable
