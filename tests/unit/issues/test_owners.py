"""Who owns the file that an exception names."""

import pytest

from processor.issues.owners import code_owners, owners_of

RULES = code_owners("""
# comment
*            @everybody
/shop/       @ann @acme/team   # teams cannot be assigned
*.sql        @dba
/shop/pay/** @bob
docs/a.md    jane@example.org
""")


@pytest.mark.parametrize(
    ("path", "people"),
    [
        ("/app/shop/pay/card.py", ("bob",)),
        ("shop/cart.py", ("ann",)),
        ("/srv/x/other.py", ("everybody",)),
        ("db/up.sql", ("dba",)),
        ("C:\\\\app\\\\shop\\\\cart.py", ("ann",)),
        ("docs/a.md", ()),
    ],
)
def test_the_last_rule_that_fits_decides(path, people):
    assert owners_of([path], RULES) == people


def test_without_rules_or_files_nobody_owns_it():
    assert owners_of(["a.py"], ()) == ()
    assert owners_of([], RULES) == ()
