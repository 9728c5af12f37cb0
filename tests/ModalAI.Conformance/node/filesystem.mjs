import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failure, reportInSandbox, run } from "./harness.mjs";

const local = await mkdtemp(join(tmpdir(), "conformance-"));

await reportInSandbox({}, (sandbox) => {
  const files = sandbox.filesystem;
  return {
    text: async () => {
      await files.writeText("ümläut\n漢字", "/data/deep/text.txt");
      return { read: await files.readText("/data/deep/text.txt"), seen: (await run(sandbox, ["cat", "/data/deep/text.txt"])).stdout };
    },

    bytes: async () => {
      const sent = Buffer.alloc(3 * 1024 * 1024, 7);
      await files.writeBytes(sent, "/data/bytes");
      return Buffer.compare(sent, await files.readBytes("/data/bytes"));
    },

    empty: async () => {
      await files.writeText("", "/data/empty");
      return await files.readText("/data/empty");
    },

    overwrite: async () => {
      await files.writeText("a long first version", "/data/again");
      await files.writeText("short", "/data/again");
      return await files.readText("/data/again");
    },

    copy: async () => {
      await writeFile(join(local, "up"), "from the computer");
      await files.copyFromLocal(join(local, "up"), "/data/copied");
      await files.copyToLocal("/data/copied", join(local, "down"));
      return await readFile(join(local, "down"), "utf8");
    },

    list: async () => {
      await run(sandbox, ["sh", "-c", "mkdir -p /list/sub && echo 12345 > /list/file && chmod 640 /list/file && ln -s file /list/link"]);
      const entries = await files.listFiles("/list");
      return entries.map(({ name, path, type, size, permissions, owner, symlinkTarget }) => ({
        name, path, type, size: type === "file" ? size : null, permissions: type === "file" ? permissions : null, owner, symlinkTarget,
      }));
    },

    stat: async () => {
      await run(sandbox, ["sh", "-c", "echo 12345 > /stat-file; ln -s stat-file /stat-link"]);
      const [file, link] = [await files.stat("/stat-file"), await files.stat("/stat-link")];
      return { file: file.type, size: file.size, mode: file.mode, age: Math.abs(Date.now() / 1000 - file.modifiedTime) < 60, link: link.type, target: link.symlinkTarget };
    },

    makeDirectory: async () => {
      await files.makeDirectory("/made/with/parents");
      await files.makeDirectory("/made/with/parents");
      return {
        type: (await files.stat("/made/with/parents")).type,
        exists: await failure(() => files.makeDirectory("/made/with", { createParents: false })),
        noParent: await failure(() => files.makeDirectory("/nowhere/below", { createParents: false })),
      };
    },

    remove: async () => {
      await run(sandbox, ["sh", "-c", "mkdir -p /remove/full && touch /remove/full/file /remove/one"]);
      await files.remove("/remove/one");
      const notEmpty = await failure(() => files.remove("/remove/full"));
      await files.remove("/remove/full", { recursive: true });
      return { notEmpty, left: await files.listFiles("/remove"), missing: await failure(() => files.remove("/remove/one")) };
    },

    errors: async () => {
      await run(sandbox, ["sh", "-c", "mkdir -p /errors/dir && touch /errors/file"]);
      return {
        readMissing: await failure(() => files.readText("/errors/none")),
        readDirectory: await failure(() => files.readText("/errors/dir")),
        writeDirectory: await failure(() => files.writeText("x", "/errors/dir")),
        writeBelowFile: await failure(() => files.writeText("x", "/errors/file/below")),
        listMissing: await failure(() => files.listFiles("/errors/none")),
        listFile: await failure(() => files.listFiles("/errors/file")),
        statMissing: await failure(() => files.stat("/errors/none")),
        statBelowFile: await failure(() => files.stat("/errors/file/below")),
        relative: await failure(() => files.readText("errors/file")),
      };
    },

    cleanUp: () => rm(local, { recursive: true }),
  };
});
