"""“Next try in 40 s” goes on counting in the browser by itself, and begins anew when the server says something else."""

from pathlib import Path

from playwright.sync_api import Browser, expect

SCRIPT = Path(__file__).resolve().parents[2] / "assets" / "clock.js"
PAGE = """
<p id="near" data-left="40">attempt 2 of 5, next try in 40 s, it may or may not have happened</p>
<p id="far"><span data-left="7380">attempt 1 of 8 <b>next try in 2 h 3 min</b></span></p>
<p id="none" data-left="">next try in 40 s</p>
"""


def test_a_moment_to_come_is_counted_down(browser: Browser) -> None:
    page = browser.new_page()
    page.clock.install(time=0)
    page.set_content(PAGE)
    page.clock.pause_at(60_000)
    page.add_script_tag(path=SCRIPT)
    near = page.locator("#near")

    page.clock.run_for(15_000)
    expect(near).to_have_text("attempt 2 of 5, next try in 26 s, it may or may not have happened")
    expect(page.locator("#far")).to_have_text("attempt 1 of 8 next try in 2 h 2 min")
    expect(page.locator("#none")).to_have_text("next try in 40 s")
    page.clock.run_for(60_000)
    expect(near).to_have_text("attempt 2 of 5, next try now, it may or may not have happened")

    near.evaluate("element => { element.firstChild.data = 'attempt 3 of 5, next try in 2 min';"
                  " element.dataset.left = '150'; }")  # fmt: skip
    page.clock.run_for(100_000)
    expect(near).to_have_text("attempt 3 of 5, next try in 51 s")
    page.close()
