import { client, report, run } from "./harness.mjs";

// Leaves a sandbox running, with a command in it that others can find by its argument.
await report({
  leave: async () => {
    const app = await client.apps.fromName("conformance", { createIfMissing: true });
    const sandbox = await client.sandboxes.create(app, client.images.fromRegistry("debian:12"));
    await sandbox.exec(["sleep", process.env.SLEEP_SECONDS]);
    return (await run(sandbox, ["echo", "served"])).stdout;
  },
});
