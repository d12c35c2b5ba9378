// Shows /openapi.json. Whatever the document says goes into the page as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

/** An element with attributes and children; a string becomes a text node. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** The little Markdown that the document uses: paragraphs, lists and `code`. */
function prose(text = "") {
  return text.split(/\n\n+/).filter(Boolean).map((block) => {
    const lines = block.split("\n");
    if (lines.every((line) => line.startsWith("- "))) {
      return el("ul", {}, lines.map((line) => el("li", {}, words(line.slice(2)))));
    }
    return el("p", {}, words(block));
  });
}

function words(text) {
  return text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

function resolve(spec, node) {
  let found = node;
  for (let hops = 0; found?.$ref && hops < 8; hops += 1) {
    const path = found.$ref.replace(/^#\//, "").split("/");
    found = path.reduce((at, key) => at?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], spec);
  }
  return found ?? {};
}

const nameOf = (schema) => schema?.$ref?.split("/").pop();

/** A schema in a few words, such as `string (uuid)` or `Download[]`. */
function inWords(schema = {}) {
  const name = nameOf(schema);
  if (name) return name;
  const choices = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choices) return choices.map(inWords).join(schema.allOf ? " & " : " or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  const types = [schema.type ?? "anything"].flat();
  const told = types.map((type) => (type === "array" ? `${inWords(schema.items)}[]` : type)).join(" or ");
  return schema.format && !types.includes("array") ? `${told} (${schema.format})` : told;
}

function limits(schema) {
  const told = [
    ["minimum", "≥"], ["maximum", "≤"], ["minLength", "length ≥"], ["maxLength", "length ≤"],
    ["minItems", "items ≥"], ["maxItems", "items ≤"], ["pattern", "like"], ["default", "default"],
  ];
  return told.filter(([key]) => key in schema).map(([key, sign]) => `${sign} ${schema[key]}`).join(", ");
}

/** The members of a schema, as a table; schemas within unfold. */
function members(spec, node, seen = []) {
  const schema = resolve(spec, node);
  if (schema.allOf) return schema.allOf.map((part) => members(spec, part, seen));
  const inner = schema.items ?? (schema.oneOf ?? []).find((choice) => choice.$ref);
  if (!schema.properties) {
    if (inner) return within(spec, inner, seen);
    return [prose(schema.description), el("p", {}, el("code", {}, inWords(schema)))];
  }
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties).map(([name, property]) => {
    const told = limits(property);
    return el("tr", {},
      el("td", {}, el("code", {}, name), required.has(name) ? "" : el("span", { class: "soft" }, " optional")),
      el("td", {}, el("code", {}, inWords(property)), told ? el("div", { class: "soft" }, told) : null),
      el("td", {}, prose(property.description), within(spec, property, seen)));
  });
  return [prose(schema.description), table(["name", "type", "about"], rows)];
}

function within(spec, node, seen) {
  const candidates = [node, node.items, ...(node.oneOf ?? []), ...(node.anyOf ?? [])];
  const inner = candidates.find((candidate) => candidate?.$ref);
  const name = nameOf(inner);
  if (!name || seen.includes(name)) return null;
  const details = el("details", { class: "schema" }, el("summary", {}, name));
  // Only when it is looked at: schemas nest.
  details.addEventListener("toggle", () => details.append(el("div", {}, members(spec, inner, [...seen, name]))), { once: true });
  return details;
}

function table(heads, rows) {
  const head = el("tr", {}, heads.map((text) => el("th", { scope: "col" }, text)));
  // Wider than a phone, it is scrolled, with the keyboard as well.
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": heads.join(", ") }, el("table", {}, el("thead", {}, head), el("tbody", {}, rows)));
}

function parameters(spec, list) {
  const rows = list.map((node) => {
    const parameter = resolve(spec, node);
    const told = limits(parameter.schema ?? {});
    return el("tr", {},
      el("td", {}, el("code", {}, parameter.name), parameter.required ? "" : el("span", { class: "soft" }, " optional")),
      el("td", {}, parameter.in),
      el("td", {}, el("code", {}, inWords(parameter.schema)), told ? el("div", { class: "soft" }, told) : null),
      el("td", {}, prose(parameter.description)));
  });
  return [el("h3", {}, "Parameters"), table(["name", "in", "type", "about"], rows)];
}

