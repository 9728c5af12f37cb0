import { failure, report, run, v2, withSandbox } from "./harness.mjs";

const withCommand = (command, use, params = {}) => withSandbox({ command, ...params }, use);

await report({
  outputAndErrors: () =>
    withCommand(["sh", "-c", "echo to stdout; echo to stderr >&2; exit 3"], async (sandbox) => ({
      stdout: await sandbox.stdout.readText(),
      stderr: await sandbox.stderr.readText(),
      code: await sandbox.wait(),
    })),

  afterTheEnd: () =>
    withCommand(["sh", "-c", "echo last words; echo complaint >&2"], async (sandbox) => {
      const code = await sandbox.wait();
      return { code, stdout: await sandbox.stdout.readText(), stderr: await sandbox.stderr.readText() };
    }),

  whileItRuns: () =>
    withCommand(["sh", "-c", "echo ready; read line; echo got:$line"], async (sandbox) => {
      const reader = sandbox.stdout.getReader();
      const first = (await reader.read()).value;
      await sandbox.stdin.writeText("go\n");
      const second = (await reader.read()).value;
      const end = (await reader.read()).done;
      return { first, second, end, code: await sandbox.wait() };
    }),

  stdinUntilItsEnd: () =>
    withCommand(["cat"], async (sandbox) => {
      await sandbox.stdin.writeText("first ");
      await sandbox.stdin.writeBytes(new TextEncoder().encode("second ümläut "));
      await sandbox.stdin.writeText("third");
      await sandbox.stdin.close();
      return { stdout: await sandbox.stdout.readText(), code: await sandbox.wait() };
    }),

  stdinSideBySide: () =>
    withCommand(["cat"], async (sandbox) => {
      const writer = sandbox.stdin.getWriter();
      await Promise.all([...Array.from({ length: 20 }, (_, i) => writer.write(`${i};`)), writer.close()]);
      return { stdout: await sandbox.stdout.readText() };
    }),

  stdinAfterTheEnd: () =>
    withCommand(["true"], async (sandbox) => {
      await sandbox.wait();
      return failure(() => sandbox.stdin.writeText("late"));
    }),

  stdinOfNoCommand: () => withSandbox({}, (sandbox) => failure(() => sandbox.stdin.writeText("to nobody"))),

  noCommandHasNoOutput: () =>
    withSandbox({}, async (sandbox) => {
      const reading = sandbox.stdout.readText();
      await sandbox.terminate();
      return { stdout: await reading };
    }),

  characterInTwoWrites: () =>
    withCommand(["sh", "-c", "printf '\\342\\202'; read x; printf '\\254!'"], async (sandbox) => {
      const reading = sandbox.stdout.readText();
      await sandbox.stdin.writeText("\n");
      return { stdout: await reading };
    }),

  bytesThatAreNoText: () =>
    withCommand(["sh", "-c", "printf 'a\\377b\\342'"], async (sandbox) => ({ stdout: await sandbox.stdout.readText() })),

  longOutput: () =>
    withCommand(["sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i of the output; i=$((i+1)); done"], async (sandbox) => {
      const text = await sandbox.stdout.readText();
      return { right: text === Array.from({ length: 20000 }, (_, i) => `line ${i} of the output\n`).join("") };
    }),

  readBytes: () =>
    withCommand(["printf", "bytes"], async (sandbox) => {
      // V1 hands out text, and the SDK's readBytes passes its pieces on as they are.
      const bytes = await sandbox.stdout.readBytes();
      return { length: bytes.length };
    }),

  ofAnotherHandle: () =>
    withCommand(["sh", "-c", "echo shared; exec cat"], async (sandbox) => {
      const { client } = await import("./harness.mjs");
      const other = await client.sandboxes.fromId(sandbox.sandboxId);
      const reader = other.stdout.getReader();
      const first = (await reader.read()).value;
      await reader.cancel();
      return { first };
    }),

  execOutputIsSeparate: () =>
    withCommand(["sh", "-c", "echo of the entrypoint; exec cat"], async (sandbox) => {
      const exec = await run(sandbox, ["echo", "of the exec"]);
      await sandbox.stdin.close();
      return { exec: exec.stdout, stdout: await sandbox.stdout.readText(), v2 };
    }),
});
