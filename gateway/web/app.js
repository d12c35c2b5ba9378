"use strict";

const POLL_MS = 1000;
const byId = (id) => document.getElementById(id);
const rows = new Map();
let timer = null;

/** Calls the API with the session cookie; throws an Error with a sentence for people. */
async function call(method, path, body) {
  const options = { method, headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  const answer = await response.json().catch(() => ({}));
  if (response.ok) {
    return answer;
  }
  const error = new Error([answer.detail || `Error ${response.status}`, answer.remedy].filter(Boolean).join(" "));
  error.status = response.status;
  throw error;
}

function say(text) {
  byId("message").textContent = text;
}

function show(isLoggedIn) {
  byId("account").hidden = isLoggedIn;
  byId("downloads").hidden = !isLoggedIn;
  byId("logout").hidden = !isLoggedIn;
  clearTimeout(timer);
  if (isLoggedIn) {
    refresh();
  } else {
    rows.forEach((row) => row.item.remove());
    rows.clear();
  }
}

/** Runs an action of a form or button, and says what went wrong. */
async function attempt(action) {
  say("");
  try {
    await action();
  } catch (error) {
    say(error.message);
    if (error.status === 401) {
      show(false);
    }
  }
}

function onSubmit(id, action) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    attempt(() => action(fields, event.target));
  });
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function newRow(id) {
  const row = {
    item: document.createElement("li"),
    title: element("span", "title", ""),
    state: element("span", "state", ""),
    progress: document.createElement("progress"),
    link: element("a", "file", "Save file"),
    cancel: element("button", "cancel", "Cancel"),
  };
  row.progress.max = 100;
  row.cancel.type = "button";
  row.cancel.addEventListener("click", () =>
    attempt(() => call("POST", `/api/youtube/single/cancel/${id}`).then(refresh)));
  row.item.append(row.title, row.progress, row.state, row.link, row.cancel);
  return row;
}

function describe(download) {
  const reason = [download.error, download.remedy].filter(Boolean).join(" ");
  return [download.status, download.phase, `${Math.floor(download.progress)} %`, reason]
    .filter(Boolean).join(" · ");
}

function update(row, download) {
  const name = download.title || download.url;
  const isActive = download.status === "pending" || download.status === "downloading";
  row.title.textContent = name;
  row.state.textContent = describe(download);
  row.progress.value = download.progress;
  row.progress.setAttribute("aria-label", `Progress of ${name}`);
  row.progress.hidden = !isActive;
  row.cancel.hidden = !isActive;
  row.cancel.setAttribute("aria-label", `Cancel ${name}`);
  row.link.hidden = download.status !== "completed";
  row.link.href = `/api/youtube/single/file/${encodeURIComponent(download.id)}`;
}

function render(downloads) {
  const list = byId("list");
  byId("empty").hidden = downloads.length > 0;
  const ids = new Set(downloads.map((download) => download.id));
  for (const [id, row] of rows) {
    if (!ids.has(id)) {
      row.item.remove();
      rows.delete(id);
    }
  }
  downloads.forEach((download, index) => {
    const row = rows.get(download.id) || newRow(download.id);
    rows.set(download.id, row);
    update(row, download);
    if (list.children[index] !== row.item) {
      list.insertBefore(row.item, list.children[index] || null);
    }
  });
}

async function refresh() {
  clearTimeout(timer);
  try {
    render((await call("GET", "/api/youtube/downloads?limit=50")).items);
  } catch (error) {
    if (error.status === 401) {
      show(false);
      return;
    }
    say(error.message);
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, POLL_MS);
}

onSubmit("login", async (fields, form) => {
  await call("POST", "/api/auth/login", fields);
  form.reset();
  show(true);
});

onSubmit("register", async (fields, form) => {
  await call("POST", "/api/auth/register", fields);
  await call("POST", "/api/auth/login", { login: fields.username, password: fields.password });
  form.reset();
  show(true);
});

onSubmit("add", async (fields, form) => {
  await call("POST", "/api/youtube/single/download", fields);
  form.elements.url.value = "";
  await refresh();
});

byId("logout").addEventListener("click", () => attempt(async () => {
  await call("POST", "/api/auth/logout");
  show(false);
}));

call("GET", "/api/auth/profile").then(() => show(true), () => show(false));
