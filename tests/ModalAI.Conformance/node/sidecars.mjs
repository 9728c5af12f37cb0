import { client, failure, report, run, v2, withSandbox } from "./harness.mjs";

const unknownImage = { imageId: "im-0000000000000000000000" };

/** A sandbox with an image that is built, which sidecars need. */
const withImage = (params, use) =>
  withSandbox(params, async (sandbox, app) => {
    const image = await client.images.fromRegistry("alpine:3.20").build(app);
    return await use(sandbox.experimentalSidecars, image, sandbox);
  });

const names = (containers) => containers.map((container) => container.containerName);

/** Waits until a command succeeds in a container: what it waits for comes soon, or the script's own limit ends it. */
async function until(target, command) {
  while ((await run(target, command)).code !== 0);
}

await report({
  create: () =>
    withImage({}, async (sidecars, image, sandbox) => {
      const sidecar = await sidecars.create("proxy", image);
      return {
        id: sidecar.containerId,
        name: sidecar.containerName,
        running: await sidecar.poll(),
        listed: names(await sidecars.list()),
        found: (await sidecars.get("proxy")).containerId === sidecar.containerId,
        main: await sandbox.poll(),
      };
    }),

  exec: () =>
    withImage({ env: { OF_SANDBOX: "yes" } }, async (sidecars, image, sandbox) => {
      const named = await client.secrets.fromName("warehouse");
      const sidecar = await sidecars.create("worker", image, { env: { OF_SIDECAR: "own" }, secrets: [named], workdir: "/work/dir" });
      const result = await run(sidecar, ["sh", "-c", "echo $OF_SIDECAR-$OF_SANDBOX-$WAREHOUSE_KEY; pwd; echo $MODAL_SANDBOX_ID >&2; exit 4"]);
      const main = await run(sandbox, ["sh", "-c", "echo [$OF_SIDECAR]"]);
      return { stdout: result.stdout, code: result.code, ids: result.stderr.trim() === sandbox.sandboxId, main: main.stdout };
    }),

  stdin: () =>
    withImage({}, async (sidecars, image) => {
      const sidecar = await sidecars.create("reader", image);
      const process = await sidecar.exec(["cat"]);
      await process.stdin.writeText("to the sidecar");
      await process.closeStdin();
      return await process.stdout.readText();
    }),

  files: () =>
    withImage({}, async (sidecars, image, sandbox) => {
      const sidecar = await sidecars.create("store", image);
      await sidecar.filesystem.writeText("in the sidecar", "/own.txt");
      return {
        read: await sidecar.filesystem.readText("/own.txt"),
        listed: (await sidecar.filesystem.listFiles("/")).some((entry) => entry.name === "own.txt"),
        main: await failure(() => sandbox.filesystem.readText("/own.txt")),
        missing: await failure(() => sidecar.filesystem.readText("/none.txt")),
      };
    }),

  processes: () =>
    withImage({}, async (sidecars, image, sandbox) => {
      const sidecar = await sidecars.create("hidden", image, { command: ["sleep", "4242"] });
      const look = ["sh", "-c", "grep -lsz '^4242$' /proc/[0-9]*/cmdline | grep -q ."];
      await until(sidecar, look);
      return (await run(sandbox, look)).code;
    }),

  // A server in the sidecar on the loopback address of the sandbox, which has no other network.
  network: () =>
    withImage({ blockNetwork: true }, async (sidecars, image, sandbox) => {
      const server = ["perl", "-MIO::Socket::INET", "-e", 'my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 8123, Listen => 5) or die; while (my $c = $s->accept) { print $c "from the sidecar"; close $c }'];
      const sidecar = await sidecars.create("server", image, { command: server });
      const get = ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8123 && cat <&3"];
      await until(sandbox, get);
      return {
        main: (await run(sandbox, get)).stdout,
        devices: (await run(sidecar, ["sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \\n'"])).stdout,
        sameNetwork: (await run(sandbox, ["readlink", "/proc/self/ns/net"])).stdout === (await run(sidecar, ["readlink", "/proc/self/ns/net"])).stdout,
        otherProcesses: (await run(sandbox, ["readlink", "/proc/self/ns/pid"])).stdout !== (await run(sidecar, ["readlink", "/proc/self/ns/pid"])).stdout,
      };
    }),

  volume: () =>
    withImage({}, async (sidecars, image) => {
      const volume = await client.volumes.fromName("of-sidecars", { createIfMissing: true });
      const first = await sidecars.create("first", image, { volumes: { "/data": volume } });
      const second = await sidecars.create("second", image, { volumes: { "/mnt/same": volume.withMountOptions({ readOnly: true }) } });
      await first.filesystem.writeText("shared", "/data/file");
      return {
        read: await second.filesystem.readText("/mnt/same/file"),
        write: (await run(second, ["touch", "/mnt/same/other"])).code !== 0,
        twice: await failure(() => sidecars.create("twice", image, { volumes: { "/a": volume, "/b": volume } })),
      };
    }),

  exits: () =>
    withImage({}, async (sidecars, image, sandbox) => {
      const fails = await sidecars.create("fails", image, { command: ["sh", "-c", "exit 9"] });
      const succeeds = await sidecars.create("succeeds", image, { command: ["true"] });
      const missing = await sidecars.create("missing", image, { command: ["/no/such/program"] });
      const codes = [await fails.wait(), await succeeds.wait(), await missing.wait()];
      const gone = await failure(() => sidecars.get("fails"));
      const kept = await sidecars.get("fails", { includeTerminated: true });
      return {
        codes,
        polled: await fails.poll(),
        gone,
        kept: [kept.containerId === fails.containerId, await kept.poll(), await kept.wait()],
        running: names(await sidecars.list()),
        all: names(await sidecars.list({ includeTerminated: true })),
        sandbox: await sandbox.poll(),
      };
    }),

  terminate: () =>
    withImage({}, async (sidecars, image) => {
      const sidecar = await sidecars.create("stopped", image, { command: ["sleep", "1000"] });
      const busy = await sidecar.exec(["sleep", "1000"]);
      const code = await sidecar.terminate({ wait: true });
      return {
        code,
        busy: await busy.wait(),
        again: await failure(() => sidecar.terminate()),
        exec: await failure(() => sidecar.exec(["true"])),
        file: await failure(() => sidecar.filesystem.readText("/etc/hostname")),
        reused: (await sidecars.create("stopped", image)).containerId !== sidecar.containerId,
      };
    }),

  endsWithTheSandbox: () =>
    withImage({}, async (sidecars, image, sandbox) => {
      const sidecar = await sidecars.create("bound", image, { command: ["sleep", "1000"] });
      const waiting = sidecar.wait();
      await sandbox.terminate({ wait: true });
      return { code: await waiting, create: await failure(() => sidecars.create("late", image)) };
    }),

  names: () =>
    withImage({}, async (sidecars, image) => {
      await sidecars.create("taken", image);
      return {
        taken: await failure(() => sidecars.create("taken", image)),
        main: await failure(() => sidecars.create("main", image)),
        empty: await failure(() => sidecars.create("", image)),
        blanks: await failure(() => sidecars.create("with blanks", image)),
        unknown: await failure(() => sidecars.get("nobody")),
        getMain: await failure(() => sidecars.get("main")),
      };
    }),

  refusals: () =>
    withImage({}, async (sidecars, image) => {
      const gone = await client.secrets.fromName("short-lived");
      await client.secrets.delete("short-lived");
      return {
        image: await failure(() => sidecars.create("a", unknownImage)),
        allowlist: await failure(() => sidecars.create("b", image, { outboundCidrAllowlist: ["10.0.0.0/8"] })),
        secret: await failure(() => sidecars.create("c", image, { secrets: [gone] })),
        workdir: await failure(() => sidecars.create("d", image, { workdir: "relative" })),
        command: await failure(() => sidecars.create("e", image, { command: ["x".repeat(65537)] })),
        left: names(await sidecars.list()),
      };
    }),

  memory: () =>
    withImage({}, async (sidecars, image) => (await run(await sidecars.create("roomy", image, { experimentalMemoryReserveConsumeMiB: 64 }), ["echo", "runs"])).stdout),

  detached: () =>
    withImage({}, async (sidecars, image, sandbox) => {
      await sidecars.create("left", image);
      const other = await client.sandboxes.fromId(sandbox.sandboxId);
      const handle = await other.experimentalSidecars.get("left");
      other.detach();
      return await failure(() => handle.exec(["true"]));
    }),

  // The switch that sends creations to the command router, as they go for V1 in any case.
  ...(v2 && {
    throughTheRouter: () =>
      withImage({}, async (sidecars, image) => {
        process.env.MODAL_USE_CONTROL_PLANE_SIDECAR_CREATE = "0";
        try {
          const sidecar = await sidecars.create("routed", image, { env: { A: "1" }, workdir: "/tmp" });
          return (await run(sidecar, ["sh", "-c", "echo $A; pwd"])).stdout;
        } finally {
          delete process.env.MODAL_USE_CONTROL_PLANE_SIDECAR_CREATE;
        }
      }),
  }),
});
