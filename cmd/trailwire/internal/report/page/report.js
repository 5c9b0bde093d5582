"use strict";
(() => {
  document.documentElement.classList.add("js");
  const body = document.getElementById("rows");
  if (!body) return;

  const form = document.querySelector(".filters");
  const fields = form.elements;
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const more = document.getElementById("more");
  const periodButton = document.getElementById("period");
  const batch = 100; // rows laid out at a time
  const number = (n) => n.toLocaleString("en-US");

  // Rows beyond the first batch wait as text, and become rows when they are shown: a browser
  // takes seconds for the elements of thousands, and milliseconds for their text. The text
  // is what the page's template made, so a text from an event cannot begin an element.
  const entities = { amp: "&", lt: "<", gt: ">", "#34": '"', "#39": "'", "#43": "+" };
  const plain = (text) => text.replace(/&(amp|lt|gt|#34|#39|#43);/g, (_, name) => entities[name]);
  const start = "<tr role=";
  const waitingRows = document.getElementById("rest").textContent.split(start).slice(1).map((text) => start + text);

  function fromText(html) {
    const data = {};
    const tag = html.slice(0, html.indexOf(">"));
    for (const [, name, value] of tag.matchAll(/ data-([a-z]+)="([^"]*)"/g)) data[name] = plain(value);
    return entry(data, /id="([^"]*)"/.exec(tag)[1], null, html);
  }

  function entry(data, id, row, html) {
    return {
      row,
      html,
      id,
      severity: data.severity,
      rank: Number(data.rank),
      relation: data.relation,
      service: data.service,
      rule: data.rule,
      accounts: data.accounts,
      time: Number(data.time),
      suppressed: data.suppressed === "1",
      text: "",
    };
  }

  const rows = [...body.rows].map((row) => entry(row.dataset, row.id, row, "")).concat(waitingRows.map(fromText));
  let limit = batch;
  let period = null;
  let only = ""; // the id of the one row that a link led to, if it is not among those shown

  // The row itself, made when it is first shown.
  function rowOf(r) {
    if (!r.row) {
      const made = document.createElement("template");
      made.innerHTML = r.html;
      r.row = made.content.firstElementChild;
    }
    return r.row;
  }

  // What a row says, read when somebody first looks for a text.
  const textOf = (r) => r.text || (r.text = (r.row ? r.row.textContent : plain(r.html.replace(/<[^>]*>/g, " "))).toLowerCase());

  function fits(r, f) {
    if (only) return r.id === only;
    return (!f.severity || r.severity === f.severity) &&
      (!f.relation || r.relation === f.relation) &&
      (!f.service || r.service === f.service) &&
      (!f.rule || r.rule === f.rule) &&
      (!f.account || r.accounts.split(" ").some((a) => a.startsWith(f.account))) &&
      (f.suppressed || !r.suppressed) &&
      (!period || (r.time >= period.from && r.time < period.to)) &&
      f.words.every((w) => textOf(r).includes(w));
  }

  function apply() {
    const f = {
      severity: fields.severity.value,
      relation: fields.relation.value,
      service: fields.service ? fields.service.value : "",
      rule: fields.rule ? fields.rule.value : "",
      account: fields.account.value.trim(),
      suppressed: !fields.suppressed || fields.suppressed.checked,
      words: fields.text.value.toLowerCase().split(/\s+/).filter(Boolean),
    };
    const matching = rows.filter((r) => fits(r, f));
    const seen = Math.min(matching.length, limit);
    // The page holds the rows that are shown and no others, so that it is as
    // quick with thousands of alerts as with a few.
    body.replaceChildren(...matching.slice(0, seen).map(rowOf));
    shown.textContent = matching.length === rows.length
      ? number(matching.length) + (matching.length === 1 ? " alert" : " alerts")
      : number(matching.length) + " of " + number(rows.length) + " alerts";
    if (seen < matching.length) shown.textContent += ", the first " + number(seen) + " shown";
    none.hidden = matching.length > 0;
    more.hidden = seen === matching.length;
    more.textContent = "Show " + number(Math.min(batch, matching.length - seen)) + " more";
    periodButton.hidden = !period && !only;
    if (only) {
      periodButton.textContent = "alert " + only.slice("alert-".length) + " ×";
      periodButton.setAttribute("aria-label", "All alerts again, not only this one");
    } else if (period) {
      periodButton.textContent = period.label + " ×";
      periodButton.setAttribute("aria-label", "All times again, not only " + period.label);
    }
  }

  function restart() {
    limit = batch;
    only = "";
    apply();
  }

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(restart, 120);
  });
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => {
    period = null;
    setTimeout(restart);
  });
  more.addEventListener("click", () => {
    const first = body.rows.length;
    limit += batch;
    apply();
    body.rows[first].querySelector("summary").focus();
  });
  periodButton.addEventListener("click", () => {
    if (!only) period = null;
    restart();
    document.getElementById("alerts").focus();
  });

  // The bars of the timeline and the cards of the graph are filters too.
  function toAlerts(e) {
    e.preventDefault();
    restart();
    const heading = document.getElementById("alerts");
    heading.scrollIntoView();
    heading.focus({ preventScroll: true });
  }
  for (const bar of document.querySelectorAll(".timeline a")) {
    bar.addEventListener("click", (e) => {
      const label = bar.dataset.label;
      period = {
        from: Number(bar.dataset.from),
        to: Number(bar.dataset.to),
        label: label.slice(label.indexOf(", ") + 2, label.lastIndexOf(": ")),
      };
      toAlerts(e);
    });
  }
  const graph = document.querySelector(".graph");
  for (const card of document.querySelectorAll(".card")) {
    if (card.dataset.account) {
      card.addEventListener("click", (e) => {
        fields.account.value = card.dataset.account;
        toAlerts(e);
      });
    }
    const highlight = (on) => {
      graph.classList.toggle("focus", on);
      for (const edge of graph.querySelectorAll(".edge")) {
        edge.classList.toggle("on", on && (edge.dataset.from === card.dataset.node || edge.dataset.to === card.dataset.node));
      }
    };
    card.addEventListener("pointerenter", () => highlight(true));
    card.addEventListener("pointerleave", () => highlight(false));
    // Only on links: a listener for focus makes other parts of an SVG focusable.
    if (card.dataset.account) {
      card.addEventListener("focus", () => highlight(true));
      card.addEventListener("blur", () => highlight(false));
    }
  }

  // Sorting: the heading becomes a button.
  for (const th of document.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = th.textContent;
    th.replaceChildren(button);
    button.addEventListener("click", () => {
      const descending = th.getAttribute("aria-sort") !== "descending";
      for (const other of document.querySelectorAll("th[data-sort]")) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const sign = descending ? -1 : 1;
      rows.sort(th.dataset.sort === "time"
        ? (a, b) => sign * (a.time - b.time)
        : (a, b) => sign * (b.rank - a.rank) || b.time - a.time);
      restart();
    });
  }

  function copy(button) {
    const code = button.parentElement.querySelector("code");
    const say = (text) => {
      button.firstChild.data = text;
      setTimeout(() => { button.firstChild.data = "Copy"; }, 1600);
    };
    const select = () => {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say(document.execCommand("copy") ? "Copied" : "Selected");
    };
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(() => say("Copied"), select);
    else select();
  }
  body.addEventListener("click", (e) => {
    const button = e.target.closest(".copy");
    if (button) copy(button);
  });

  // On paper there is nothing to open, and no button for more.
  let opened = [];
  let before = limit;
  addEventListener("beforeprint", () => {
    before = limit;
    limit = Infinity;
    apply();
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
    opened = [];
    limit = before;
    apply();
  });

  // A link to one alert, one grant or one guide shows it.
  function follow() {
    const part = /^#(grant|guide)-\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (part) part.open = true;
    const at = location.hash.startsWith("#alert-") ? rows.findIndex((r) => "#" + r.id === location.hash) : -1;
    if (at < 0) return;
    const row = rowOf(rows[at]);
    if (!row.isConnected) {
      only = rows[at].id;
      apply();
    }
    row.querySelector("details").open = true;
    row.scrollIntoView();
  }
  addEventListener("hashchange", follow);

  apply();
  follow();
  // Some browsers keep what was in the fields when a page is loaded again.
  addEventListener("pageshow", apply);
})();
