// Runs Workers through minutes of a clock of its own, before a GitHub of its own, and prints
// their requests. Standard input says how: see the type play in worker_test.go.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

let clock = 0; // in milliseconds
let warnings = 0;

Date.now = () => clock;
const timers = [];
globalThis.setTimeout = (then, wait) => timers.push({ then, at: clock + wait });
console.log = () => {};
console.error = () => {};
console.warn = () => warnings++;

// answer is a Response that needs no time, so that only timers move the clock.
function answer(status, body, headers) {
  return { status, headers: new Headers(headers ?? {}), text: async () => (body ? JSON.stringify(body) : "") };
}

// settle moves the clock from timer to timer until a promise is settled.
async function settle(promise) {
  let settled = false;
  promise.finally(() => (settled = true));
  for (;;) {
    await new Promise(setImmediate);
    if (settled) {
      return;
    }
    timers.sort((a, b) => a.at - b.at);
    const timer = timers.shift();
    clock = Math.max(clock, timer.at);
    timer.then();
  }
}

// gitHub answers requests, keeps them, and the runs that they have created.
function gitHub(play, requests) {
  const created = [];
  return async (url, { method, headers, body }) => {
    const at = Math.floor(clock / 1000);
    const { pathname, searchParams } = new URL(url);
    const [, file, what = ""] = pathname.match(/^\/repos\/owner\/app(?:\/actions\/workflows\/([^/]+)\/(runs|dispatches))?$/);
    const { ref = "", inputs: { window = "", force = "" } = {} } = JSON.parse(body ?? "{}");
    for (const name of ["authorization", "user-agent", "x-github-api-version", "accept"]) {
      if (!headers[name] || (name === "authorization" && headers[name] !== "Bearer secret")) {
        throw new Error(`header ${name}: ${headers[name]}`);
      }
    }
    const fault = play.faults?.find((f) => at >= f.from && at < f.until && (!f.what || f.what === what));
    const status = fault ? fault.status : 200;
    requests.push({ at, method, what, file, window, ref, force, status });
    if (what === "dispatches" && play.slow) {
      await new Promise((resolve) => setTimeout(resolve, play.slow * 1000));
    }
    if (what === "dispatches" && (!fault || fault.created)) {
      created.push({ file, at, display_title: `job (window ${window})` });
    }
    if (status === 0) {
      throw new Error("connection reset");
    }
    if (status >= 300) {
      return answer(status, { message: "no" }, fault.headers);
    }
    if (what === "dispatches") {
      return answer(204);
    }
    if (what === "runs") {
      const since = Date.parse(searchParams.get("created").slice(2)) / 1000;
      return answer(200, { workflow_runs: created.filter((run) => run.file === file && run.at >= since) });
    }
    return answer(200, { default_branch: "trunk" });
  };
}

const env = { API: "https://api.github.com", REPOSITORY: "owner/app", GITHUB_TOKEN: "secret" };
let isolates = 0;

async function run(play) {
  const result = { requests: [], failed: 0, warnings: 0 };
  const isolate = async () => (await import(`${pathToFileURL(play.script)}?${isolates++}`)).default;
  globalThis.fetch = gitHub(play, result.requests);
  warnings = 0;
  let worker = await isolate();
  const started = [];
  for (const [from, minutes] of play.spans) {
    for (let i = 0; i < minutes; i++) {
      if (play.skipped?.includes(i)) {
        continue;
      }
      if (play.cold) {
        worker = await isolate(); // which remembers nothing
      }
      const scheduledTime = (from + 60 * i) * 1000;
      clock = scheduledTime + play.late * 1000;
      started.push(worker.scheduled({ scheduledTime }, env).catch(() => result.failed++));
      if (started.length >= (play.together ?? 1)) {
        await settle(Promise.all(started.splice(0)));
      }
    }
  }
  result.warnings = warnings;
  return result;
}

const results = [];
for (const play of JSON.parse(readFileSync(0, "utf8"))) {
  results.push(await run(play));
}
process.stdout.write(JSON.stringify(results));
