// Five things, all of which work without this file: forms in the background, refusals in their
// place, progress that asks again, words underlined while typing, files dropped anywhere.
"use strict";
(() => {
  const fragment = { "x-fragment": "1" };

  async function send(form) {
    const target = document.getElementById(form.dataset.into);
    const answer = await fetch(form.action, {
      method: "POST", body: new FormData(form), headers: fragment, redirect: "follow",
    });
    if (answer.redirected && answer.ok) { location.assign(answer.url); return; }
    if (target) { target.innerHTML = await answer.text(); target.focus(); }
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.into || form.enctype === "multipart/form-data") return;
    event.preventDefault();
    const buttons = form.querySelectorAll("button");
    buttons.forEach((b) => { b.disabled = true; });
    send(form).catch(() => form.submit()).finally(() => buttons.forEach((b) => { b.disabled = false; }));
  });

  // Progress: the fragment says how often to ask again, and stops saying it once it is done.
  async function poll(box) {
    const every = Number(box.querySelector("[data-every]")?.dataset.every);
    if (!every) return;
    await new Promise((done) => setTimeout(done, every));
    const answer = await fetch("/import/progress", { headers: fragment });
    if (!answer.ok) return;
    box.innerHTML = await answer.text();
    if (!box.querySelector("[data-every]")) { location.assign("/import"); return; }
    poll(box);
  }
  const box = document.getElementById("progress");
  if (box) poll(box);

  // The story box: what was understood, a moment after the last key.
  const story = document.querySelector("textarea[data-read]");
  const shown = document.getElementById("understood");
  if (story && shown) {
    let timer = 0, asked = 0;
    story.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const number = ++asked;
        if (!story.value.trim()) { shown.innerHTML = ""; return; }
        const body = new FormData();
        body.set("text", story.value);
        const answer = await fetch("/tell/read", { method: "POST", body, headers: fragment });
        if (answer.ok && number === asked) shown.innerHTML = await answer.text();
      }, 250);
    });
  }

  // Files dropped anywhere on the page go to the import form.
  const drop = document.querySelector("form.drop-target");
  if (drop) {
    const input = drop.querySelector("input[type=file]");
    const zone = drop.querySelector(".drop");
    const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
    document.addEventListener("dragover", over(true));
    document.addEventListener("dragleave", over(false));
    document.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; drop.requestSubmit(); }
    });
    input.addEventListener("change", () => { if (input.files.length) drop.requestSubmit(); });
  }

  // Pictures that can be zoomed: Vega is loaded only when asked for; the drawing stays until then.
  document.querySelectorAll("button[data-spec]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      const { default: embed, vegaEmbed } = await import("/vega.js");
      const draw = vegaEmbed || embed;
      const colours = getComputedStyle(document.documentElement);
      const probe = document.body.appendChild(document.createElement("span"));
      const resolved = (text) => text.replaceAll(/var\((--[a-z]+)\)/g, (_, name) => {
        probe.style.color = `var(${name})`;
        return getComputedStyle(probe).color || colours.color;
      });
      const text = await (await fetch(button.dataset.spec)).text();
      const spec = JSON.parse(resolved(text));
      probe.remove();
      const figure = document.getElementById(button.dataset.figure);
      const place = figure.querySelector(".drawing");
      place.textContent = "";
      await draw(place, spec, { ast: true, defaultStyle: false, actions: false, renderer: "svg" });
      button.remove();
    });
  });
})();
