import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bytes = (count) => Uint8Array.from({ length: count }, (_, i) => i % 251);

export const files = {
  "write and read a text": (run) =>
    run.withSandbox({}, async ({ filesystem }) => {
      await filesystem.writeText("Grüße\n", '/work/ü "x".txt');
      await filesystem.readText('/work/ü "x".txt');
    }),

  "write and read bytes": (run) =>
    run.withSandbox({}, async ({ filesystem }) => {
      await filesystem.writeBytes(bytes(0), "/work/empty");
      await filesystem.writeBytes(bytes(600_000), "/work/large");
      await filesystem.readBytes("/work/large");
    }),

  "copy files": async (run) => {
    const local = await mkdtemp(join(tmpdir(), "modalai-wire-"));
    try {
      const path = join(local, "file");
      await writeFile(path, bytes(300_000));
      await run.withSandbox({}, async ({ filesystem }) => {
        await filesystem.copyFromLocal(path, "/work/copy");
        await filesystem.copyToLocal("/work/copy", path);
      });
    } finally {
      await rm(local, { recursive: true });
    }
  },

  "make, list, stat and remove": (run) =>
    run.withSandbox({}, async ({ filesystem }) => {
      await filesystem.makeDirectory("/work/a/b");
      await filesystem.makeDirectory("/work/c", { createParents: false });
      await filesystem.listFiles("/work");
      await filesystem.stat("/work/a");
      await filesystem.remove("/work/c");
      await filesystem.remove("/work/a", { recursive: true });
    }),

  "files that are not there": (run) =>
    run.withSandbox({}, async ({ filesystem }) => {
      await run.refused(() => filesystem.readBytes("/none"));
      await run.refused(() => filesystem.listFiles("/none"));
    }),
};
