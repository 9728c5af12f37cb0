// Plays scenarios with Modal's own SDK: one JSON line in names a scenario and a server, one JSON line out says how it went. What the SDK sent, or
// how it failed, is compared with the C# client's part in the scenario of the same name.
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import * as modal from "modal";

const UNAVAILABLE = 14;

/** All that the files beside this one export, by name. */
const scenarios = {};
for (const file of readdirSync(import.meta.dirname).filter((name) => /^wire-.*\.mjs$/.test(name))) {
  for (const exported of Object.values(await import(`./${file}`))) {
    if (typeof exported === "object") Object.assign(scenarios, exported);
  }
}

/** What a scenario works with. */
function tools(client) {
  let app;
  const debian = client.images.fromRegistry("debian:12");
  const run = {
    modal,
    client,
    debian,
    app: () => (app ??= client.apps.fromName("wire", { createIfMissing: true })),

    /** Creates a sandbox, hands it to the scenario, and ends it. */
    async withSandbox(params, use) {
      const { image = debian, ...rest } = params;
      const sandbox = await client.sandboxes.create(await run.app(), image, rest);
      try {
        await use?.(sandbox);
      } finally {
        await sandbox.terminate();
      }
    },

    /** What the emulator refuses has been recorded all the same. */
    async refused(action) {
      try {
        await action();
      } catch (error) {
        // Compared are requests, not answers, as long as somebody answers.
        if (error.code === UNAVAILABLE) throw error;
      }
    },
  };
  return run;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { scenario, endpoint, v2 } = JSON.parse(line);
  process.env.MODAL_SANDBOX_V2 = v2 ? "1" : "0";
  process.env.MODAL_SERVER_URL = endpoint;
  const client = new modal.ModalClient();
  let failed = null;
  try {
    await scenarios[scenario](tools(client));
  } catch (error) {
    failed = { name: error.constructor.name, code: error.code ?? null, message: error.message, stack: error.stack };
  }

  client.close();
  process.stdout.write(JSON.stringify({ failed }) + "\n");
}

process.exit(0);
