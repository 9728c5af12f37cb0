import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

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
