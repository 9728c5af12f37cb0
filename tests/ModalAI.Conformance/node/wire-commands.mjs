/** What our ExecuteAsync does: both outputs and the exit code. */
export const toTheEnd = (process) => Promise.all([process.stdout.readBytes(), process.stderr.readBytes(), process.wait()]);

export const commands = {
  "run a command": (run) =>
    run.withSandbox({}, async (sandbox) => toTheEnd(await sandbox.exec(["echo", 'a "b" ü'], { mode: "binary" }))),

  "run a command with everything": ({ client, withSandbox }) =>
    withSandbox({}, async (sandbox) => {
      const secrets = [await client.secrets.fromName("warehouse"), await client.secrets.fromObject({ B: "2" })];
      const params = { mode: "binary", workdir: "/tmp", timeoutMs: 30_000, env: { A: "1" }, secrets };
      await toTheEnd(await sandbox.exec(["sh", "-c", "true"], params));
    }),

  "run two commands": (run) =>
    run.withSandbox({}, async (sandbox) => {
      await toTheEnd(await sandbox.exec(["true"], { mode: "binary" }));
      await toTheEnd(await sandbox.exec(["false"], { mode: "binary" }));
    }),

  "write to a command and read from it": (run) =>
    run.withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["cat"]);
      await process.stdin.writeText("first\n");
      await process.stdin.writeText("zweite Zeile ü\n");
      await process.stdin.close();
      await process.stdout.readText();
      await process.wait();
    }),

  "end the input of a command": (run) =>
    run.withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["cat"]);
      await process.stdin.close();
      await process.wait();
    }),

  "throw output away": (run) =>
    run.withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["ls"], { stdout: "ignore", stderr: "ignore" });
      await process.stdout.readText();
      await process.wait();
    }),

  "start a command that is not there": (run) =>
    run.withSandbox({}, (sandbox) => run.refused(() => sandbox.exec(["/no/such/program"]))),
};
