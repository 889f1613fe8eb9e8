/** What the pages do in a browser: the look, the menu of narrow screens, copying, and the search. Nothing is fetched. */
(() => {
  const page = document.documentElement;
  const root = page.dataset.root;

  /** What the reader chose, where the browser keeps it for pages of files. */
  const kept = {
    get look() {
      try {
        return localStorage.getItem("wasm-mpi-look");
      } catch {
        return null;
      }
    },
    set look(value) {
      try {
        localStorage.setItem("wasm-mpi-look", value);
      } catch {
        // It lasts until the next page then.
      }
    },
  };
  if (kept.look) page.dataset.look = kept.look;

  addEventListener("DOMContentLoaded", () => {
    const [menu, pages, look] = ["menu", "pages", "look"].map((id) => document.getElementById(id));
    menu.addEventListener("click", () => {
      menu.setAttribute("aria-expanded", String(pages.classList.toggle("open")));
    });
    look.addEventListener("click", () => {
      const isDark = page.dataset.look
        ? page.dataset.look === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      page.dataset.look = kept.look = isDark ? "light" : "dark";
    });
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest" });
    for (const block of document.querySelectorAll("pre:not([data-language=output])")) addCopy(block);
    addSearch(document.getElementById("search"), document.getElementById("found"));
  });

  function addCopy(block) {
    const text = block.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    });
    if (navigator.clipboard) block.append(button);
  }

  /** The sections of all pages, from a script that is loaded with the first search: pages of files may fetch nothing else. */
  let loading;
  function loadIndex() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${root}index.js`;
      script.onload = () => resolve(globalThis.sections.map((section) => ({ ...section, words: lower(section) })));
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }
  const lower = ({ title, page, text }) => [title, page, text].map((words) => words.toLowerCase());

  /** How well a section fits: every word has to be in it, in titles rather than in the text. */
  function rank({ words: [title, page, text] }, wanted) {
    let score = title === wanted.join(" ") ? 50 : 0;
    for (const word of wanted) {
      const place = title.search(new RegExp(`\\b${word.replace(/[^\w]/g, "\\$&")}`));
      if (title === word) score += 30;
      else if (place >= 0) score += place === 0 ? 15 : 10;
      else if (title.includes(word)) score += 6;
      else if (page.includes(word)) score += 4;
      else if (text.includes(word)) score += 1;
      else return 0;
    }
    return score;
  }

  /** The text around the first of the words, with all of them marked. */
  function excerpt({ text }, wanted) {
    const place = Math.max(0, Math.min(...wanted.map((word) => text.toLowerCase().indexOf(word) >>> 0)) % 2 ** 31);
    const start = place < 60 || place > text.length ? 0 : text.indexOf(" ", place - 60) + 1;
    const part = text.slice(start, start + 150);
    const small = document.createElement("small");
    const pattern = new RegExp(`(${wanted.map((word) => word.replace(/[^\w]/g, "\\$&")).join("|")})`, "gi");
    part.split(pattern).forEach((piece, index) => {
      const element = index % 2 === 1 ? document.createElement("mark") : document.createElement("span");
      element.textContent = piece;
      small.append(element);
    });
    return small;
  }

  function addSearch(input, found) {
    const close = () => {
      found.hidden = true;
    };
    async function search() {
      const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (wanted.length === 0) return close();
      const sections = await loadIndex();
      const ranked = sections
        .map((section) => ({ section, score: rank(section, wanted) }))
        .filter(({ score }) => score > 0);
      ranked.sort((a, b) => b.score - a.score || a.section.title.length - b.section.title.length);
      found.replaceChildren(
        ...ranked.slice(0, 30).map(({ section }) => {
          const link = document.createElement("a");
          link.href = root + section.address;
          const where = section.page === section.title ? "" : ` · ${section.page}`;
          link.append(`${section.title}${where}`, excerpt(section, wanted));
          link.addEventListener("click", close);
          return link;
        }),
      );
      if (ranked.length === 0) found.innerHTML = "<p>Nothing has all of these words.</p>";
      found.hidden = false;
    }
    input.addEventListener("input", search);
    input.addEventListener("focus", () => input.value && search());
    addEventListener("keydown", (event) => {
      const links = [...found.querySelectorAll("a")];
      const place = links.indexOf(document.activeElement);
      if (event.key === "/" && !/^(?:INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
        event.preventDefault();
        input.focus();
      } else if (event.key === "Escape" && !found.hidden) {
        close();
        input.focus();
      } else if (event.key === "Enter" && document.activeElement === input) {
        links[0]?.click();
      } else if (["ArrowDown", "ArrowUp"].includes(event.key) && !found.hidden) {
        if (place < 0 && document.activeElement !== input) return;
        event.preventDefault();
        const next = place + (event.key === "ArrowDown" ? 1 : -1);
        if (next < 0) input.focus();
        else links[next]?.focus();
      }
    });
    addEventListener("click", (event) => {
      if (!event.target.closest("search")) close();
    });
  }
})();
