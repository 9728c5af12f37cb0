import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

/** A sandbox of an image, ended whatever happens. */
async function withImage(image, params, use) {
  const app = await client.apps.fromName("conformance", { createIfMissing: true });
  const sandbox = await client.sandboxes.create(app, image, params);
  try {
    return await use(sandbox);
  } finally {
    await sandbox.terminate({ wait: true });
  }
}

const sh = async (target, text) => (await run(target, ["sh", "-c", text])).stdout;

/** Ends a sandbox of the given command and image, and gives its exit snapshot. */
async function exitSnapshot(params, use = () => null) {
  let ended;
  await withSandbox({ ...params, experimentalOptions: { enable_exit_snapshot: true } }, async (sandbox) => {
    ended = sandbox;
    await use(sandbox);
  });
  return await ended.experimentalGetExitSnapshot();
}

const memory = { experimentalEnableSnapshot: true };

await report({
  filesystem: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "mkdir -p /work/dir; echo one > /work/dir/file; ln -s dir /work/link; chmod 750 /work/dir; rm /etc/group; echo tool > /usr/local/bin/tool");
      const image = await sandbox.snapshotFilesystem();
      await sh(sandbox, "echo two > /work/dir/file; touch /work/later");
      return {
        id: /^im-[0-9A-Za-z]{22}$/.test(image.imageId),
        copy: await withImage(image, {}, (copy) => sh(copy, "cat /work/link/file; stat -c %a /work/dir; ls /work; cat /usr/local/bin/tool; test -e /etc/group || echo deleted")),
        original: await sh(sandbox, "cat /work/dir/file"),
      };
    }),

  copies: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "echo first > /file");
      const image = await sandbox.snapshotFilesystem();
      return await withImage(image, {}, async (one) => {
        await sh(one, "echo changed > /file");
        return await withImage(image, {}, (two) => sh(two, "cat /file"));
      });
    }),

  chain: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "echo 1 > /one; echo 1 > /both");
      const first = await sandbox.snapshotFilesystem();
      const second = await withImage(first, {}, async (copy) => {
        await sh(copy, "echo 2 > /two; echo 2 > /both; rm /one");
        return await copy.snapshotFilesystem();
      });
      return {
        first: await withImage(first, {}, (copy) => sh(copy, "cat /one /both; ls /two 2>/dev/null")),
        second: await withImage(second, {}, (copy) => sh(copy, "cat /two /both; ls /one 2>/dev/null")),
      };
    }),

  timeToLive: () =>
    withSandbox({}, async (sandbox) => ({
      forever: (await sandbox.snapshotFilesystem({ ttlMs: null })).imageId.length,
      minute: (await sandbox.snapshotFilesystem({ ttlMs: 60_000 })).imageId.length,
      directory: (await sandbox.snapshotDirectory("/etc", { ttlMs: null })).imageId.length,
      tooShort: await failure(() => sandbox.snapshotFilesystem({ ttlMs: 500 })),
      fraction: await failure(() => sandbox.snapshotFilesystem({ ttlMs: 1_500 })),
    })),

  byId: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "echo kept > /file");
      const { imageId } = await sandbox.snapshotFilesystem();
      const image = await client.images.fromId(imageId);
      const content = await withImage(image, {}, (copy) => sh(copy, "cat /file"));
      await client.images.delete(imageId);
      return { content, deleted: await failure(() => client.images.fromId(imageId)), create: await failure(() => withImage(image, {}, () => null)) };
    }),

  volumes: async () => {
    const volume = await client.volumes.fromName("beside", { createIfMissing: true });
    return await withSandbox({ volumes: { "/data": volume } }, async (sandbox) => {
      await sh(sandbox, "echo in the volume > /data/file; echo in the image > /file");
      const image = await sandbox.snapshotFilesystem();
      return await withImage(image, {}, (copy) => sh(copy, "cat /file; ls /data"));
    });
  },

  ended: () =>
    withSandbox({}, async (sandbox) => {
      await sandbox.terminate({ wait: true });
      return {
        filesystem: await failure(() => sandbox.snapshotFilesystem()),
        directory: await failure(() => sandbox.snapshotDirectory("/etc")),
        mount: await failure(() => sandbox.mountImage("/mnt")),
      };
    }),

  directory: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "mkdir -p /project/src; echo code > /project/src/main; ln -s src/main /project/link; chmod 700 /project; echo other > /other");
      const image = await sandbox.snapshotDirectory("/project");
      await sh(sandbox, "echo later > /project/src/main");
      return await withSandbox({}, async (other) => {
        await other.mountImage("/workspace", image);
        return await sh(other, "cat /workspace/link; stat -c %a /workspace; find /workspace | sort; test -e /workspace/other || echo only the directory");
      });
    }),

  directoryFailures: () =>
    withSandbox({}, async (sandbox) => ({
      missing: await failure(() => sandbox.snapshotDirectory("/no/such/directory")),
      file: await failure(() => sandbox.snapshotDirectory("/etc/passwd")),
      relative: await failure(() => sandbox.snapshotDirectory("etc")),
      root: await failure(() => sandbox.snapshotDirectory("/")),
    })),

  mount: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "mkdir -p /seed /target; echo seed > /seed/file; echo hidden > /target/old");
      const image = await sandbox.snapshotDirectory("/seed");
      await sandbox.mountImage("/target", image);
      await sandbox.mountImage("/made/by/the/mount", image);
      const mounted = await sh(sandbox, "ls /target; cat /target/file; echo changed > /target/file; touch /target/new; cat /made/by/the/mount/file");
      const byFiles = await sandbox.filesystem.readText("/target/file");
      const again = await sandbox.snapshotDirectory("/target");
      await sandbox.unmountImage("/target");
      const unmounted = await sh(sandbox, "ls /target; cat /target/old");
      await sandbox.mountImage("/target", again);
      const kept = await sh(sandbox, "ls /target; cat /target/file");
      await sandbox.mountImage("/pristine", image);
      return { mounted, byFiles, unmounted, kept, pristine: await sh(sandbox, "ls /pristine; cat /pristine/file") };
    }),

  mountFilesystem: () =>
    withSandbox({}, async (sandbox, app) => {
      await sh(sandbox, "echo of the image > /marker");
      await sandbox.mountImage("/image", await sandbox.snapshotFilesystem());
      const built = await client.images.fromRegistry("debian:12").build(app);
      await sandbox.mountImage("/built", built);
      return {
        snapshot: await sh(sandbox, "cat /image/marker; test -x /image/usr/bin/env && echo has programs; chroot /image cat /marker"),
        built: await sh(sandbox, "test -x /built/usr/bin/env && echo has programs; test -e /built/marker || echo without the marker; rm /built/usr/bin/env; test -x /usr/bin/env && echo apart"),
      };
    }),

  mountEmpty: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "mkdir /full; touch /full/file");
      await sandbox.mountImage("/full");
      const empty = await sh(sandbox, "ls /full; touch /full/scratch; ls /full");
      await sandbox.unmountImage("/full");
      return { empty, back: await sh(sandbox, "ls /full") };
    }),

  mountTwice: () =>
    withSandbox({}, async (sandbox) => {
      await sh(sandbox, "mkdir /a /b; touch /a/a /b/b");
      const [a, b] = [await sandbox.snapshotDirectory("/a"), await sandbox.snapshotDirectory("/b")];
      await sandbox.mountImage("/mnt/x", a);
      await sandbox.mountImage("/mnt/x", b);
      const top = await sh(sandbox, "ls /mnt/x");
      await sandbox.unmountImage("/mnt/x");
      const below = await sh(sandbox, "ls /mnt/x");
      await sandbox.unmountImage("/mnt/x");
      return { top, below, none: await sh(sandbox, "ls /mnt/x"), more: await failure(() => sandbox.unmountImage("/mnt/x")) };
    }),

  mountFailures: () =>
    withSandbox({}, async (sandbox, app) => {
      await sh(sandbox, "touch /file; ln -s / /to-root; mkdir /real; ln -s /real /link");
      const image = await sandbox.snapshotDirectory("/etc");
      await sandbox.mountImage("/link", image);
      return {
        root: await failure(() => sandbox.mountImage("/", image)),
        rootByLink: await failure(() => sandbox.mountImage("/to-root", image)),
        relative: await failure(() => sandbox.mountImage("mnt", image)),
        file: await failure(() => sandbox.mountImage("/file", image)),
        belowAFile: await failure(() => sandbox.mountImage("/file/dir", image)),
        unknown: await failure(() => sandbox.mountImage("/mnt", { imageId: "im-0000000000000000000000" })),
        notBuilt: await failure(() => sandbox.mountImage("/mnt", client.images.fromRegistry("debian:12"))),
        notMounted: await failure(() => sandbox.unmountImage("/mnt")),
        otherPath: await failure(() => sandbox.unmountImage("/real")),
        throughALink: await sh(sandbox, "test -e /real/passwd && echo mounted"),
        byItsPath: await failure(() => sandbox.unmountImage("/link")),
      };
    }),

  encryption: () =>
    withSandbox({}, async (sandbox) => ({
      refused: await failure(() => sandbox.snapshotDirectory("/etc", { experimentalEncryptionKey: new Uint8Array(32) })),
      tooShort: await failure(() => sandbox.snapshotDirectory("/etc", { experimentalEncryptionKey: new Uint8Array(8) })),
    })),

  exitOfTheCommand: async () => {
    const image = await exitSnapshot({ command: ["sh", "-c", "echo left behind > /result; exit 3"] }, (sandbox) => sandbox.wait());
    return await withImage(image, {}, (copy) => sh(copy, "cat /result"));
  },

  exitByTermination: async () => {
    const image = await exitSnapshot({}, (sandbox) => sh(sandbox, "echo written > /result"));
    return await withImage(image, {}, (copy) => sh(copy, "cat /result"));
  },

  exitPending: () => withSandbox({ experimentalOptions: { enable_exit_snapshot: true } }, (sandbox) => failure(() => sandbox.experimentalGetExitSnapshot({ timeoutMs: 0 }))),

  exitAsBoolean: () => withSandbox({ experimentalOptions: { enable_exit_snapshot: false } }, (sandbox) => failure(() => sandbox.experimentalGetExitSnapshot({ timeoutMs: 0 }))),

  exitDisabled: () => withSandbox({}, (sandbox) => failure(() => sandbox.experimentalGetExitSnapshot({ timeoutMs: 0 }))),

  exitMissing: async () => {
    const sandbox = await client.sandboxes.fromId(v2 ? "sb-01ARZ3NDEKTSV4RRFFQ69G5FAV" : "sb-0123456789abcdefghijAB");
    return await failure(() => sandbox.experimentalGetExitSnapshot({ timeoutMs: 0 }));
  },

  memoryRefused: () => failure(() => withSandbox(memory, () => null)),

  memoryNotEnabled: () => withSandbox({}, (sandbox) => failure(() => sandbox.experimentalSnapshot())),

  restoreMissing: async () => failure(async () => client.sandboxes.experimentalFromSnapshot(await client.sandboxSnapshots.fromId("sn-0123456789abcdefghijAB"))),

  sidecar: () =>
    withSandbox({}, async (sandbox, app) => {
      const base = await client.images.fromRegistry("debian:12").build(app);
      const sidecar = await sandbox.experimentalSidecars.create("side", base);
      await sh(sidecar, "mkdir /own; echo of the sidecar > /own/file");
      const image = await sidecar.snapshotFilesystem();
      const directory = await sidecar.snapshotDirectory("/own");
      await sidecar.mountImage("/mnt/own", directory);
      const mounted = await sh(sidecar, "cat /mnt/own/file");
      await sidecar.unmountImage("/mnt/own");
      await sandbox.mountImage("/from-sidecar", directory);
      return {
        mounted,
        unmounted: await sh(sidecar, "ls /mnt/own"),
        copy: await withImage(image, {}, (copy) => sh(copy, "cat /own/file")),
        main: await sh(sandbox, "cat /from-sidecar/file; ls /own 2>/dev/null"),
      };
    }),
});
