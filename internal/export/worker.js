// Once a minute, this Worker dispatches the workflows of the jobs that have a slot in that
// minute. The run itself decides whether its window is still to be run, as after each tick
// of GitHub, so a dispatch too many runs nothing twice.
//
// It has no memory but that of its isolate, which may be new each minute. So a slot whose
// dispatch is not known to be done is looked for among the runs before it is tried again.

const end = {end}; // of the table, in seconds since 1970

// Each job: its id, its workflow, how many seconds a slot may be run (0: until the next
// one), and its slots: one every so many seconds, so many times, so long after those before.
const table = [
{table}];

const ages = [0, 1, 2, 4, 8, 15, 30]; // the minutes after a slot in which it is tried
const most = 45; // requests in a minute: the free plan allows 50
const perMinute = 22; // slots: one takes two requests where its run is looked for first
const atOnce = 5; // requests: Cloudflare allows 6

const jobs = table.map(([id, file, expires, slots]) => {
  const runs = [];
  for (let i = 0, last = 0; i < slots.length; i += 3) {
    const [first, step, count] = [last + slots[i], slots[i + 1], slots[i + 2]];
    runs.push({ first, step, count });
    last = first + step * (count - 1);
  }
  return { id, file, expires, runs };
});

const done = new Set(); // "file slot"
const busy = new Set(); // of them, those tried now: late minutes can come all at once
const refusals = new Map(); // by file, or "" for all: how long to be quiet, and until when
let branch = ""; // the default one

export default {
  async scheduled(controller, env) {
    const minute = Math.floor(controller.scheduledTime / 60000) * 60;
    if (minute >= end) {
      throw new Error(`the table of slots has ended on ${iso(end)}: export it again`);
    }
    if (minute % 86400 === 0 && end - minute < 30 * 86400) {
      console.warn(`the table of slots ends on ${iso(end)}: export it again`);
    }
    if (done.size > 10000) {
      done.clear();
    }
    const tick = { env, minute, queue: due(minute), requests: 0 };
    await Promise.all(Array.from({ length: atOnce }, () => serve(tick)));
  },
};

// due returns the current window of each job, in the minutes in which it is tried. Where many
// slots are in one minute, some of the jobs have their turn in the minutes after it.
function due(minute) {
  const slots = new Map(); // how many there are so far, by their minute
  const queue = [];
  for (const job of jobs) {
    const slot = newest(job.runs, minute + 60);
    if (slot === undefined) {
      continue;
    }
    const began = slot - (slot % 60);
    const before = slots.get(began) ?? 0;
    slots.set(began, before + 1);
    const age = (minute - began) / 60 - Math.floor(before / perMinute);
    if (ages.includes(age) && !(job.expires && slot + job.expires <= minute)) {
      queue.push({ job, slot, age });
    }
  }
  return queue.sort((a, b) => a.age - b.age || a.slot - b.slot);
}

// newest returns the last slot before a time.
function newest(runs, before) {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle].first < before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low === 0) {
    return undefined;
  }
  const { first, step, count } = runs[low - 1];
  return first + step * Math.min(count - 1, step ? Math.floor((before - 1 - first) / step) : 0);
}

// serve takes slots from the queue until it is empty.
async function serve(tick) {
  for (let d = tick.queue.shift(); d; d = tick.queue.shift()) {
    const key = `${d.job.file} ${d.slot}`;
    if (done.has(key) || busy.has(key)) {
      continue;
    }
    busy.add(key);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, d.slot * 1000 - Date.now())));
    await attempt(tick, d, key);
    busy.delete(key);
  }
}

// attempt dispatches a slot, unless its run is there already.
async function attempt(tick, d, key) {
  const { id, file } = d.job;
  if (quiet(file, tick.minute) || quiet("", tick.minute)) {
    return;
  }
  const window = iso(d.slot);
  const workflow = `/actions/workflows/${encodeURIComponent(file)}`;
  if (d.age > 0) {
    const query = `?event=workflow_dispatch&per_page=20&created=${encodeURIComponent(">=" + window)}`;
    const runs = await ask(tick, "GET", workflow + "/runs" + query);
    if (runs.body?.workflow_runs?.some((run) => run.display_title?.includes("window " + window))) {
      done.add(key);
      return;
    }
    if (refused(tick, d, runs)) {
      return;
    }
  }
  if (!branch) {
    tick.repository ??= ask(tick, "GET", "");
    const repository = await tick.repository;
    if (refused(tick, d, repository)) {
      return;
    }
    branch = repository.body?.default_branch ?? "";
    if (!branch) {
      console.error(`${id}: window ${window}: the default branch is not known: ${repository.status}`);
      return;
    }
  }
  const answer = await ask(tick, "POST", workflow + "/dispatches", { ref: branch, inputs: { force: "false", window } });
  if (answer.status === 200 || answer.status === 204) {
    done.add(key);
    refusals.delete(file);
    refusals.delete("");
    console.log(`${id}: window ${window} is dispatched`);
  } else if (!refused(tick, d, answer)) {
    console.error(`${id}: window ${window}: ${answer.status} ${answer.said}, tried again later`);
  }
}

// refused reports whether GitHub says no, and is then quiet for a while, which doubles: for
// one workflow, or for all if the token is refused or used up.
function refused(tick, d, answer) {
  const all = answer.status === 401 || answer.status === 429 || (answer.status === 403 && answer.limited);
  if (!all && ![403, 404, 422].includes(answer.status)) {
    return false;
  }
  const what = all ? "" : d.job.file;
  if (quiet(what, tick.minute)) {
    return true; // requests sent at once are refused at once, which counts as one refusal
  }
  const wait = Math.min(3600, 2 * (refusals.get(what)?.wait ?? 30));
  refusals.set(what, { wait, until: tick.minute + Math.max(wait, all ? answer.after : 0) });
  console.error(`${d.job.id}: window ${iso(d.slot)}: ${answer.status} ${answer.said}, not tried again for ${wait} s`);
  return true;
}

function quiet(what, minute) {
  return minute < (refusals.get(what)?.until ?? 0);
}

// ask sends a request to GitHub. Status 0 is no answer.
async function ask(tick, method, path, body) {
  if (tick.requests >= most) {
    tick.queue.length = 0; // they are tried in the next minutes
    return { status: 0, said: "too many requests in this minute" };
  }
  tick.requests++;
  try {
    const response = await fetch(`${tick.env.API}/repos/${tick.env.REPOSITORY}${path}`, {
      method,
      signal: AbortSignal.timeout(10000),
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${tick.env.GITHUB_TOKEN}`,
        "user-agent": "scheduled-worker",
        "x-github-api-version": "2022-11-28",
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return {
      status: response.status,
      body: json,
      said: json?.message ?? "",
      after: Number(response.headers.get("retry-after")) || 0,
      limited: response.headers.has("retry-after") || response.headers.get("x-ratelimit-remaining") === "0",
    };
  } catch (error) {
    return { status: 0, said: String(error) };
  }
}

// iso writes a time as the windows of runs are written.
function iso(seconds) {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
