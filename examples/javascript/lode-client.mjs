// A client of lode's batches for Node 18 or later (and, without the last lines, for browsers); needs nothing but fetch.
//
//   node lode-client.mjs http://127.0.0.1:8080      a demonstration that ends with an error if anything is wrong

const WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** The service refused a request; `problem` is its answer (RFC 9457). */
export class Refused extends Error {
  constructor(problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** The lines of a body as they come. */
async function* lines(response) {
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop();
    yield* parts;
  }
  if (rest) yield rest;
}

export class Lode {
  constructor(base, { key, lang = "zh" } = {}) {
    this.base = base.replace(/\/$/, "");
    this.lang = lang;
    this.headers = key ? { Authorization: `Bearer ${key}` } : {};
  }

  /** Calculations change nothing: a request that was lost is sent again, as is one that came too early (429). */
  async send(path, { headers, ...options } = {}, tries = 5) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await fetch(this.base + path, { ...options, headers: { ...this.headers, ...headers } });
        if (response.ok) return response;
        if (attempt === tries || ![429, 502, 503].includes(response.status)) throw new Refused(await response.json());
      } catch (error) {
        if (error instanceof Refused || attempt === tries) throw error;
      }
      await pause(1000 * 2 ** (attempt - 1));
    }
  }

  /** The answers to rows (objects; `line_id` is repeated) in their order: results, and problems with a `code`. */
  async *batch(topic, rows, { steps = false, byJob = false } = {}) {
    const body = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    const headers = { "Content-Type": "application/x-ndjson", ...(byJob ? { Prefer: "respond-async" } : {}) };
    const path = `/v1/batches/${topic}?lang=${this.lang}&steps=${steps}`;
    let response = await this.send(path, { method: "POST", headers, body });
    if (response.status === 202) response = await this.result(response.headers.get("Location"));
    for await (const line of lines(response)) yield JSON.parse(line);
  }

  /** The workbook to be filled in for a topic, as bytes. */
  async template(topic) {
    return (await this.send(`/v1/templates/${topic}.xlsx?lang=${this.lang}`)).arrayBuffer();
  }

  /** Answers the rows of a workbook (its bytes) with a workbook: the same sheet with the results beside its rows. */
  async workbook(topic, body, { sheet, steps = false } = {}) {
    const query = new URLSearchParams({ lang: this.lang, steps, ...(sheet ? { sheet } : {}) });
    const headers = { "Content-Type": WORKBOOK, Accept: WORKBOOK };
    let response = await this.send(`/v1/batches/${topic}?${query}`, { method: "POST", headers, body });
    if (response.status === 202) response = await this.result(response.headers.get("Location"));
    return response.arrayBuffer();
  }

  /** Waits for a job and gives its result. Events that break off, as by a restart, are asked for again. */
  async result(job, told = () => {}) {
    for (;;) {
      const state = await (await this.send(job)).json();
      told(state);
      if (state.state === "done") return this.send(`${job}/result`);
      if (state.state === "failed") {
        throw new Refused(state.failure ?? { status: 500, code: "internal", detail: "the job failed" });
      }
      try {
        for await (const line of lines(await this.send(`${job}/events`))) {
          if (line.startsWith("data: ")) told(JSON.parse(line.slice(6)));
        }
      } catch (error) {
        if (error instanceof Refused) throw error;
        await pause(1000);
      }
    }
  }
}

const base = process.argv[2] ?? "http://127.0.0.1:8080";
const lode = new Lode(base, { key: process.env.LODE_KEY });
const good = { identified: "430.88", mined: "43.73", paid_for: "108.52", unit: "万吨" };
const rows = [{ line_id: 1, ...good }, { line_id: 2, ...good, mined: "430.89" }, { line_id: 3, ...good }];
for (const byJob of [false, true]) {
  const told = [];
  for await (const row of lode.batch("unpaid-reserves", rows, { byJob })) {
    told.push(`${row.line_id} ${row.code ?? row.result.to_pay}`);
  }
  const wanted = "1 322.36, 2 invalid_field, 3 322.36";
  if (told.join(", ") !== wanted) throw new Error(`${told.join(", ")}, wanted ${wanted}`);
}
// A template holds a row that can be answered, on its sheet of examples.
const answered = await lode.workbook("unpaid-reserves", await lode.template("unpaid-reserves"), { sheet: "示例" });
if (new TextDecoder().decode(answered.slice(0, 2)) !== "PK") throw new Error("no workbook");
try {
  for await (const row of new Lode(base, { lang: "en" }).batch("no-such-topic", rows)) throw new Error(row);
} catch (error) {
  if (!(error instanceof Refused) || error.problem.code !== "not_found") throw error;
  console.log(error.message);
}
console.log("done");
