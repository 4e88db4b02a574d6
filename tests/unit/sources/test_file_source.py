"""Following a file: what is appended is read, and no line is lost when the file is rotated or cut short."""

import os

import pytest

from processor.sources.file import FileSource

SOON_S = 0.5


@pytest.fixture
def followed(tmp_path):
    path = tmp_path / "app.ndjson"
    path.write_bytes(b'{"n":1}\n{"n":2')
    source = FileSource(str(path), follow=True)
    yield path, source
    source.close()


def texts(source):
    return [message.data for message in source.pull(10, SOON_S)]


def append(path, data):
    with path.open("ab") as out:
        out.write(data)


def test_a_line_is_handed_over_once_it_is_whole(followed):
    path, source = followed
    first = texts(source)
    append(path, b'0}\n{"n":3}\n')

    assert first == [b'{"n":1}']
    assert texts(source) == [b'{"n":20}', b'{"n":3}']
    assert not source.exhausted()


def test_a_rotated_file_is_read_to_its_end_and_then_the_new_one(followed):
    path, source = followed
    texts(source)
    old = path.rename(path.with_suffix(".1"))
    append(old, b'}\n{"n":3}\n')  # the writer still had it open
    missing = texts(source)
    append(old, b'{"n":4}\n')
    path.write_bytes(b'{"n":5}\n')

    assert missing == [b'{"n":2}', b'{"n":3}']
    assert texts(source) == [b'{"n":4}', b'{"n":5}']


def test_a_line_written_between_the_last_look_and_the_rename_is_read(followed, monkeypatch):
    path, source = followed
    texts(source)
    look = source._replaced

    def written_meanwhile(named):
        if not path.with_suffix(".1").exists():
            append(path, b'}\n{"n":3}\n')
            path.rename(path.with_suffix(".1"))
            path.write_bytes(b'{"n":4}\n')
        return look(named)

    monkeypatch.setattr(source, "_replaced", written_meanwhile)

    assert texts(source) == [b'{"n":2}', b'{"n":3}', b'{"n":4}']


def test_a_file_cut_short_is_read_from_its_new_beginning(followed):
    path, source = followed
    texts(source)
    os.truncate(path, 0)
    append(path, b'{"n":9}\n')

    assert texts(source)[-1] == b'{"n":9}'


def test_the_place_of_an_entry_is_its_offset_in_the_file(followed):
    path, source = followed
    append(path, b'2}\n{"n":3}\n')

    assert [message.offset for message in source.pull(10, SOON_S)] == [0, 8, 17]
