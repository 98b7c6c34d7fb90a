// Five things, all of which work without this file: forms in the background, refusals in their
// place, progress that asks again, words underlined while typing, files dropped anywhere.
// And pictures that can be zoomed, with Vega out of the installed package, loaded when asked for.
"use strict";
(() => {
  const fragment = { "x-fragment": "1" };

  async function send(form, button) {
    const target = document.getElementById(form.dataset.into);
    const body = new FormData(form);
    if (button?.name) body.set(button.name, button.value);
    const answer = await fetch(form.action, { method: "POST", body, headers: fragment });
    if (answer.redirected && answer.ok) { location.assign(answer.url); return; }
    target.innerHTML = await answer.text();
    form.prepend(target);
    target.focus();
    target.scrollIntoView({ block: "center" });
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.into || form.enctype === "multipart/form-data") return;
    event.preventDefault();
    const buttons = form.querySelectorAll("button");
    const sending = send(form, event.submitter);
    buttons.forEach((b) => { b.disabled = true; });
    sending.catch(() => { form.submit(); }).finally(() => buttons.forEach((b) => { b.disabled = false; }));
  });

  // The menu closes when one looks elsewhere.
  const more = document.querySelector("details.more");
  document.addEventListener("click", (event) => { if (more && !more.contains(event.target)) more.open = false; });
  document.addEventListener("keydown", (event) => { if (more && event.key === "Escape") more.open = false; });

  // Progress: the fragment says how often to ask again, and stops saying it once it is done.
  const box = document.getElementById("progress");
  async function poll() {
    const every = Number(box.querySelector("[data-every]")?.dataset.every);
    if (!every) return;
    await new Promise((done) => { setTimeout(done, every); });
    const answer = await fetch("/import/progress", { headers: fragment });
    if (!answer.ok) return;
    box.innerHTML = await answer.text();
    poll();
  }
  if (box) poll();

  // The story box: what was understood, a moment after the last key.
  const story = document.querySelector("textarea[data-read]");
  const shown = document.getElementById("understood");
  if (story && shown) {
    let timer = 0;
    let asked = 0;
    const read = async () => {
      const number = ++asked;
      if (!story.value.trim()) { shown.innerHTML = ""; return; }
      const body = new FormData();
      body.set("text", story.value);
      const answer = await fetch("/tell/read", { method: "POST", body, headers: fragment });
      if (answer.ok && number === asked) shown.innerHTML = await answer.text();
    };
    story.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(read, 60); });
    if (story.value.trim()) read();
  }

  // A tap on underlined words goes to the line that corrects them.
  document.addEventListener("click", (event) => {
    const mark = event.target.closest?.("mark[data-fix]");
    const field = mark && document.getElementById(mark.dataset.fix);
    if (!field) return;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  });

  // Files dropped anywhere on the page go to the import form, with a bar while they are sent.
  const drop = document.querySelector("form.drop-target");
  if (drop) {
    const input = drop.querySelector("input[type=file]");
    const zone = drop.querySelector(".drop");
    const over = (on) => (event) => { event.preventDefault(); zone.classList.toggle("over", on); };
    document.addEventListener("dragover", over(true));
    document.addEventListener("dragleave", over(false));
    const upload = () => {
      const bar = zone.appendChild(document.createElement("progress"));
      bar.setAttribute("aria-label", "Sending the files");
      const request = new XMLHttpRequest();
      request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
      request.onload = () => {
        if (request.status < 400) { location.assign("/import"); return; }
        document.getElementById("refused").innerHTML = request.responseText;
        bar.remove();
      };
      request.onerror = () => drop.submit();
      request.open("POST", drop.action);
      request.setRequestHeader("x-fragment", "1");
      request.send(new FormData(drop));
    };
    drop.addEventListener("submit", (event) => { event.preventDefault(); upload(); });
    document.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; upload(); }
    });
    input.addEventListener("change", () => { if (input.files.length) upload(); });
  }

  // Pictures that can be zoomed; the drawing stays until Vega has drawn its own.
  const script = (source) => new Promise((done, failed) => {
    const tag = document.createElement("script");
    tag.type = "module";
    tag.src = source;
    tag.onload = done;
    tag.onerror = failed;
    document.head.append(tag);
  });
  function coloured(text, probe) {
    return text.replaceAll(/var\((--[a-z]+)\)/g, (_, name) => {
      probe.style.setProperty("color", `var(${name})`);
      return getComputedStyle(probe).color;
    });
  }
  document.querySelectorAll("button[data-spec]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      if (!window.vegaEmbed) await script("/vega.js");
      const text = await (await fetch(button.dataset.spec)).text();
      const place = document.getElementById(button.dataset.figure).querySelector(".drawing");
      const probe = document.body.appendChild(document.createElement("i"));
      const spec = JSON.parse(coloured(text, probe));
      probe.remove();
      const width = Math.min(place.clientWidth, 680);
      if (spec.vconcat) spec.vconcat.forEach((part) => { part.width = width - 76; });
      else spec.width = width;
      const fresh = document.createElement("div");
      fresh.className = "interactive";
      await window.vegaEmbed(fresh, spec, { ast: true, defaultStyle: false, actions: false, renderer: "svg", tooltip: { disableDefaultStyle: true } });
      place.replaceChildren(fresh);
      button.remove();
    });
  });
})();
