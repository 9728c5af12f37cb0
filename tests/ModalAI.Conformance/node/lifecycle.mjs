import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

const warehouse = await client.secrets.fromName("warehouse");
const inline = await client.secrets.fromObject({ INLINE: "from object", WAREHOUSE_KEY: "weaker" });

await report({
  create: () =>
    withSandbox({}, async (sandbox) => ({
      id: sandbox.sandboxId,
      running: await sandbox.poll(),
      output: (await run(sandbox, ["echo", "hello"])).stdout,
    })),

  terminate: () =>
    withSandbox({}, async (sandbox) => ({
      code: await sandbox.terminate({ wait: true }),
      polled: await sandbox.poll(),
      again: await failure(() => sandbox.terminate()),
    })),

  execAfterTheEnd: () =>
    withSandbox({}, async (sandbox) => {
      await run(sandbox, ["true"]);
      await sandbox.terminate({ wait: true });
      return await failure(() => sandbox.exec(["true"]));
    }),

  entrypointFails: () => withSandbox({ command: ["sh", "-c", "exit 7"] }, (sandbox) => sandbox.wait()),

  entrypointSucceeds: () => withSandbox({ command: ["true"] }, (sandbox) => sandbox.wait()),

  timeout: () => withSandbox({ timeoutMs: 1000 }, (sandbox) => sandbox.wait()),

  idleTimeout: () =>
    withSandbox({ idleTimeoutMs: 1000 }, async (sandbox) => {
      const busy = await run(sandbox, ["sleep", "1.5"]);
      return { busy: busy.code, afterwards: await sandbox.wait() };
    }),

  fromId: () =>
    withSandbox({}, async (sandbox) => {
      const same = await client.sandboxes.fromId(sandbox.sandboxId);
      return (await run(same, ["echo", "attached"])).stdout;
    }),

  unknownId: async () => {
    const id = v2 ? "sb-01ARZ3NDEKTSV4RRFFQ69G5FAV" : "sb-0123456789abcdefghijAB";
    return await failure(async () => (await client.sandboxes.fromId(id)).exec(["true"]));
  },

  detach: () =>
    withSandbox({}, async (sandbox) => {
      const other = await client.sandboxes.fromId(sandbox.sandboxId);
      await run(other, ["true"]);
      other.detach();
      return { refused: await failure(() => other.exec(["true"])), running: await sandbox.poll() };
    }),

  terminateWithoutWaiting: () =>
    withSandbox({}, async (sandbox) => ({ returned: (await sandbox.terminate()) ?? null, code: await sandbox.wait() })),

  waitedForByMany: () =>
    withSandbox({ command: ["sh", "-c", "sleep 0.3; exit 6"] }, async (sandbox) => {
      const other = await client.sandboxes.fromId(sandbox.sandboxId);
      return await Promise.all([sandbox.wait(), sandbox.wait(), other.wait()]);
    }),

  terminateKeepsAnEarlierEnd: () =>
    withSandbox({ command: ["sh", "-c", "exit 8"] }, async (sandbox) => {
      await sandbox.wait();
      return await sandbox.terminate({ wait: true });
    }),

  killedCommand: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["sleep", "1000"]);
      await sandbox.terminate();
      return await process.wait();
    }),

  // The sandbox's own command is nothing that keeps it busy.
  idleWithACommand: () => withSandbox({ idleTimeoutMs: 1000, command: ["sleep", "1000"] }, (sandbox) => sandbox.wait()),

  idleStartsAnew: () =>
    withSandbox({ idleTimeoutMs: 2000 }, async (sandbox) => {
      const codes = [];
      for (let i = 0; i < 3; i++) codes.push((await run(sandbox, ["sleep", "0.8"])).code);
      return codes;
    }),

  missingProgram: () => withSandbox({ command: ["/no/such/program"] }, (sandbox) => sandbox.wait()),

  signalled: () => withSandbox({ command: ["sh", "-c", "kill -TERM $$"] }, (sandbox) => sandbox.wait()),

  environment: () =>
    withSandbox({ env: { OWN: "from env", WAREHOUSE_KEY: "stronger" }, secrets: [warehouse, inline] }, async (sandbox) =>
      (await run(sandbox, ["sh", "-c", "echo $OWN/$INLINE/$WAREHOUSE_KEY"])).stdout,
    ),

  entrypointEnvironment: () =>
    withSandbox({ env: { CODE: "21" }, workdir: "/made/here", command: ["sh", "-c", '[ "$PWD" = /made/here ] && exit $CODE'] }, (sandbox) => sandbox.wait()),

  detachAndGoOn: () =>
    withSandbox({}, async (sandbox) => {
      const other = await client.sandboxes.fromId(sandbox.sandboxId);
      const process = await other.exec(["sh", "-c", "until [ -e /go ]; do sleep 0.05; done; exit 6"]);
      const waiting = process.wait();
      await run(sandbox, ["true"]);
      other.detach();
      await run(sandbox, ["touch", "/go"]);
      return await waiting;
    }),

  afterDetach: () =>
    withSandbox({ command: ["sleep", "1000"] }, async (sandbox) => {
      const other = await client.sandboxes.fromId(sandbox.sandboxId);
      other.detach();
      const waiting = other.wait();
      const refused = {
        poll: await failure(() => other.poll()),
        terminate: await failure(() => other.terminate()),
        tags: await failure(() => other.setTags({})),
        files: await failure(async () => other.filesystem.readText("/etc/hostname")),
      };
      await sandbox.terminate();
      return { code: await waiting, refused };
    }),

  twoAtOnce: async () => {
    const codes = await Promise.all([3, 4, 5].map((code) => withSandbox({ command: ["sh", "-c", `exit ${code}`] }, (sandbox) => sandbox.wait())));
    return codes;
  },

  // Only the V2 backend gives out the streams of a sandbox's own command.
  ...(v2 && {
    entrypointStreams: () =>
      withSandbox({ command: ["sh", "-c", "read line; echo got $line; echo oops >&2; exit 3"] }, async (sandbox) => {
        await sandbox.stdin.writeText("a line\n");
        const code = await sandbox.wait();
        return { code, stdout: await sandbox.stdout.readText(), stderr: await sandbox.stderr.readText() };
      }),

    entrypointOutputLater: () =>
      withSandbox({ command: ["sh", "-c", "echo early"] }, async (sandbox) => {
        await sandbox.wait();
        const later = await client.sandboxes.fromId(sandbox.sandboxId);
        return await later.stdout.readText();
      }),
  }),
});
