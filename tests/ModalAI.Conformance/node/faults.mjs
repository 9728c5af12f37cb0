import { createHash, randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { ModalClient } from "modal";
import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

const suffix = v2 ? "V2" : "";
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const findApp = (modal = client) => modal.apps.fromName("conformance", { createIfMissing: true });

/** Asks the emulator's control endpoint. */
async function control(method, path, body) {
  const headers = method === "POST" ? { "content-type": "application/json" } : {};
  const reply = await fetch(process.env.EMULATOR_CONTROL_URL + path, { method, headers, body: body && JSON.stringify(body) });
  if (!reply.ok) {
    throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
  }

  return reply.status === 204 ? null : await reply.json();
}

/** Runs something while a fault is in force; tells how often it struck. */
async function during(rule, act) {
  const { id } = await control("POST", "/faults", rule);
  try {
    const value = await act();
    return { value, hits: (await control("GET", `/faults/${id}`)).hits };
  } finally {
    await control("DELETE", `/faults/${id}`);
  }
}

const ledger = () => control("GET", "/ledger");
const count = async (rpc) => (await ledger()).rpcCounts[rpc] ?? 0;
const output = (rule) =>
  withSandbox({}, async (sandbox) => {
    const made = await run(sandbox, ["sh", "-c", "head -c 8388608 /dev/urandom > /tmp/output; sha256sum < /tmp/output"]);
    const { value, hits } = await during({ rpc: "TaskExecStdioRead", times: 50, ...rule }, async () => {
      const process = await sandbox.exec(["cat", "/tmp/output"], { mode: "binary", stderr: "ignore" });
      return sha256(await process.stdout.readBytes());
    });
    return { same: value === made.stdout.split(" ")[0], hits };
  });

await report({
  outputEnded: () => output({ breakAfterSent: 65536, break: "EndStream" }),
  outputReset: () => output({ breakAfterSent: 65536, break: "ResetStream" }),
  outputDisconnected: () => output({ breakAfterSent: 65536, break: "CloseConnection" }),

  upload: () =>
    withSandbox({}, async (sandbox) => {
      const bytes = randomBytes(4 * 1024 * 1024);
      const { hits } = await during({ rpc: "TaskExecStdinWriteStream", breakAfterReceived: 300000, times: 8 }, () => sandbox.filesystem.writeBytes(bytes, "/tmp/upload"));
      return { same: (await run(sandbox, ["sha256sum", "/tmp/upload"])).stdout.split(" ")[0] === sha256(bytes), hits };
    }),

  inputRepliesLost: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["cat"]);
      const { hits } = await during({ rpc: "TaskExecStdinWrite", losesReply: true, every: 2 }, async () => {
        for (const word of ["one ", "two ", "three ", "four"]) {
          await process.stdin.writeText(word);
        }
        await process.stdin.close();
      });
      return { text: await process.stdout.readText(), struck: hits > 0 };
    }),

  createReplyLost: async () => {
    const name = `lost-${suffix}-${Date.now()}`;
    const { value, hits } = await during({ rpc: `SandboxCreate${suffix}`, losesReply: true, times: 3 }, () =>
      withSandbox({ name }, async (sandbox) => ({ id: sandbox.sandboxId, text: (await run(sandbox, ["echo", "served"])).stdout })),
    );
    const made = (await ledger()).sandboxes.filter((sandbox) => sandbox.name === name);
    return { made: made.length, same: made[0].id === value.id, text: value.text, hits };
  },

  startReplyLost: () =>
    withSandbox({}, async (sandbox) => {
      const { value, hits } = await during({ rpc: "TaskExecStart", losesReply: true, times: 3 }, () =>
        run(sandbox, ["sh", "-c", "echo x >> /tmp/runs; cat /tmp/runs"]));
      return { stdout: value.stdout, hits };
    }),

  transientFailures: async () => ({
    three: await during({ rpc: "AppGetOrCreate", status: "UNAVAILABLE", times: 3 }, () => failure(findApp)),
    ever: await during({ rpc: "AppGetOrCreate", status: "UNAVAILABLE", message: "Not now." }, () => failure(findApp)),
    other: await during({ rpc: "AppGetOrCreate", status: "RESOURCE_EXHAUSTED" }, () => failure(findApp)),
  }),

  throttling: async () => ({
    obeyed: await during({ rpc: "AppGetOrCreate", status: "RESOURCE_EXHAUSTED", retryAfterSeconds: 0.15, times: 5 }, () => failure(findApp)),
    bounded: await during({ rpc: "AppGetOrCreate", status: "RESOURCE_EXHAUSTED", retryAfterSeconds: 30 }, () =>
      failure(() => findApp(new ModalClient({ maxThrottleWaitSecs: 1 })))),
  }),

  authTokenRefreshed: async () => {
    // Past its half-life and well before its end.
    const modal = new ModalClient();
    await findApp(modal);
    const before = await count("AuthTokenGet");
    await setTimeout(13000);
    return { failure: await failure(() => findApp(modal)), fetched: (await count("AuthTokenGet")) - before };
  },

  routerTokenRotated: () =>
    withSandbox({}, async (sandbox) => {
      const rpc = v2 ? "SandboxGetCommandRouterAccess" : "TaskGetCommandRouterAccess";
      await run(sandbox, ["true"]);
      const before = await count(rpc);
      await control("POST", "/tokens/router/rotate");
      return { stdout: (await run(sandbox, ["echo", "served"])).stdout, refreshes: (await count(rpc)) - before };
    }),

  sandboxDies: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["sh", "-c", "echo up; sleep 600"]);
      const reader = process.stdout.getReader();
      const first = (await reader.read()).value;
      const [wait, read] = [failure(() => process.wait()), failure(() => reader.read())];
      await control("POST", `/sandboxes/${sandbox.sandboxId}/kill`);
      return { first, wait: await wait, read: await read, exec: await failure(() => sandbox.exec(["true"])), exit: await sandbox.wait() };
    }),

  warnings: async () => {
    const heard = [];
    const logger = { debug() {}, info() {}, warn: (message) => heard.push(message), error() {} };
    const modal = new ModalClient({ logger, logLevel: "warn" });
    const { hits } = await during({ rpc: "AppGetOrCreate", warnings: ["old, client", "ümläut"] }, async () => {
      await findApp(modal);
      await findApp(modal);
    });
    return { heard, hits };
  },

  unknownRule: () => failure(() => control("POST", "/faults", { rpc: "SandboxCreateV3", status: "UNAVAILABLE" })),
});
