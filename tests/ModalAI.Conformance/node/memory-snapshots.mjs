// With memory snapshots and encryption keys accepted: files are kept, and what ran starts anew.
import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

const sh = async (target, text) => (await run(target, ["sh", "-c", text])).stdout;
const enabled = { experimentalEnableSnapshot: true };

/** A sandbox restored from a snapshot, ended whatever happens. */
async function withRestored(snapshot, params, use) {
  const sandbox = await client.sandboxes.experimentalFromSnapshot(snapshot, params);
  try {
    return await use(sandbox);
  } finally {
    await sandbox.terminate({ wait: true });
  }
}

await report({
  restore: () =>
    withSandbox({ ...enabled, command: ["sh", "-c", "echo $VALUE started >> /log; exec sleep infinity"], env: { VALUE: "entrypoint" }, workdir: "/work", tags: { kind: "kept" } }, async (sandbox) => {
      while ((await run(sandbox, ["test", "-s", "/log"])).code !== 0);
      await sh(sandbox, "echo kept > file");
      const snapshot = await sandbox.experimentalSnapshot();
      return await withRestored(snapshot, undefined, async (copy) => {
        while ((await run(copy, ["sh", "-c", "test $(wc -l < /log) = 2"])).code !== 0);
        return { other: copy.sandboxId !== sandbox.sandboxId, file: await sh(copy, "pwd; cat file"), log: await sh(copy, "cat /log; echo $VALUE"), tags: await copy.getTags() };
      });
    }),

  ends: () =>
    withSandbox(enabled, async (sandbox) => {
      await sandbox.experimentalSnapshot();
      return v2 ? await sandbox.wait() : await sandbox.poll();
    }),

  byId: () =>
    withSandbox(enabled, async (sandbox) => {
      await sh(sandbox, "echo kept > /file");
      const { snapshotId } = await sandbox.experimentalSnapshot();
      const snapshot = await client.sandboxSnapshots.fromId(snapshotId);
      return { id: /^sn-[0-9A-Za-z]{22}$/.test(snapshotId), file: await withRestored(snapshot, undefined, (copy) => sh(copy, "cat /file")) };
    }),

  twice: () =>
    withSandbox(enabled, async (sandbox) => {
      const snapshot = await sandbox.experimentalSnapshot();
      return await withRestored(snapshot, undefined, (one) => withRestored(snapshot, undefined, async (two) => one.sandboxId !== two.sandboxId));
    }),

  notEnabled: () => withSandbox({}, (sandbox) => failure(() => sandbox.experimentalSnapshot())),

  names: () =>
    withSandbox({ ...enabled, name: "original" }, async (sandbox) => {
      const snapshot = await sandbox.experimentalSnapshot();
      const found = (name) => client.sandboxes.fromName("conformance", name).then((found) => found.sandboxId);
      await sandbox.terminate({ wait: true });
      return {
        kept: await withRestored(snapshot, undefined, async (copy) => (await found("original")) === copy.sandboxId),
        given: await withRestored(snapshot, { name: "another" }, async (copy) => (await found("another")) === copy.sandboxId),
        none: await withRestored(snapshot, { name: null }, () => failure(() => found("original"))),
        taken: await withRestored(snapshot, undefined, () => failure(() => withRestored(snapshot, undefined, () => null))),
        malformed: await failure(() => withRestored(snapshot, { name: "not a name" }, () => null)),
      };
    }),

  encryption: () =>
    withSandbox({}, async (sandbox) => {
      const key = new Uint8Array(32).fill(7);
      await sh(sandbox, "mkdir /secret; echo content > /secret/file");
      const image = await sandbox.snapshotDirectory("/secret", { experimentalEncryptionKey: key });
      await sandbox.mountImage("/opened", image, { experimentalEncryptionKey: key });
      const plain = await sandbox.snapshotDirectory("/secret");
      return {
        opened: await sh(sandbox, "cat /opened/file"),
        wrongKey: await failure(() => sandbox.mountImage("/wrong", image, { experimentalEncryptionKey: new Uint8Array(32) })),
        noKey: await failure(() => sandbox.mountImage("/none", image)),
        keyForPlain: await failure(() => sandbox.mountImage("/plain", plain, { experimentalEncryptionKey: key })),
      };
    }),
});
