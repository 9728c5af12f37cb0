import { client, failure, report, v2, withSandbox } from "./harness.mjs";

async function ids(params) {
  const found = [];
  for await (const sandbox of client.sandboxes.list(params)) found.push(sandbox.sandboxId);
  return found;
}

await report({
  names: () =>
    withSandbox({ name: "only-one" }, async (sandbox) => {
      const found = await client.sandboxes.fromName("conformance", "only-one");
      const taken = await failure(() => withSandbox({ name: "only-one" }, () => null));
      await sandbox.terminate({ wait: true });
      const free = await withSandbox({ name: "only-one" }, (next) => next.sandboxId !== sandbox.sandboxId);
      return { same: found.sandboxId === sandbox.sandboxId, taken, free, gone: await failure(() => client.sandboxes.fromName("conformance", "only-one")) };
    }),

  // Only the V2 backend finds sandboxes that have ended.
  ...(v2 && {
    terminatedName: async () => {
      const id = await withSandbox({ name: "ended" }, (sandbox) => sandbox.sandboxId);
      return (await client.sandboxes.fromName("conformance", "ended", { includeTerminated: true })).sandboxId === id;
    },
  }),

  unknownName: () => failure(() => client.sandboxes.fromName("conformance", "nobody")),

  unknownApp: () => failure(() => client.apps.fromName("no-such-app")),

  badName: () => failure(() => withSandbox({ name: "no spaces please" }, () => null)),

  tags: () =>
    withSandbox({ tags: { team: "a", run: "1" } }, async (sandbox) => {
      const first = await sandbox.getTags();
      await sandbox.setTags({ team: "b" });
      return { first, second: await sandbox.getTags() };
    }),

  list: () =>
    withSandbox({ tags: { kind: "x" } }, (one, app) =>
      withSandbox({ tags: { kind: "x", more: "y" } }, (two) =>
        withSandbox({}, async (three) => {
          const known = { [one.sandboxId]: "one", [two.sandboxId]: "two", [three.sandboxId]: "three" };
          const named = (found) => found.map((id) => known[id] ?? id);
          return {
            all: named(await ids({ appId: app.appId })),
            tagged: named(await ids({ appId: app.appId, tags: { kind: "x" } })),
            both: named(await ids({ appId: app.appId, tags: { kind: "x", more: "y" } })),
            environment: named(await ids({})),
          };
        }),
      ),
    ),

  listWithoutEnded: () =>
    withSandbox({}, async (sandbox, app) => {
      await sandbox.terminate({ wait: true });
      return await ids({ appId: app.appId });
    }),

  listOfUnknownApp: () => failure(() => ids({ appId: "ap-0000000000000000000000" })),

  listOfUnknownEnvironment: () => failure(() => ids({ environment: "no-such-environment" })),

  listByABadTag: () => failure(() => ids({ tags: { "no blanks": "x" } })),

  // Three sandboxes, and pages until an empty one.
  listIsRepeatable: () =>
    withSandbox({}, (one, app) => withSandbox({}, async () => ({ first: (await ids({ appId: app.appId })).length, second: (await ids({ appId: app.appId })).length }))),

  clearTags: () =>
    withSandbox({ tags: { team: "a" } }, async (sandbox, app) => {
      await sandbox.setTags({});
      return { tags: await sandbox.getTags(), listed: await ids({ appId: app.appId, tags: { team: "a" } }) };
    }),

  listByNewTags: () =>
    withSandbox({}, async (sandbox, app) => {
      await sandbox.setTags({ added: "later", empty: "" });
      return { tags: await sandbox.getTags(), found: (await ids({ appId: app.appId, tags: { added: "later" } })).length };
    }),

  badTags: () =>
    withSandbox({ tags: { kept: "1" } }, async (sandbox) => ({
      name: await failure(() => sandbox.setTags({ "no blanks": "x" })),
      value: await failure(() => sandbox.setTags({ name: "no blanks" })),
      tooLong: await failure(() => sandbox.setTags({ name: "x".repeat(64) })),
      unnamed: await failure(() => sandbox.setTags({ "": "x" })),
      tags: await sandbox.getTags(),
    })),

  createWithBadTags: () => failure(() => withSandbox({ tags: { "no blanks": "x" } }, () => null)),

  tagsOfUnknown: async () => {
    const sandbox = await client.sandboxes.fromId(v2 ? "sb-01ARZ3NDEKTSV4RRFFQ69G5FAV" : "sb-0123456789abcdefghijAB");
    return { get: await failure(() => sandbox.getTags()), set: await failure(() => sandbox.setTags({})), poll: await failure(() => sandbox.poll()), wait: await failure(() => sandbox.wait()), terminate: await failure(() => sandbox.terminate()) };
  },

  tagsAfterTheEnd: () =>
    withSandbox({ tags: { team: "a" } }, async (sandbox) => {
      await sandbox.terminate({ wait: true });
      return await sandbox.getTags();
    }),

  images: async () => {
    const app = await client.apps.fromName("conformance", { createIfMissing: true });
    const first = await client.images.fromRegistry("debian:12").build(app);
    const second = await client.images.fromRegistry("debian:12").build(app);
    return {
      same: first.imageId === second.imageId,
      shape: /^im-[0-9A-Za-z]{22}$/.test(first.imageId),
      byId: (await client.images.fromId(first.imageId)).imageId === first.imageId,
      unknown: await failure(() => client.images.fromId("im-0000000000000000000000")),
    };
  },
});
