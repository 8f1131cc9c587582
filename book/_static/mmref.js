/* The framework tabs. Runs in the head: the choice is known before the page is
   drawn, so nothing flickers. Without it both frameworks are shown. */
(() => {
  const FRAMEWORKS = { pytorch: "PyTorch", keras: "Keras" };
  const STORE = "mmref.framework";
  const root = document.documentElement;

  function known(name) {
    return Object.hasOwn(FRAMEWORKS, name);
  }

  function remembered() {
    try {
      return localStorage.getItem(STORE);
    } catch {
      return null; // storage can be forbidden; the choice then lasts for the page
    }
  }

  function remember(name) {
    try {
      localStorage.setItem(STORE, name);
    } catch {
      /* as above */
    }
  }

  function show(name) {
    root.dataset.framework = name;
    for (const tab of document.querySelectorAll('.framework-tablist [role="tab"]')) {
      const chosen = tab.dataset.framework === name;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
  }

  /* Every tab set on the page follows, so what stands above may change height:
     keep the tab under the reader's hand where it was. */
  function choose(name, tab) {
    const before = tab.getBoundingClientRect().top;
    remember(name);
    show(name);
    window.scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" });
  }

  function onKey(event) {
    const tabs = [...event.currentTarget.children];
    const now = tabs.indexOf(event.target);
    const next = {
      ArrowRight: (now + 1) % tabs.length,
      ArrowLeft: (now + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    tabs[next].focus({ preventScroll: true });
    choose(tabs[next].dataset.framework, tabs[next]);
  }

  function build(set, number) {
    const list = document.createElement("div");
    list.className = "framework-tablist";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Framework");
    for (const [name, label] of Object.entries(FRAMEWORKS)) {
      const panel = set.querySelector(`:scope > .framework-panel.${name}`);
      if (!panel) continue;
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `framework-${number}-${name}-tab`;
      tab.className = name;
      tab.dataset.framework = name;
      tab.textContent = label;
      tab.setAttribute("role", "tab");
      panel.id = `framework-${number}-${name}`;
      panel.tabIndex = 0;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.setAttribute("aria-controls", panel.id);
      tab.addEventListener("click", () => choose(name, tab));
      list.append(tab);
    }
    list.addEventListener("keydown", onKey);
    set.prepend(list);
  }

  /* An address may lead to a name that the other framework's panel holds. */
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const panel = target?.closest(".framework-panel");
    const name = Object.keys(FRAMEWORKS).find((one) => panel?.classList.contains(one));
    if (!name || name === root.dataset.framework) return;
    show(name);
    target.scrollIntoView();
  }

  const asked = new URLSearchParams(location.search).get("framework");
  if (known(asked)) remember(asked);
  const first = [asked, remembered(), "pytorch"].find(known);
  root.dataset.framework = first;

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".framework-tabs").forEach(build);
    show(first);
    reveal();
  });
  window.addEventListener("hashchange", reveal);
})();

/* What the theme's pages lack for those who hear them or have no mouse. Each point is a rule of
   axe-core that the pages break without it. */
(() => {
  const SCROLLING = "div.cell_output, div.math, mjx-container[display]";

  /* A button is called by what is seen on it, and a fold by what it holds. */
  function name() {
    for (const button of document.querySelectorAll(".search-button-field")) {
      button.setAttribute("aria-label", button.textContent.trim().replace(/\s+/g, " "));
    }
    for (const summary of document.querySelectorAll("details.hide > summary")) {
      summary.removeAttribute("aria-label"); // "Toggle hidden content", while it says "Show ..."
    }
    for (const summary of document.querySelectorAll(".bd-links summary")) {
      const link = summary.closest("li")?.querySelector("a");
      summary.setAttribute("aria-label", `Pages under ${link?.textContent.trim()}`);
    }
  }

  /* Lists whose children are not what a list promises: the references, and the parameters of a
     signature, which Sphinx writes as definitions without a term. */
  function unlist() {
    for (const list of document.querySelectorAll(".citation-list, .citation")) {
      list.removeAttribute("role");
    }
    for (const list of document.querySelectorAll("dt.sig > dl")) {
      const box = document.createElement("div");
      box.className = "sig-parameters";
      for (const line of [...list.children]) {
        const row = document.createElement("div");
        row.append(...line.childNodes);
        box.append(row);
      }
      list.replaceWith(box);
    }
  }

  /* The icon of a button that has a name has none of its own, before it becomes a drawing or after. */
  function hide() {
    for (const icon of document.querySelectorAll(".theme-switch-button :is(i, svg)")) {
      icon.querySelector("title")?.remove();
      icon.removeAttribute("title");
      icon.removeAttribute("aria-labelledby");
      icon.setAttribute("aria-hidden", "true");
    }
  }

  /* The way home is a landmark, as all that stands on a page should be in one. */
  function home() {
    const brand = document.querySelector(".bd-sidebar-primary .navbar-brand")?.parentElement;
    brand?.setAttribute("role", "navigation");
    brand?.setAttribute("aria-label", "Home");
  }

  /* What scrolls sideways can be reached by the keyboard; what does not is no stop. */
  function stops() {
    const boxes = [...document.querySelectorAll(SCROLLING)];
    const scrolls = boxes.map((box) => box.scrollWidth > box.clientWidth); // all, before any change
    boxes.forEach((box, number) => {
      if (scrolls[number]) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    name();
    hide();
    home();
    unlist();
  });
  window.addEventListener("load", () => {
    const formulas = window.MathJax?.startup?.promise ?? Promise.resolve();
    formulas.then(stops); // once: to measure a page that is still being set draws it anew
  });
  window.addEventListener("resize", stops);
  document.addEventListener("toggle", stops, true); // a fold
  document.addEventListener("click", (event) => {
    if (event.target.closest(".framework-tablist")) stops();
  });
})();
