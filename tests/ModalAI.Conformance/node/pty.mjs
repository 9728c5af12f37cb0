import { report, run, withSandbox } from "./harness.mjs";

async function runOnTerminal(sandbox, command, params = {}) {
  const process = await sandbox.exec(command, { pty: true, ...params });
  const [stdout, stderr, code] = await Promise.all([process.stdout.readText(), process.stderr.readText(), process.wait()]);
  return { stdout, stderr, code };
}

/** Reads until the text is there; what comes after it stays with the reader. */
async function readUntil(reader, text) {
  let seen = "";
  while (!seen.includes(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The output ended before '${text}': ${JSON.stringify(seen)}`);
    seen += value;
  }

  return seen;
}

await report({
  isATerminal: () => withSandbox({}, (sandbox) => runOnTerminal(sandbox, ["sh", "-c", "test -t 0 && test -t 1 && test -t 2 && tty"])),

  withoutIsNone: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["tty"]);
      await process.stdin.close();
      return { stdout: await process.stdout.readText(), code: await process.wait() };
    }),

  sizeAndKind: () =>
    withSandbox({}, (sandbox) => runOnTerminal(sandbox, ["sh", "-c", "stty size; echo $TERM $COLORTERM"])),

  ownVariablesAreStronger: () =>
    withSandbox({}, (sandbox) => runOnTerminal(sandbox, ["sh", "-c", "echo $TERM"], { env: { TERM: "dumb" } })),

  errorsComeWithTheOutput: () => withSandbox({}, (sandbox) => runOnTerminal(sandbox, ["sh", "-c", "echo out; echo err >&2; exit 9"])),

  interrupt: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["sh", "-c", "trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.1; done"], { pty: true });
      const reader = process.stdout.getReader();
      await readUntil(reader, "ready");
      await process.stdin.writeText("\x03");
      await readUntil(reader, "caught");
      return { code: await process.wait() };
    }),

  interruptOfAChild: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["bash", "--norc", "--noediting", "-i"], { pty: true, env: { PS1: "READY>" } });
      const reader = process.stdout.getReader();
      await readUntil(reader, "READY>");
      await process.stdin.writeText("sleep 600\n");
      while ((await run(sandbox, ["pgrep", "-x", "sleep"])).code !== 0);
      await process.stdin.writeText("\x03");
      await readUntil(reader, "READY>");
      await process.stdin.writeText("echo code=$?\n");
      await readUntil(reader, "code=130");
      await process.stdin.writeText("exit 6\n");
      return { code: await process.wait() };
    }),

  jobControl: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["bash", "--norc", "-i"], { pty: true });
      const reading = process.stdout.readText();
      await process.stdin.writeText("sleep 600 & jobs; kill %1; wait; exit 0\n");
      const text = await reading;
      return { complained: text.includes("no job control"), listed: text.includes("Running"), code: await process.wait() };
    }),

  endOfInput: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["sh", "-c", "stty -echo; echo ready; cat"], { pty: true });
      const reader = process.stdout.getReader();
      await readUntil(reader, "ready");
      await process.stdin.writeText("line\n");
      await process.stdin.writeText("no newline");
      await process.stdin.close();
      return { text: (await readUntil(reader, "no newline")).includes("line"), code: await process.wait() };
    }),

  exitCode: () => withSandbox({}, (sandbox) => runOnTerminal(sandbox, ["sh", "-c", "exit 42"])),

  timeout: () =>
    withSandbox({}, async (sandbox) => {
      const process = await sandbox.exec(["sleep", "600"], { pty: true, timeoutMs: 1000 });
      return { code: await process.wait() };
    }),

  longOutput: () =>
    withSandbox({}, async (sandbox) => {
      const { stdout, code } = await runOnTerminal(sandbox, ["sh", "-c", "seq 1 100000; echo done"]);
      const expected = Array.from({ length: 100000 }, (_, i) => `${i + 1}\r\n`).join("") + "done\r\n";
      return { right: stdout === expected, code };
    }),

  sideBySide: () =>
    withSandbox({}, async (sandbox) => {
      const all = await Promise.all(Array.from({ length: 8 }, (_, i) => runOnTerminal(sandbox, ["sh", "-c", `tty >/dev/null && echo ${i}`])));
      return all.map((one) => `${one.stdout.trim()}/${one.code}`);
    }),

  ownedByTheUser: () => withSandbox({}, (sandbox) => runOnTerminal(sandbox, ["sh", "-c", "stat -c %U $(tty); echo written >$(tty)"])),

  ofTheEntrypoint: () =>
    withSandbox({ command: ["sh", "-c", "tty; stty size; read line; echo got:$line; exit 5"], pty: true }, async (sandbox) => {
      const reader = sandbox.stdout.getReader();
      const first = await readUntil(reader, "24 80");
      await sandbox.stdin.writeText("typed\n");
      await readUntil(reader, "got:typed");
      return { terminal: first.startsWith("/dev/pts/"), stderr: await sandbox.stderr.readText(), code: await sandbox.wait() };
    }),
});
