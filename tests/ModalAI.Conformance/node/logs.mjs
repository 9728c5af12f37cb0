import { client, failure, report, run, withSandbox } from "./harness.mjs";

const minute = 60 * 1000;
const since = new Date(Date.now() - 5 * minute);

async function entries(iterable) {
  const found = [];
  for await (const entry of iterable) found.push(entry);
  return found;
}

const messages = async (iterable) => (await entries(iterable)).map((entry) => entry.message);

/** A sandbox whose command prints, waits until all of it is in the log, and goes on. */
const withPrinted = (script, count, use) =>
  withSandbox({ command: ["sh", "-c", `${script}; sleep 1000`] }, async (sandbox, app) => {
    while ((await entries(sandbox.logs.tail({ entries: 20000 }))).length < count);
    return await use(sandbox, app);
  });

await report({
  fetch: () =>
    withPrinted("echo one; echo two >&2; echo three", 3, async (sandbox) => {
      const found = await entries(sandbox.logs.fetch({ since }));
      return {
        sorted: found.map((entry) => entry.message).sort(),
        sources: Object.fromEntries(found.map((entry) => [entry.message.trim(), entry.source])),
        ofSandbox: found.every((entry) => entry.objectId === sandbox.sandboxId),
        inTime: found.every((entry, i) => entry.timestamp >= since && entry.timestamp <= new Date() && (i === 0 || entry.timestamp >= found[i - 1].timestamp)),
        task: found.every((entry) => /^ta-/.test(entry.contextIds[0])),
      };
    }),

  bySource: () =>
    withPrinted("echo out; echo err >&2", 2, async (sandbox) => ({
      stdout: await messages(sandbox.logs.fetch({ since, source: "stdout" })),
      stderr: await messages(sandbox.logs.fetch({ since, source: "stderr" })),
      system: await messages(sandbox.logs.fetch({ since, source: "system" })),
      tail: await messages(sandbox.logs.tail({ source: "stderr" })),
    })),

  bySearch: () => withPrinted("echo needle one; echo hay; echo needle two", 3, (sandbox) => messages(sandbox.logs.fetch({ since, searchText: "needle" }))),

  byTime: () =>
    withPrinted("echo first; sleep 0.2; echo second", 2, async (sandbox) => {
      const [first, second] = await entries(sandbox.logs.fetch({ since }));
      return {
        fromSecond: await messages(sandbox.logs.fetch({ since: second.timestamp })),
        untilSecond: await messages(sandbox.logs.fetch({ since, until: second.timestamp })),
        before: await messages(sandbox.logs.fetch({ since, until: new Date(first.timestamp.getTime() - 1) })),
        nothing: await messages(sandbox.logs.fetch({ since: new Date(Date.now() - 10 * minute), until: since })),
      };
    }),

  tail: () =>
    withPrinted("for i in 1 2 3 4 5; do echo $i; done", 5, async (sandbox) => ({
      last: await messages(sandbox.logs.tail({ entries: 2 })),
      all: (await messages(sandbox.logs.tail())).length,
      none: await messages(sandbox.logs.tail({ entries: 0 })),
      tooMany: await failure(() => entries(sandbox.logs.tail({ entries: 20001 }))),
      negative: await failure(() => entries(sandbox.logs.tail({ entries: -1 }))),
    })),

  // More than is fetched at once, so that the pieces have to fit together.
  many: () =>
    withSandbox({ command: ["sh", "-c", "seq 1 15000; sleep 4; seq 15001 30000"] }, async (sandbox) => {
      await sandbox.wait();
      const numbers = (await messages(sandbox.logs.fetch({ since }))).map(Number);
      return { count: numbers.length, inOrder: numbers.every((number, i) => number === i + 1), tail: (await messages(sandbox.logs.tail({ entries: 20000 }))).length };
    }),

  // Two seconds are the least that is counted, and 20000 entries the most that is given.
  tooDense: () =>
    withSandbox({ command: ["sh", "-c", "seq 1 50000"] }, async (sandbox) => {
      await sandbox.wait();
      return { fetch: await failure(() => messages(sandbox.logs.fetch({ since }))), tail: (await messages(sandbox.logs.tail({ entries: 1 })))[0] };
    }),

  afterTheEnd: () =>
    withSandbox({ command: ["sh", "-c", "echo kept; printf unfinished"] }, async (sandbox) => {
      await sandbox.wait();
      const later = await client.sandboxes.fromId(sandbox.sandboxId);
      return await messages(later.logs.fetch({ since }));
    }),

  longLine: () =>
    withSandbox({ command: ["sh", "-c", "head -c 10000 /dev/zero | tr '\\0' x; printf 'é%.0s' $(seq 1 3000); echo"] }, async (sandbox) => {
      await sandbox.wait();
      const found = await messages(sandbox.logs.tail());
      return { whole: found.join("") === "x".repeat(10000) + "é".repeat(3000) + "\n", pieces: found.length > 1 };
    }),

  ofCommands: () =>
    withPrinted("echo own", 1, async (sandbox) => {
      await run(sandbox, ["echo", "of a command"]);
      return await messages(sandbox.logs.fetch({ since }));
    }),

  ofSidecars: () =>
    withPrinted("echo main", 1, async (sandbox, app) => {
      const image = await client.images.fromRegistry("alpine:3.20").build(app);
      const sidecar = await sandbox.experimentalSidecars.create("printer", image, { command: ["echo", "sidecar"] });
      await sidecar.wait();
      const found = await entries(sandbox.logs.fetch({ since }));
      return { messages: found.map((entry) => entry.message), own: found[1].contextIds[0] === sidecar.containerId };
    }),

  silent: () => withSandbox({}, async (sandbox) => ({ fetch: await messages(sandbox.logs.fetch({ since })), tail: await messages(sandbox.logs.tail()) })),

  tooLong: () => withSandbox({}, (sandbox) => failure(() => entries(sandbox.logs.fetch({ since: new Date(Date.now() - 36 * 24 * 60 * minute) })))),

  longest: () => withPrinted("echo there", 1, (sandbox) => messages(sandbox.logs.fetch({ since: new Date(Date.now() - 35 * 24 * 60 * minute), until: new Date() }))),

  unknown: async () => {
    const sandbox = await client.sandboxes.fromId(process.env.MODAL_SANDBOX_V2 !== "0" ? "sb-01ARZ3NDEKTSV4RRFFQ69G5FAV" : "sb-0123456789abcdefghijAB");
    return await failure(() => entries(sandbox.logs.tail()));
  },
});
