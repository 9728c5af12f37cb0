const key = Uint8Array.from({ length: 32 }, (_, i) => i % 251);
const DAY = 86_400_000;

export const snapshots = {
  "snapshot the file system": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.snapshotFilesystem();
      await sandbox.snapshotFilesystem({ ttlMs: 3_600_000 });
      const image = await sandbox.snapshotFilesystem({ ttlMs: null });
      await run.withSandbox({ image });
    }),

  "snapshot a directory and mount it": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.filesystem.makeDirectory("/work");
      const image = await sandbox.snapshotDirectory("/work");
      await sandbox.mountImage("/mounted", image);
      await sandbox.unmountImage("/mounted");
      await sandbox.mountImage("/empty");
    }),

  "snapshot a directory with a key": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.filesystem.makeDirectory("/work");
      const image = await sandbox.snapshotDirectory("/work", { experimentalEncryptionKey: key, ttlMs: DAY });
      await sandbox.mountImage("/mounted", image, { experimentalEncryptionKey: key });
    }),

  "snapshot a sidecar": (run) =>
    run.withSandbox({}, async (sandbox) => {
      const image = await run.debian.build(await run.app());
      const sidecar = await sandbox.experimentalSidecars.create("side", image, { command: ["sleep", "60"] });
      await sidecar.snapshotFilesystem();
      const files = await sidecar.snapshotDirectory("/etc", { ttlMs: DAY });
      await sidecar.mountImage("/mounted", files);
      await sidecar.unmountImage("/mounted");
      await sidecar.terminate({ wait: true });
    }),

  "snapshot at the end": (run) =>
    run.withSandbox({ experimentalOptions: { enable_exit_snapshot: true } }, async (sandbox) => {
      await sandbox.terminate({ wait: true });
      await sandbox.experimentalGetExitSnapshot();
    }),

  "snapshot the memory and restore": (run) =>
    run.withSandbox({ experimentalEnableSnapshot: true }, async (sandbox) => {
      const snapshot = await sandbox.experimentalSnapshot();
      for (const params of [undefined, { name: "restored" }, { name: null }]) {
        await (await run.client.sandboxes.experimentalFromSnapshot(snapshot, params)).terminate();
      }

      const found = await run.client.sandboxSnapshots.fromId(snapshot.snapshotId);
      await (await run.client.sandboxes.experimentalFromSnapshot(found)).terminate();
    }),
};
