export const processes = {
  "run a command in a terminal": (run) =>
    run.withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["true"], { pty: true });
      await process.stdout.readText();
      await process.wait();
    }),

  "create with a terminal": (run) => run.withSandbox({ pty: true }),

  "write to the entrypoint and read from it": (run) =>
    run.withSandbox({ command: ["sh", "-c", "cat; echo end >&2"] }, async (sandbox) => {
      await sandbox.stdin.writeText("first\n");
      await sandbox.stdin.writeText("second\n");
      await sandbox.stdin.close();
      await sandbox.wait();
      await sandbox.stdout.readText();
      await sandbox.stderr.readText();
    }),

  "fetch logs": (run) =>
    run.withSandbox({ command: ["echo", "logged"] }, async (sandbox) => {
      await sandbox.wait();
      const since = new Date(Date.now() - 3_600_000);
      for await (const _ of sandbox.logs.fetch({ since, source: "stdout", searchText: "log" }));
      for await (const _ of sandbox.logs.tail({ entries: 10 }));
    }),

  "watch files": (run) =>
    run.withSandbox({}, async ({ filesystem }) => {
      for await (const _ of filesystem.watch("/tmp", { timeoutMs: 1000 }));
      const filter = ["Create", "Modify"];
      for await (const _ of filesystem.watch("/tmp", { recursive: true, filter, timeoutMs: 1000 }));
    }),
};
