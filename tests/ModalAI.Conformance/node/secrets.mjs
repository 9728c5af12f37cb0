import { client, failure, report, run, withSandbox } from "./harness.mjs";

await report({
  named: async () => {
    const secret = await client.secrets.fromName("warehouse");
    return await withSandbox({ secrets: [secret] }, async (sandbox) => (await run(sandbox, ["printenv", "WAREHOUSE_KEY"])).stdout);
  },

  fromObject: async () => {
    const secret = await client.secrets.fromObject({ LOCAL: "local value" });
    return await withSandbox({ secrets: [secret] }, async (sandbox) => (await run(sandbox, ["printenv", "LOCAL"])).stdout);
  },

  ofACommand: () =>
    withSandbox({}, async (sandbox) => {
      const secrets = [await client.secrets.fromName("warehouse"), await client.secrets.fromObject({ LOCAL: "local value" })];
      return {
        with: (await run(sandbox, ["sh", "-c", "echo $WAREHOUSE_KEY/$LOCAL"], { secrets })).stdout,
        without: (await run(sandbox, ["sh", "-c", "echo $WAREHOUSE_KEY/$LOCAL"])).stdout,
      };
    }),

  order: async () => {
    const secrets = [await client.secrets.fromObject({ A: "1", B: "1", C: "1" }), await client.secrets.fromObject({ B: "2", C: "2" })];
    return await withSandbox({ secrets, env: { C: "3" } }, async (sandbox) => ({
      sandbox: (await run(sandbox, ["sh", "-c", "echo $A$B$C"])).stdout,
      command: (await run(sandbox, ["sh", "-c", "echo $A$B$C"], { secrets: [secrets[0]], env: { A: "4" } })).stdout,
    }));
  },

  requiredKeys: async () => ({
    present: await failure(() => client.secrets.fromName("warehouse", { requiredKeys: ["WAREHOUSE_KEY"] })),
    missing: await failure(() => client.secrets.fromName("warehouse", { requiredKeys: ["WAREHOUSE_KEY", "OTHER_KEY"] })),
  }),

  unknown: () => failure(() => client.secrets.fromName("no-such-secret")),

  delete: async () => {
    await client.secrets.delete("short-lived");
    return await failure(() => client.secrets.fromName("short-lived"));
  },
});
