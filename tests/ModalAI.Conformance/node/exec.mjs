import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { failure, reportInSandbox, run } from "./harness.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const awkward = ["two words", "quote \" ' \\", "", "$HOME `id` $(id)", "ümläut 漢字 🙂", "new\nline", "--flag=*"];

await reportInSandbox({ env: { FROM_SANDBOX: "sandbox", BOTH: "sandbox" }, workdir: "/srv/made/for/it" }, (sandbox) => ({
  arguments: () => run(sandbox, ["printf", "[%s]\\n", ...awkward]),

  workingDirectory: async () => ({
    own: (await run(sandbox, ["pwd"])).stdout,
    given: (await run(sandbox, ["pwd"], { workdir: "/usr/bin" })).stdout,
    missing: await failure(() => run(sandbox, ["pwd"], { workdir: "/not/there" })),
  }),

  environment: async () => ({
    inherited: (await run(sandbox, ["printenv", "FROM_SANDBOX"])).stdout,
    overridden: (await run(sandbox, ["printenv", "BOTH"], { env: { BOTH: "exec" } })).stdout,
    path: (await run(sandbox, ["sh", "-c", "echo $PATH"])).stdout,
  }),

  exitCodes: async () => ({
    zero: (await run(sandbox, ["true"])).code,
    own: (await run(sandbox, ["sh", "-c", "exit 42"])).code,
    signal: (await run(sandbox, ["sh", "-c", "kill -TERM $$"])).code,
    missing: (await run(sandbox, ["no-such-program"])).code,
  }),

  separateStreams: () => run(sandbox, ["sh", "-c", "echo to stdout; echo to stderr >&2"]),

  ignoredStreams: async () => {
    const process = await sandbox.exec(["sh", "-c", "echo a; echo b >&2; exit 5"], { stdout: "ignore", stderr: "ignore" });
    return { code: await process.wait(), stdout: await process.stdout.readText() };
  },

  stdinText: async () => {
    const process = await sandbox.exec(["cat"]);
    await process.stdin.writeText("first ");
    await process.stdin.writeText("second ümläut");
    await process.stdin.close();
    return { stdout: await process.stdout.readText(), code: await process.wait() };
  },

  stdinStaysOpen: async () => {
    const process = await sandbox.exec(["sh", "-c", "read a; echo one:$a; read b; echo two:$b"]);
    const reader = process.stdout.getReader();
    await process.stdin.writeText("x\n");
    const first = (await reader.read()).value;
    await process.stdin.writeText("y\n");
    const second = (await reader.read()).value;
    return { first, second, code: await process.wait() };
  },

  stdinBinary: async () => {
    const sent = Uint8Array.from({ length: 256 * 64 }, (_, i) => i % 256);
    const process = await sandbox.exec(["cat"], { mode: "binary" });
    await process.stdin.writeBytes(sent);
    await process.stdin.close();
    return { sent: sha256(sent), received: sha256(await process.stdout.readBytes()) };
  },

  stdinLarge: async () => {
    const sent = Buffer.alloc(8 * 1024 * 1024);
    for (let i = 0; i < sent.length; i += 4) sent.writeUInt32LE((i * 2654435761) >>> 0, i);
    const process = await sandbox.exec(["sha256sum"]);
    for (let i = 0; i < sent.length; i += 1024 * 1024) await process.stdin.writeBytes(sent.subarray(i, i + 1024 * 1024));
    await process.stdin.close();
    return { sent: sha256(sent), received: (await process.stdout.readText()).split(" ")[0], code: await process.wait() };
  },

  stdinAfterTheExit: async () => {
    const process = await sandbox.exec(["true"]);
    await process.wait();
    return await failure(() => process.stdin.writeText("late"));
  },

  timeout: async () => {
    const process = await sandbox.exec(["sh", "-c", "echo before; sleep 30; echo after"], { timeoutMs: 1000 });
    const code = await process.wait();

    // The SDK grants a stream that is opened just before its own deadline no more than the rest of the time, and one after it any.
    await setTimeout(250);
    return { code, stdout: await process.stdout.readText() };
  },

  binaryOutput: async () => {
    const script = "head -c 67108864 /dev/urandom | tee /tmp/big | sha256sum > /tmp/big.sum; cat /tmp/big";
    const process = await sandbox.exec(["sh", "-c", script], { mode: "binary" });
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of process.stdout) {
      hash.update(chunk);
      bytes += chunk.length;
    }

    const expected = (await run(sandbox, ["cat", "/tmp/big.sum"])).stdout.split(" ")[0];
    return { bytes, expected, received: hash.digest("hex"), code: await process.wait() };
  },

  unreadOutputDoesNotBlock: async () => {
    const process = await sandbox.exec(["head", "-c", "4194304", "/dev/zero"], { mode: "binary" });
    return { code: await process.wait(), bytes: (await process.stdout.readBytes()).length };
  },

  waitEndsWithTheCommand: async () => {
    const process = await sandbox.exec(["sh", "-c", "sleep 3 & echo started"]);
    const started = Date.now();
    const code = await process.wait();
    const waited = Date.now() - started;
    const stdout = await process.stdout.readText();
    return { code, stdout, waitedForTheCommandOnly: waited < 2000, readUntilTheChildEnded: Date.now() - started >= 2000 };
  },

  sideBySide: async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => run(sandbox, ["sh", "-c", `echo ${i}; exit ${i}`])));
    return all.map((one) => `${one.stdout.trim()}/${one.code}`);
  },

  tooLong: () => failure(() => sandbox.exec(["echo", "ü".repeat(40000)])),

  poll: async () => {
    const process = await sandbox.exec(["sh", "-c", "read x; exit 3"]);
    const running = await process._poll();
    await process.stdin.close();
    await process.wait();
    return { running, ended: await process._poll() };
  },

  pollOfASignal: async () => {
    const process = await sandbox.exec(["sh", "-c", "kill -9 $$"]);
    await process.wait();
    return await process._poll();
  },

  stdinClosedTwice: async () => {
    const process = await sandbox.exec(["cat"]);
    await process.stdin.writeText("once");
    await process.stdin.close();
    await process.closeStdin();
    return { stdout: await process.stdout.readText(), code: await process.wait() };
  },

  stdinSideBySide: async () => {
    const process = await sandbox.exec(["cat"]);
    const writer = process.stdin.getWriter();
    await Promise.all([...Array.from({ length: 20 }, (_, i) => writer.write(`${i};`)), writer.close()]);
    return await process.stdout.readText();
  },

  outputCancelledAndTheRestUnread: async () => {
    const process = await sandbox.exec(["sh", "-c", "echo first; seq 1 100000; exit 8"]);
    const reader = process.stdout.getReader();
    await reader.read();
    await reader.cancel();
    return await process.wait();
  },

  waitedForTwice: async () => {
    const process = await sandbox.exec(["sh", "-c", "exit 6"]);
    return [await process.wait(), await process.wait()];
  },

  notOfWholeSeconds: () => failure(() => sandbox.exec(["true"], { timeoutMs: 1500 })),

  relativeWorkingDirectory: () => failure(() => sandbox.exec(["true"], { workdir: "tmp" })),

  noCommand: () => failure(() => sandbox.exec([])),
}));
