import { Probe } from "modal";
import { failure, report, run, withSandbox } from "./harness.mjs";

const listen = (port) => ["perl", "-MSocket", "-e", `socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(${port}, INADDR_LOOPBACK)) or die $!; listen(S, 8); sleep 60`];

await report({
  tcp: () =>
    withSandbox({ readinessProbe: Probe.withTcp(8200), command: ["sh", "-c", "while [ ! -e /go ]; do sleep 0.05; done; exec \"$@\"", "sh", ...listen(8200)] }, async (sandbox) => {
      const early = await failure(() => sandbox.waitUntilReady(500));
      await run(sandbox, ["touch", "/go"]);
      await sandbox.waitUntilReady(30_000);
      return { early, again: (await sandbox.waitUntilReady(1_000)) ?? null };
    }),

  tcpWithItsOwnNetwork: () =>
    withSandbox({ blockNetwork: true, readinessProbe: Probe.withTcp(80, { intervalMs: 20 }), command: listen(80) }, async (sandbox) => (await sandbox.waitUntilReady(30_000)) ?? null),

  exec: () =>
    withSandbox({ readinessProbe: Probe.withExec(["sh", "-c", "echo probed >>/probes; test -e /ready"], { intervalMs: 50 }) }, async (sandbox) => {
      const early = await failure(() => sandbox.waitUntilReady(500));
      await run(sandbox, ["touch", "/ready"]);
      await sandbox.waitUntilReady(30_000);
      return { early, tried: Number((await run(sandbox, ["sh", "-c", "wc -l </probes"])).stdout) > 1 };
    }),

  execOfNoProgram: () => withSandbox({ readinessProbe: Probe.withExec(["no-such-program"]) }, (sandbox) => failure(() => sandbox.waitUntilReady(700))),

  environment: () =>
    withSandbox({ workdir: "/work", env: { WHO: "me" }, readinessProbe: Probe.withExec(["sh", "-c", "test \"$PWD $WHO\" = '/work me'"]) }, async (sandbox) => (await sandbox.waitUntilReady(30_000)) ?? null),

  none: () => withSandbox({}, (sandbox) => failure(() => sandbox.waitUntilReady(5_000))),

  endedBefore: () =>
    withSandbox({ command: ["sh", "-c", "sleep 1"], readinessProbe: Probe.withTcp(8201) }, (sandbox) => failure(() => sandbox.waitUntilReady(30_000))),

  // The SDK refuses these by itself.
  badPort: () => failure(async () => Probe.withTcp(70_000)),
  badInterval: () => failure(async () => Probe.withTcp(80, { intervalMs: 0 })),
  badTimeout: () => withSandbox({}, (sandbox) => failure(() => sandbox.waitUntilReady(0))),
});
