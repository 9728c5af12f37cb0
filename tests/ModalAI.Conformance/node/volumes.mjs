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

  live: async () => {
    const volume = await client.volumes.fromName("shared-live", { createIfMissing: true });
    return await withSandbox({ volumes: { "/data": volume } }, (writer) =>
      withSandbox({ volumes: { "/data": volume.withMountOptions({ readOnly: true }) } }, async (reader) => {
        await run(writer, ["sh", "-c", "echo one > /data/file"]);
        await reader.reloadVolumes();
        const first = (await run(reader, ["cat", "/data/file"])).stdout;
        await writer.filesystem.writeText("two", "/data/file");
        await reader.reloadVolumes({ timeoutMs: 20000 });
        return { first, second: await reader.filesystem.readText("/data/file") };
      }),
    );
  },

  reload: async () => {
    let kept;
    const results = await withSandbox({}, async (sandbox) => {
      kept = sandbox;
      return { without: await failure(() => sandbox.reloadVolumes()), negative: await failure(() => sandbox.reloadVolumes({ timeoutMs: -1 })) };
    });
    return { ...results, ended: await failure(() => kept.reloadVolumes()) };
  },

  mountPaths: async () => {
    const volume = await client.volumes.fromName("kept", { createIfMissing: true });
    const results = {};
    for (const path of ["/", "/root", "/tmp", "/data/", "//data", "data", "", "/proc/1", "/__modal/x"]) results[path] = await failure(() => withSandbox({ volumes: { [path]: volume } }, () => null));
    return results;
  },

  twice: async () => {
    const [one, two] = [await client.volumes.fromName("one", { createIfMissing: true }), await client.volumes.fromName("two", { createIfMissing: true })];
    return {
      samePlaces: await failure(() => withSandbox({ volumes: { "/a": one, "/b": one } }, () => null)),
      parts: await failure(() => withSandbox({ volumes: { "/a": one.withMountOptions({ subPath: "a" }), "/b": one.withMountOptions({ subPath: "b" }) } }, () => null)),
      nested: await failure(() => withSandbox({ volumes: { "/a": one, "/a/b": two } }, () => null)),
      beside: await failure(() => withSandbox({ volumes: { "/a": one, "/ab": two } }, () => null)),
    };
  },

  stacked: async () => {
    const volume = await client.volumes.fromName("stacked", { createIfMissing: true });
    await withSandbox({ volumes: { "/data": volume } }, (sandbox) => run(sandbox, ["sh", "-c", "mkdir /data/part; echo part > /data/part/file; echo whole > /data/file"]));
    const part = volume.withMountOptions({ subPath: "part" }).withMountOptions({ readOnly: true });
    return await withSandbox({ volumes: { "/data": part, "/whole": part.withMountOptions({ subPath: "/" }) } }, async (sandbox) => ({
      part: (await run(sandbox, ["cat", "/data/file"])).stdout,
      whole: (await run(sandbox, ["cat", "/whole/file"])).stdout,
      write: (await run(sandbox, ["sh", "-c", "echo x > /data/file"])).code !== 0,
    }));
  },

  newSubPath: async () => {
    const volume = await client.volumes.fromName("grown", { createIfMissing: true });
    await withSandbox({ volumes: { "/data": volume.withMountOptions({ subPath: "a/b" }) } }, (sandbox) => run(sandbox, ["sh", "-c", "echo deep > /data/file"]));
    return await withSandbox({ volumes: { "/data": volume } }, async (sandbox) => (await run(sandbox, ["cat", "/data/a/b/file"])).stdout);
  },

  versions: async () => {
    await client.volumes.fromName("unversioned", { createIfMissing: true });
    return {
      first: await failure(() => client.volumes.fromName("unversioned", { version: 1 })),
      second: await failure(() => client.volumes.fromName("unversioned", { version: 2 })),
      third: await failure(() => client.volumes.fromName("unversioned", { version: 3 })),
    };
  },

  badNames: async () => {
    const results = [];
    for (const name of ["has blank", "a/b", "", "x".repeat(65)]) results.push(await failure(() => client.volumes.fromName(name, { createIfMissing: true })));
    return results;
  },

  unknownEnvironment: () => failure(() => client.volumes.fromName("kept", { createIfMissing: true, environment: "nowhere" })),

  deleteMissing: async () => ({ strict: await failure(() => client.volumes.delete("never-was")), lenient: await failure(() => client.volumes.delete("never-was", { allowMissing: true })) }),

  deleteInUse: async () => {
    const volume = await client.volumes.fromName("in-use", { createIfMissing: true });
    return await withSandbox({ volumes: { "/data": volume } }, async (sandbox) => {
      await run(sandbox, ["sh", "-c", "echo x > /data/file"]);
      await client.volumes.delete("in-use");
      return { files: (await run(sandbox, ["sh", "-c", "ls -A /data | wc -l"])).stdout.trim(), alive: (await run(sandbox, ["echo", "alive"])).stdout, mount: await failure(() => withSandbox({ volumes: { "/data": volume } }, () => null)) };
    });
  },

  ephemeralShared: async () => {
    const volume = await client.volumes.ephemeral();
    try {
      await withSandbox({ volumes: { "/data": volume } }, (sandbox) => run(sandbox, ["sh", "-c", "echo handed over > /data/x"]));
      return await withSandbox({ volumes: { "/data": volume } }, async (sandbox) => (await run(sandbox, ["cat", "/data/x"])).stdout);
    } finally {
      volume.closeEphemeral();
    }
  },

  closeNamed: async () => failure(async () => (await client.volumes.fromName("kept", { createIfMissing: true })).closeEphemeral()),

  ephemeralElsewhere: () => failure(() => client.volumes.ephemeral({ environment: "nowhere" })),
});
