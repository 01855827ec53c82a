// Appended to a page by run.sh: looks at it as its reader would, and leaves what it found in the page's title: "fine: ..."
// or the first thing that is wrong.
(function () {
  "use strict";
  function must(holds, what) {
    if (!holds) throw new Error(what);
  }
  function all(selector) {
    return Array.from(document.querySelectorAll(selector));
  }

  // --- colours: what is written can be read
  function channels(color) {
    return color.match(/[0-9.]+/g).slice(0, 3).map(Number);
  }
  function luminance(color) {
    const [r, g, b] = channels(color).map(function (value) {
      value /= 255;
      return value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort(function (a, b) { return a - b; });
    return (light + 0.05) / (dark + 0.05);
  }
  function behind(element) {
    const picture = element.closest("svg");
    return picture ? getComputedStyle(picture.querySelector(".paper")).color : getComputedStyle(document.body).backgroundColor;
  }
  function check_colors(dark) {
    must(matchMedia("(prefers-color-scheme: dark)").matches === dark, "the browser is not as dark as it was told to be");
    const paper = getComputedStyle(document.body).backgroundColor;
    must(luminance(paper) < 0.1 === dark, "the page is " + paper);
    for (const one of all("h1, h2, p, td, th button, svg text"))
      must(contrast(getComputedStyle(one).color, behind(one)) >= 4.5, "hard to read: " + one.textContent);
  }

  // --- size: nothing is cut off, and what is wide scrolls by itself
  function check_size(width) {
    must(innerWidth === width, "the window is " + innerWidth + " wide");
    must(document.documentElement.scrollWidth <= width, "the page is " + document.documentElement.scrollWidth + " wide");
    must(all("svg").length > 0 && all("table").length > 0, "no picture or no table");
    for (const picture of all("svg")) {
      const place = picture.getBoundingClientRect();
      must(place.width > 0.8 * Math.min(width, 400) && place.height > 100, "a picture is " + place.width + " wide");
      must(place.left >= 0 && place.right <= width, "a picture sticks out");
      for (const text of picture.querySelectorAll("text")) {
        const at = text.getBoundingClientRect();
        must(at.left >= place.left - 1 && at.right <= place.right + 1, "cut off: " + text.textContent);
      }
    }
  }

  // --- tables: a click on a heading sorts, another one the other way round, and no row is lost
  function column(body, at) {
    return Array.from(body.rows).map(function (row) { return row.cells[at].textContent; });
  }
  function in_milliseconds(text) {
    const number = parseFloat(text);
    return / s$/.test(text) ? 1000 * number : number;
  }
  function check_order(texts, up, heading) {
    for (let i = 1; i < texts.length; ++i) {
      const [a, b] = up ? [texts[i - 1], texts[i]] : [texts[i], texts[i - 1]];
      const both = [a, b].every(function (text) { return /^-?[0-9.]+( m?s| %)?$/.test(text); });
      must(both ? in_milliseconds(a) <= in_milliseconds(b) : a.localeCompare(b, "en", {numeric: true}) <= 0,
           "sorted by " + heading + ", " + a + " comes before " + b);
    }
  }
  function check_tables() {
    let count = 0;
    for (const table of all("table")) {
      const body = table.tBodies[0], rows = Array.from(body.rows);
      for (const head of table.querySelectorAll("th"))
        for (const up of [true, false]) {
          head.firstChild.click();
          must(head.getAttribute("aria-sort") === (up ? "ascending" : "descending"), "no arrow at " + head.textContent);
          must(table.querySelectorAll("[aria-sort]").length === 1, "more than one arrow");
          must(body.rows.length === rows.length && rows.every(function (row) { return row.parentNode === body; }), "a row is lost");
          check_order(column(body, head.cellIndex), up, head.textContent);
          ++count;
        }
    }
    return count;
  }

  const wanted = document.currentScript.dataset;
  try {
    must(performance.getEntriesByType("resource").length === 0, "something was fetched");
    check_colors(wanted.theme === "dark");
    check_size(Number(wanted.width));
    document.title = "fine: sorted " + check_tables() + " times";
  } catch (wrong) {
    document.title = "wrong: " + wrong.message;
  }
})();
