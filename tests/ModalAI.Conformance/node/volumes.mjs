import { client, failure, report, run, withSandbox } from "./harness.mjs";

await report({
  persists: async () => {
    const volume = await client.volumes.fromName("kept", { createIfMissing: true });
    await withSandbox({ volumes: { "/data": volume } }, async (sandbox) => {
      await run(sandbox, ["sh", "-c", "echo by a command > /data/one"]);
      await sandbox.filesystem.writeText("by the file API", "/data/sub/two");
    });
    return await withSandbox({ volumes: { "/elsewhere": volume } }, async (sandbox) => ({
      one: (await run(sandbox, ["cat", "/elsewhere/one"])).stdout,
      two: await sandbox.filesystem.readText("/elsewhere/sub/two"),
    }));
  },

  readOnly: async () => {
    const volume = await client.volumes.fromName("guarded", { createIfMissing: true });
    await withSandbox({ volumes: { "/data": volume } }, (sandbox) => run(sandbox, ["sh", "-c", "echo kept > /data/file"]));
    return await withSandbox({ volumes: { "/data": volume.withMountOptions({ readOnly: true }) } }, async (sandbox) => ({
      read: (await run(sandbox, ["cat", "/data/file"])).stdout,
      write: (await run(sandbox, ["sh", "-c", "echo changed > /data/file"])).code !== 0,
      writeByFileApi: (await failure(() => sandbox.filesystem.writeText("changed", "/data/file"))) !== null,
      still: (await run(sandbox, ["cat", "/data/file"])).stdout,
    }));
  },

  subPath: async () => {
    const volume = await client.volumes.fromName("parted", { createIfMissing: true });
    await withSandbox({ volumes: { "/data": volume } }, (sandbox) => run(sandbox, ["sh", "-c", "mkdir -p /data/a/b; echo inside > /data/a/b/file; echo outside > /data/secret; ln -s / /data/out"]));
    return {
      inside: await withSandbox({ volumes: { "/part": volume.withMountOptions({ subPath: "a/b" }) } }, async (sandbox) => (await run(sandbox, ["sh", "-c", "ls /part; cat /part/file"])).stdout),
      upwards: await failure(() => withSandbox({ volumes: { "/part": volume.withMountOptions({ subPath: "a/../.." }) } }, () => null)),
      overALink: await failure(() => withSandbox({ volumes: { "/part": volume.withMountOptions({ subPath: "out/etc" }) } }, () => null)),
    };
  },

  ephemeral: async () => {
    const volume = await client.volumes.ephemeral();
    try {
      return await withSandbox({ volumes: { "/data": volume } }, async (sandbox) => (await run(sandbox, ["sh", "-c", "echo here > /data/x; cat /data/x"])).stdout);
    } finally {
      volume.closeEphemeral();
    }
  },

  unknown: () => failure(() => client.volumes.fromName("no-such-volume")),

  version: async () => {
    await client.volumes.fromName("second", { createIfMissing: true, version: 2 });
    return { same: await failure(() => client.volumes.fromName("second", { version: 2 })), other: await failure(() => client.volumes.fromName("second", { version: 1 })) };
  },

  delete: async () => {
    await client.volumes.fromName("short-lived", { createIfMissing: true });
    await client.volumes.delete("short-lived");
    return await failure(() => client.volumes.fromName("short-lived"));
  },

  badMountPath: async () => {
    const volume = await client.volumes.fromName("kept", { createIfMissing: true });
    return await failure(() => withSandbox({ volumes: { "/data/../etc": volume } }, () => null));
  },
});