function content(spec, map = {}) {
  return Object.entries(map).map(([type, { schema }]) =>
    el("details", { class: "schema" }, el("summary", {}, type), members(spec, schema ?? {})));
}

function responses(spec, map) {
  const rows = Object.entries(map).map(([status, node]) => {
    const response = resolve(spec, node);
    const headers = Object.keys(response.headers ?? {});
    return el("tr", {},
      el("td", {}, el("code", {}, status)),
      el("td", {}, prose(response.description), content(spec, response.content),
        headers.length ? el("div", { class: "soft" }, `Headers: ${headers.join(", ")}`) : null));
  });
  return [el("h3", {}, "Answers"), table(["status", "what it means"], rows)];
}

/** A command that does it. */
function command(path, method, operation) {
  const body = operation.requestBody?.content?.["application/json"];
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl"];
  if (method !== "get") parts.push(`-X ${method.toUpperCase()}`);
  if (operation.security?.length) parts.push('-H "authorization: Bearer $token"');
  if (body) parts.push("-H 'content-type: application/json'", `-d ${quoted(JSON.stringify(body.example ?? {}))}`);
  return `${parts.join(" ")} ${quoted(location.origin + path)}`;
}

function show(spec, path, method, operation) {
  const body = operation.requestBody?.content?.["application/json"];
  const details = el("details", { class: "operation", id: operation.operationId },
    el("summary", {},
      el("span", { class: `method ${method}` }, method),
      el("code", {}, path),
      el("span", { class: "summary" }, operation.summary ?? "")));
  details.addEventListener("toggle", () => details.append(el("div", {},
    prose(operation.description),
    el("p", { class: "soft" }, operation.security?.length
      ? `Needs a credential: ${operation.security.flatMap(Object.keys).join(", ")}.` : "Needs no credential."),
    operation.parameters ? parameters(spec, operation.parameters) : null,
    body ? [el("h3", {}, "Body"), members(spec, body.schema)] : null,
    el("h3", {}, "Example"), el("pre", { tabindex: "0" }, command(path, method, operation)),
    responses(spec, operation.responses))), { once: true });
  details.dataset.text = JSON.stringify([path, operation]).toLowerCase();
  return details;
}

function operationsOf(spec) {
  return Object.entries(spec.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ path, method, operation: item[method] })));
}

function render(spec) {
  const main = document.getElementById("main");
  const contents = document.getElementById("contents");
  document.getElementById("title").textContent = `${spec.info.title} API ${spec.info.version}`;
  main.replaceChildren(...prose(spec.info.description));
  if (spec["x-missing-services"]) {
    main.append(el("p", { role: "alert" }, `Not answering, and left out: ${spec["x-missing-services"].join(", ")}.`));
  }
  const all = operationsOf(spec);
  for (const tag of spec.tags) {
    const own = all.filter(({ operation }) => operation.tags?.includes(tag.name));
    const shown = own.map(({ path, method, operation }) => show(spec, path, method, operation));
    main.append(el("section", {}, el("h2", {}, tag.name), prose(tag.description), shown));
    contents.append(el("section", {}, el("h2", {}, tag.name), el("ul", {}, own.map(({ operation }) =>
      el("li", {}, el("a", { href: `#${operation.operationId}` }, operation.summary ?? operation.operationId))))));
  }
  document.getElementById("search").addEventListener("input", (event) => filter(event.target.value));
  addEventListener("hashchange", open);
  open();
}

function filter(text) {
  const sought = text.trim().toLowerCase();
  for (const operation of document.querySelectorAll(".operation")) {
    operation.hidden = !operation.dataset.text.includes(sought);
  }
  for (const section of document.querySelectorAll("main > section")) {
    section.hidden = !section.querySelector(".operation:not([hidden])");
  }
}

function open() {
  const chosen = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (chosen instanceof HTMLDetailsElement) {
    chosen.open = true;
    chosen.scrollIntoView();
  }
}

try {
  const answer = await fetch("/openapi.json");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  render(await answer.json());
} catch (error) {
  document.getElementById("state").textContent = `The document cannot be shown: ${error.message}.`;
}
