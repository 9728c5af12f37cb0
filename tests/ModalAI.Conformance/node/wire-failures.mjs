// Each does one thing that is to fail; which call fails, and with which status, is the emulator's part.
const missing = "im-0123456789abcdefABCDEF";

export const failures = {
  "failing look-up of an app": (run) => run.app(),
  "failing look-up of an image by id": ({ client }) => client.images.fromId(missing),
  "failing look-up of an image by name": ({ client }) => client.images.fromName("base"),
  "failing deletion of an image": ({ client }) => client.images.delete(missing),
  "failing publication of an image": async (run) => (await run.debian.build(await run.app())).publish("base"),
  "failing build of an image": async (run) => run.debian.build(await run.app()),
  "failing look-up of a secret": ({ client }) => client.secrets.fromName("warehouse"),
  "failing storage of a secret": async (run) =>
    run.client.images.fromRegistry("ghcr.io/a/b:1", await run.client.secrets.fromObject({ A: "1" })).build(await run.app()),
  "failing look-up of a volume": ({ client }) => client.volumes.fromName("data"),
  "failing creation": (run) => run.withSandbox({}),
  "failing look-up of a sandbox by name": ({ client }) => client.sandboxes.fromName("wire", "nobody"),
  "failing list": async ({ client }) => {
    for await (const _ of client.sandboxes.list({ appId: "ap-0123456789abcdefABCDEF" }));
  },
  "failing change of tags": (run) => run.withSandbox({}, (sandbox) => sandbox.setTags({ a: "b" })),
  "failing look-up of tags": (run) => run.withSandbox({}, (sandbox) => sandbox.getTags()),
  "failing poll": (run) => run.withSandbox({}, (sandbox) => sandbox.poll()),
  "failing command": (run) => run.withSandbox({}, (sandbox) => sandbox.exec(["true"])),
  "failing read of a file": (run) => run.withSandbox({}, (sandbox) => sandbox.filesystem.readText("/etc/hostname")),
  "failing list of files": (run) => run.withSandbox({}, (sandbox) => sandbox.filesystem.listFiles("/")),
  "failing write of a file": (run) => run.withSandbox({}, (sandbox) => sandbox.filesystem.writeText("x", "/tmp/x")),
  "command in a sandbox that has ended": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await sandbox.terminate({ wait: true });
      await (await run.client.sandboxes.fromId(sandbox.sandboxId)).exec(["true"]);
    }),
  "command by another handle": (run) =>
    run.withSandbox({}, async (sandbox) => (await run.client.sandboxes.fromId(sandbox.sandboxId)).exec(["true"])),
  "command by a handle that was let go": (run) =>
    run.withSandbox({}, async (sandbox) => {
      const handle = await run.client.sandboxes.fromId(sandbox.sandboxId);
      handle.detach();
      await handle.exec(["true"]);
    }),
};
