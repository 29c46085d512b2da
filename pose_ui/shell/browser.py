"""What every run tells the browser: the page's language, its address, what to remember, and that a phone's menu closes.

The address is replaced and not added to the browser's history, as ``st.query_params`` would do: one press on Back leads
to the page before.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from pose_ui.shell.remembered import COOKIE_PREFIX, as_cookie, kept
from pose_ui.shell.state import FORGOTTEN
from pose_ui.texts import Language, Translator

__all__ = ["tell_browser"]

_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}

# Streamlit's sidebar, which holds the menu on a phone, stays open over the page that was chosen in it.
_JS = """
const PHONE_PX = 768;
// Kept by the window: the script may be loaded again for each page.
const kept = (window.posedeckPage ??= { written: new Set(["lang"]), shown: undefined });

function remember({ cookies, prefix, forget }, path) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const names = document.cookie.split("; ").map((one) => one.split("=")[0]);
  const left = forget ? names.filter((name) => name.startsWith(prefix)).map((name) => [name, ""]) : [];
  for (const [name, value] of [...left, ...Object.entries(cookies)]) {
    const age = value ? "" : "; Max-Age=0";
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=${path}; SameSite=Lax${secure}${age}`;
  }
}

function closeMenu() {
  const menu = document.querySelector('[data-testid="stSidebar"][data-collapsed="false"]');
  menu?.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
}

export default function ({ data }) {
  document.documentElement.lang = data.tag;
  const folder = new URL("./", document.baseURI).pathname;
  const url = new URL(location.href);
  const here = url.pathname.replace(/\\/+$/, "");
  if (here !== (folder + data.page).replace(/\\/+$/, "")) return; // the browser went on to another page
  data.names.forEach((name) => kept.written.add(name));
  for (const name of kept.written) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(data.address)) url.searchParams.set(name, value);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
  remember(data, folder);
  if (kept.shown !== undefined && kept.shown !== data.page && innerWidth <= PHONE_PX) closeMenu();
  kept.shown = data.page;
}
"""

_component = st.components.v2.component("posedeck_browser", js=_JS)


def tell_browser(page: str, t: Translator) -> None:
    """Tell the browser, at the end of a run; `page` is its address, "" for the first page."""
    groups = kept()
    cookies = {COOKIE_PREFIX + group: as_cookie(one.chosen) for group, one in groups.items()}
    _component(
        key="browser",
        data={
            "tag": _TAGS[t.language],
            "page": page,
            "names": [name for one in groups.values() for name in one.names],
            "address": {"lang": t.language}
            | {key: text for one in groups.values() for key, text in one.chosen.items()},
            "prefix": COOKIE_PREFIX,
            "forget": bool(st.session_state.get(FORGOTTEN)),
            "cookies": cookies | {f"{COOKIE_PREFIX}lang": t.language},
        },
    )
