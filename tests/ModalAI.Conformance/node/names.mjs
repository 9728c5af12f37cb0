import { ModalClient } from "modal";
import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

const find = (name, params) => client.sandboxes.fromName("conformance", name, params);

/** The other kind of client, on the same server. */
function clientOf(backend) {
  const before = process.env.MODAL_SANDBOX_V2;
  process.env.MODAL_SANDBOX_V2 = backend;
  try {
    return new ModalClient();
  } finally {
    process.env.MODAL_SANDBOX_V2 = before;
  }
}

/** Ends a sandbox by its own command, and gives what its name leads to then. */
const after = (name, params, end) =>
  withSandbox({ ...params, name }, async (sandbox) => {
    await end(sandbox);
    return await failure(() => find(name));
  });

await report({
  found: () =>
    withSandbox({ name: "at-work" }, async (sandbox) => {
      const found = await find("at-work");
      return { same: found.sandboxId === sandbox.sandboxId, output: (await run(found, ["echo", "found"])).stdout };
    }),

  taken: () => withSandbox({ name: "taken" }, () => failure(() => withSandbox({ name: "taken" }, () => null))),

  // Names are unique in an app, not among all.
  otherApp: () =>
    withSandbox({ name: "twice" }, async (sandbox) => {
      const app = await client.apps.fromName("conformance-other", { createIfMissing: true });
      const other = await client.sandboxes.create(app, client.images.fromRegistry("debian:12"), { name: "twice" });
      const found = await client.sandboxes.fromName("conformance-other", "twice");
      await other.terminate({ wait: true });
      return { other: found.sandboxId === other.sandboxId, own: (await find("twice")).sandboxId === sandbox.sandboxId };
    }),

  released: async () => ({
    byTerminate: await after("released-1", {}, (sandbox) => sandbox.terminate()),
    byCommand: await after("released-2", { command: ["true"] }, (sandbox) => sandbox.wait()),
    byTimeout: await after("released-3", { timeoutMs: 1000 }, (sandbox) => sandbox.wait()),
  }),

  reused: async () => {
    const ids = [];
    for (let i = 0; i < 2; i++) ids.push(await withSandbox({ name: "again" }, (sandbox) => sandbox.sandboxId));
    return ids[0] !== ids[1];
  },

  longest: () => withSandbox({ name: "n".repeat(64) }, async (sandbox) => (await find("n".repeat(64))).sandboxId === sandbox.sandboxId),

  tooLong: () => failure(() => withSandbox({ name: "n".repeat(65) }, () => null)),

  likeAnAppId: () => failure(() => withSandbox({ name: "ap-0123456789abcdefghijAB" }, () => null)),

  unknownApp: () => failure(() => client.sandboxes.fromName("no-such-app", "anything")),

  unknownEnvironment: () => failure(() => find("anything", { environment: "no-such-environment" })),

  // A client for V2 finds those of V1 too; one for V1 does not find those of V2.
  otherBackend: () =>
    withSandbox({ name: "other-side" }, async (sandbox) => {
      const other = clientOf(v2 ? "0" : "1");
      try {
        return (await other.sandboxes.fromName("conformance", "other-side")).sandboxId === sandbox.sandboxId;
      } catch (error) {
        return error.constructor.name;
      }
    }),

  set: () =>
    withSandbox({}, async (sandbox) => {
      if (!v2) return await failure(() => sandbox.experimentalSetName("given"));
      await sandbox.experimentalSetName("given");
      await sandbox.experimentalSetName("given");
      return { found: (await find("given")).sandboxId === sandbox.sandboxId, other: await failure(() => sandbox.experimentalSetName("another")) };
    }),

  ...(v2 && {
    setOnANamed: () => withSandbox({ name: "first-name" }, (sandbox) => failure(() => sandbox.experimentalSetName("second-name"))),

    setATaken: () => withSandbox({ name: "held" }, () => withSandbox({}, (sandbox) => failure(() => sandbox.experimentalSetName("held")))),

    setTwiceAtOnce: () =>
      withSandbox({}, (one) =>
        withSandbox({}, async (two) => {
          const results = await Promise.all([one, two].map((sandbox) => failure(() => sandbox.experimentalSetName("raced"))));
          return results.map((result) => result?.name ?? "given").sort();
        }),
      ),

    setAnInvalid: () => withSandbox({}, (sandbox) => failure(() => sandbox.experimentalSetName("no blanks"))),

    setAfterTheEnd: () =>
      withSandbox({}, async (sandbox) => {
        await sandbox.terminate({ wait: true });
        return await failure(() => sandbox.experimentalSetName("too-late"));
      }),

    setAndReleased: async () => {
      await withSandbox({}, (sandbox) => sandbox.experimentalSetName("given-and-gone"));
      return await failure(() => find("given-and-gone"));
    },

    setOnADetached: () =>
      withSandbox({}, async (sandbox) => {
        const other = await client.sandboxes.fromId(sandbox.sandboxId);
        other.detach();
        return await failure(() => other.experimentalSetName("nothing"));
      }),

    terminated: async () => {
      const ids = [];
      for (let i = 0; i < 2; i++) ids.push(await withSandbox({ name: "past" }, (sandbox) => sandbox.sandboxId));
      const last = (await find("past", { includeTerminated: true })).sandboxId;
      const running = await withSandbox({ name: "past" }, async (sandbox) => (await find("past", { includeTerminated: true })).sandboxId === sandbox.sandboxId);
      return { last: last === ids[1], running, code: await (await client.sandboxes.fromId(last)).poll(), never: await failure(() => find("never", { includeTerminated: true })) };
    },

    experimental: () => withSandbox({ name: "on-v2" }, async (sandbox) => (await client.sandboxes.experimentalFromName("conformance", "on-v2")).sandboxId === sandbox.sandboxId),
  }),
});
