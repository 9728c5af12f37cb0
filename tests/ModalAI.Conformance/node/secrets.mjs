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

  // On V1 every secret must have an id first, on V2 values go with the request: what the sandbox sees is the same.
  manyKinds: async () => {
    const secrets = [await client.secrets.fromObject({ WAREHOUSE_KEY: "weak", ONLY: "object" }), await client.secrets.fromName("warehouse"), await client.secrets.fromObject({})];
    const shown = async (sandbox, params) => (await run(sandbox, ["sh", "-c", "echo $WAREHOUSE_KEY/$ONLY"], params)).stdout;
    return await withSandbox({ secrets }, async (sandbox) => ({
      sandbox: await shown(sandbox, {}),
      reversed: await shown(sandbox, { secrets: [...secrets].reverse() }),
      env: await shown(sandbox, { secrets, env: { WAREHOUSE_KEY: "env" } }),
    }));
  },

  oddValues: async () => {
    const value = "two\nlines = 'quoted' \"twice\" $HOME ü";
    return await withSandbox({ secrets: [await client.secrets.fromObject({ ODD: value, EMPTY: "" })] }, async (sandbox) => ({
      same: (await run(sandbox, ["printenv", "ODD"])).stdout === value + "\n",
      empty: (await run(sandbox, ["sh", "-c", "echo ${EMPTY-unset}"])).stdout,
    }));
  },

  entrypoint: async () => {
    const app = await client.apps.fromName("conformance", { createIfMissing: true });
    const secrets = [await client.secrets.fromObject({ CODE: "7" })];
    const sandbox = await client.sandboxes.create(app, client.images.fromRegistry("debian:12"), { secrets, command: ["sh", "-c", "exit $CODE"] });
    return await sandbox.wait();
  },

  badObjects: async () => ({
    key: await failure(() => client.secrets.fromObject({ "not a name": "x" })),
    value: await failure(() => client.secrets.fromObject({ A: 1 })),
  }),

  nul: () => failure(async () => withSandbox({ secrets: [await client.secrets.fromObject({ A: "a\0b" })] }, () => null)),

  unknownEnvironment: () => failure(() => client.secrets.fromName("warehouse", { environment: "nowhere" })),

  requiredKeysTwice: () => failure(() => client.secrets.fromName("warehouse", { requiredKeys: ["B_KEY", "A_KEY", "B_KEY"] })),

  deleteMissing: async () => ({ strict: await failure(() => client.secrets.delete("never-was")), lenient: await failure(() => client.secrets.delete("never-was", { allowMissing: true })) }),

  deleteInUse: async () => {
    const secret = await client.secrets.fromName("in-use");
    return await withSandbox({ secrets: [secret] }, async (sandbox) => {
      await client.secrets.delete("in-use");
      return { sandbox: (await run(sandbox, ["printenv", "KEY"])).stdout, command: await failure(() => run(sandbox, ["true"], { secrets: [secret] })) };
    });
  },
});
