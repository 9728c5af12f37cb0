import { client, failure, report, run } from "./harness.mjs";

const all = async (list) => {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
};
const names = async () => (await all(client.environments.objects.list())).map((environment) => environment.name);

await report({
  default: async () => {
    const environment = await client.environments.fromName("main");
    return { name: environment.name, id: /^en-[A-Za-z0-9]{22}$/.test(environment.environmentId), same: environment.environmentId === (await client.environments.fromName("main")).environmentId };
  },

  unknown: () => failure(() => client.environments.fromName("nowhere")),

  createIfMissing: async () => {
    const made = await client.environments.fromName("made-on-demand", { createIfMissing: true });
    const again = await client.environments.fromName("made-on-demand", { createIfMissing: true });
    return { same: made.environmentId === again.environmentId, listed: (await names()).includes("made-on-demand") };
  },

  periodOnDemand: () => failure(() => client.environments.fromName("with.period", { createIfMissing: true })),

  badLookups: async () => {
    const results = {};
    for (const name of ["", "-starts-badly", "en-reserved", "EN-reserved", "has blank", "x".repeat(65)]) results[name] = await failure(() => client.environments.fromName(name));
    return results;
  },

  badCreates: async () => ({ period: await failure(() => client.environments.objects.create("with.period")), prefix: await failure(() => client.environments.objects.create("en-x")) }),

  create: async () => {
    await client.environments.objects.create("created", { restricted: true, defaultRole: "viewer" });
    return { found: (await client.environments.fromName("created")).name, listed: (await names()).includes("created") };
  },

  createTwice: async () => {
    await client.environments.objects.create("twice");
    return await failure(() => client.environments.objects.create("twice"));
  },

  createDefault: () => failure(() => client.environments.objects.create("main")),

  badRole: () => failure(() => client.environments.objects.create("odd-role", { defaultRole: "emperor" })),

  list: async () => {
    const listed = await all(client.environments.objects.list());
    return { main: listed.some((environment) => environment.name === "main"), given: listed.some((environment) => environment.name === "staging"), ids: listed.every((environment) => environment.environmentId.startsWith("en-")) };
  },

  delete: async () => {
    await client.environments.objects.create("short-lived");
    await client.environments.objects.delete("short-lived");
    return { lookup: await failure(() => client.environments.fromName("short-lived")), again: await failure(() => client.environments.objects.delete("short-lived")), listed: (await names()).includes("short-lived") };
  },

  deleteDefault: () => failure(() => client.environments.objects.delete("main")),

  deleteContents: async () => {
    const inside = { environment: "doomed" };
    await client.environments.objects.create("doomed");
    const app = await client.apps.fromName("inhabitant", { createIfMissing: true, ...inside });
    const volume = await client.volumes.fromName("kept", { createIfMissing: true, ...inside });
    const secret = await client.secrets.fromName("warehouse", inside);
    const sandbox = await client.sandboxes.create(app, client.images.fromRegistry("debian:12"), { volumes: { "/data": volume }, secrets: [secret] });
    await run(sandbox, ["sh", "-c", "echo old > /data/file"]);
    await client.environments.objects.delete("doomed");
    const exit = await sandbox.wait();
    const gone = { app: await failure(() => app.info({ refresh: true })), volume: await failure(() => client.volumes.fromName("kept", inside)), sandbox: await failure(() => client.apps.fromName("inhabitant", inside)) };

    // One of the same name starts afresh.
    await client.environments.objects.create("doomed");
    const fresh = { app: await failure(() => client.apps.fromName("inhabitant", inside)), volume: await failure(() => client.volumes.fromName("kept", inside)) };
    return { exit, gone, fresh };
  },

  apart: async () => {
    await client.environments.objects.create("apart");
    const here = await client.apps.fromName("one-name", { createIfMissing: true });
    const before = await failure(() => client.apps.fromName("one-name", { environment: "apart" }));
    const there = await client.apps.fromName("one-name", { createIfMissing: true, environment: "apart" });
    const volumes = [await client.volumes.fromName("one-name", { createIfMissing: true }), await client.volumes.fromName("one-name", { createIfMissing: true, environment: "apart" })];
    return { before, apps: here.appId !== there.appId, volumes: volumes[0].volumeId !== volumes[1].volumeId };
  },

  apps: async () => {
    await client.environments.objects.create("with-apps");
    await client.apps.fromName("second", { createIfMissing: true, environment: "with-apps" });
    await client.apps.fromName("first", { createIfMissing: true, environment: "with-apps" });
    const environment = await client.environments.fromName("with-apps");
    const apps = await all(environment.apps.list());
    return { names: apps.map((app) => app.name), environment: apps[0].environmentName, state: (await apps[0].info()).lifecycle.state };
  },

  sandbox: async () => {
    await client.environments.objects.create("inhabited");
    const app = await client.apps.fromName("conformance", { createIfMissing: true, environment: "inhabited" });
    const sandbox = await client.sandboxes.create(app, client.images.fromRegistry("debian:12"));
    try {
      return (await run(sandbox, ["echo", "inside"])).stdout;
    } finally {
      await sandbox.terminate({ wait: true });
    }
  },
});
