"""Copying browser files: only what loads from ourselves, and the icons that pages name."""

from pathlib import Path

from psa.core.web.management.commands import vendor_assets


def test_strips_source_maps_and_fonts_of_other_hosts() -> None:
    text = (
        "a{color:red}\n"
        "@font-face{font-family:X;src:url(https://fonts.example/x.woff2)}"
        "@font-face{font-family:Y;src:url(./y.woff2)}\n"
        "/*# sourceMappingURL=a.css.map */"
    )
    kept = vendor_assets.without_foreign_addresses(text)
    assert kept == "a{color:red}\n@font-face{font-family:Y;src:url(./y.woff2)}\n"
    assert (
        vendor_assets.without_foreign_addresses("f();\n//# sourceMappingURL=f.js.map") == "f();\n"
    )


def test_finds_icons_in_pages_and_code(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '<c-icon class="x" name="clock" /><c-empty icon="mood-empty" /><c-icon name="{{ icon }}" />'
    )
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "navigation.py").write_text('Item(icon="users", label="Accounts")')
    assert set(vendor_assets.icons_in_use(tmp_path)) == {"clock", "mood-empty", "users"}


def test_draws_outline_and_filled_icons_and_names_the_unknown(tmp_path: Path) -> None:
    for kind in ("outline", "filled"):
        (tmp_path / kind).mkdir()
        (tmp_path / kind / "star.svg").write_text(f"<svg>\n  <path d='{kind}' />\n</svg>")
    used = {"star": "a.html", "star-filled": "a.html", "no-such": "b.html"}
    sprite, missing = vendor_assets.icon_sprite(tmp_path, used)
    assert missing == ["no-such"]
    assert 'id="i-star" viewBox="0 0 24 24" fill="none"' in sprite
    assert 'id="i-star-filled" viewBox="0 0 24 24" fill="currentColor"' in sprite
    assert "d='outline'" in sprite and "d='filled'" in sprite
