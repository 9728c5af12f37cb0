import { client, report, run, withSandbox } from "./harness.mjs";

const mounted = (name, command) => withSandbox({ cloudBucketMounts: { "/bucket": client.cloudBucketMounts.create(name) } }, async (sandbox) => (await run(sandbox, ["sh", "-c", command])).stdout);

await report({
  accepted: async () => ({
    first: await mounted("one", "ls /bucket | wc -l; echo kept > /bucket/file"),
    again: await mounted("one", "cat /bucket/file"),
    other: await mounted("two", "ls /bucket | wc -l"),
  }),
});
