import { client, failure, report, withSandbox } from "./harness.mjs";

const all = async (list) => {
  const items = [];
  for await (const item of list) items.push(item);
  return items;
};

await report({
  createIfMissing: async () => {
    const made = await client.apps.fromName("made", { createIfMissing: true });
    const found = await client.apps.fromName("made");
    return { same: made.appId === found.appId, shape: /^ap-[A-Za-z0-9]{22}$/.test(made.appId), name: found.name };
  },

  unknown: () => failure(() => client.apps.fromName("no-such-app")),

  unknownEnvironment: () => failure(() => client.apps.fromName("made", { createIfMissing: true, environment: "nowhere" })),

  badNames: async () => {
    const results = [];
    for (const name of ["has blank", "x".repeat(65), "ap-0123456789ABCDEFGHIJKL", "a/b"]) results.push(await failure(() => client.apps.fromName(name, { createIfMissing: true })));
    return results;
  },

  longestName: async () => (await client.apps.fromName("x".repeat(64), { createIfMissing: true })).name.length,

  info: async () => {
    const app = await client.apps.fromName("described", { createIfMissing: true });
    const [known, asked] = [await app.info(), await app.info({ refresh: true })];
    return {
      known: known.description,
      state: asked.lifecycle.state,
      id: asked.appId === app.appId,
      recent: Math.abs(Date.now() - asked.lifecycle.createdAt.getTime()) < 10 * 60 * 1000,
      functions: Object.keys(asked.functions).length,
      stopped: asked.lifecycle.stoppedAt ?? null,
    };
  },

  infoOfAGoneApp: async () => {
    await client.environments.objects.create("passing");
    const app = await client.apps.fromName("gone", { createIfMissing: true, environment: "passing" });
    await client.environments.objects.delete("passing");
    return { cached: (await app.info()).description, refreshed: await failure(() => app.info({ refresh: true })) };
  },

  list: async () => {
    const app = await client.apps.fromName("listed", { createIfMissing: true });
    const main = await client.environments.fromName("main");
    const found = (await all(main.apps.list())).find((candidate) => candidate.name === "listed");
    return { id: found.appId === app.appId, description: (await found.info()).description };
  },

  listOfAGoneEnvironment: async () => {
    await client.environments.objects.create("vanishing");
    const environment = await client.environments.fromName("vanishing");
    const before = (await all(environment.apps.list())).length;
    await client.environments.objects.delete("vanishing");
    return { before, after: await failure(() => all(environment.apps.list())) };
  },

  sandboxOfAnUnknownApp: async () => {
    const app = await client.apps.fromName("conformance", { createIfMissing: true });
    await withSandbox({}, () => null);
    app.appId = "ap-0000000000000000000000";
    return await failure(() => client.sandboxes.create(app, client.images.fromRegistry("debian:12")));
  },
});
