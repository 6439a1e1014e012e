// The form on the overview page: sends what is filled in, shows the list, the time and the raw call.
"use strict";

const form = document.getElementById("try");
const place = document.getElementById("answer");
const state = document.getElementById("state");

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(cells, name) {
  const made = element("tr");
  for (const cell of cells) made.append(cell instanceof Node ? cell : element(name, cell));
  return made;
}

function requestBody() {
  const given = new FormData(form);
  const text = (name) => given.get(name).trim();
  const context = {};
  if (given.get("channel")) context.channel = given.get("channel");
  if (text("store_id")) context.store_id = text("store_id");
  const items = text("item_ids").split(",").map((id) => id.trim()).filter(Boolean);
  if (items.length) context.item_ids = items;
  const body = { placement: given.get("placement") };
  if (text("customer_id")) body.customer_id = text("customer_id");
  if (Object.keys(context).length) body.context = context;
  body.page_size = Number(text("page_size"));
  if (given.get("new_only")) body.new_only = true;
  body.debug = true;
  return body;
}

function reasonsCell(item) {
  const cell = element("td");
  for (const reason of item.reasons) {
    const shown = element("span", reason.text, "reason");
    shown.title = `${reason.code} ${JSON.stringify(reason.evidence)}`;
    cell.append(shown);
  }
  return cell;
}

function showList(answer) {
  const table = element("table");
  const head = element("thead");
  head.append(row(["", "Item", "Name", "Why", "Score", "Source"], "th"));
  const body = element("tbody");
  for (const item of answer.items) {
    body.append(row([item.position, item.item_id, item.name, reasonsCell(item), item.score.toFixed(3), item.source], "td"));
  }
  table.append(head, body);
  const spent = answer.debug.timing_ms.recommending.toFixed(1);
  place.append(
    element("p", `Model version ${answer.model_version}, fallback ${answer.fallback}: ` +
      `${answer.items.length} of ${answer.debug.pool_size} candidates in ${spent} ms.`),
    table,
  );
}

function showProblem(problem) {
  const box = element("div", undefined, "problem");
  box.append(element("strong", `${problem.status} ${problem.title}`), element("p", problem.detail));
  for (const error of (problem.errors || []).slice(1)) box.append(element("p", `${error.field}: ${error.message}`));
  place.append(box);
}

function showCall(body) {
  const details = element("details");
  details.append(element("summary", "The same call from a terminal"));
  const quoted = JSON.stringify(body).replaceAll("'", "'\\''");
  details.append(element("pre",
    `curl ${location.origin}/v1/recommendations \\\n  -H 'Content-Type: application/json' \\\n  -d '${quoted}'`));
  place.append(details);
}

async function send(event) {
  event.preventDefault();
  const body = requestBody();
  place.replaceChildren();
  try {
    const answer = await fetch("/v1/recommendations", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    (answer.ok ? showList : showProblem)(await answer.json());
  } catch (error) {
    place.append(element("div", `The service did not answer: ${error.message}`, "problem"));
  }
  showCall(body);
}

async function showState() {
  try {
    const answer = await fetch("/readyz");
    const body = await answer.json();
    state.textContent = answer.ok ? `Model version ${body.model_version} answers.` : body.title + ".";
    state.classList.add(answer.ok ? "good" : "bad");
  } catch {
    state.textContent = "The service does not answer.";
    state.classList.add("bad");
  }
}

// An address such as /?placement=home&customer_id=7 fills the form and asks at once.
function fillFromAddress() {
  const given = new URLSearchParams(location.search);
  for (const [name, value] of given) {
    const field = form.elements.namedItem(name);
    if (field && field.type === "checkbox") field.checked = value === "true";
    else if (field) field.value = value;
  }
  if (given.size) form.requestSubmit();
}

form.addEventListener("submit", send);
showState();
fillFromAddress();
