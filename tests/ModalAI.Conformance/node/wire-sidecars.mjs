import { toTheEnd } from "./wire-commands.mjs";

/** A sandbox, its sidecars and an image that is built. */
const withSidecars = (run, use) =>
  run.withSandbox({}, async (sandbox) => use(sandbox.experimentalSidecars, await run.debian.build(await run.app())));

export const sidecars = {
  "create a sidecar": (run) => withSidecars(run, (sidecars, image) => sidecars.create("side", image)),

  "create a sidecar with everything": (run) =>
    withSidecars(run, async (sidecars, image) => {
      const { secrets, volumes } = run.client;
      await sidecars.create("side", image, {
        command: ["sleep", "60"],
        workdir: "/tmp",
        secrets: [await secrets.fromName("warehouse"), await secrets.fromObject({ A: "1" })],
        env: { B: "2" },
        experimentalMemoryReserveConsumeMiB: 64,
        volumes: { "/data": await volumes.fromName("data", { createIfMissing: true }) },
      });
    }),

  "create a sidecar with allowlists": (run) =>
    withSidecars(run, (sidecars, image) =>
      sidecars.create("side", image, {
        outboundCidrAllowlist: ["10.0.0.0/8"],
        outboundDomainAllowlist: ["example.com"],
      }),
    ),

  "use a sidecar": (run) =>
    withSidecars(run, async (sidecars, image) => {
      const created = await sidecars.create("side", image, { command: ["sleep", "60"] });
      await sidecars.list();
      const sidecar = await sidecars.get("side");
      await toTheEnd(await sidecar.exec(["true"], { mode: "binary" }));
      await sidecar.filesystem.stat("/tmp");
      await created.poll();
      await created.terminate({ wait: true });
      await sidecars.list({ includeTerminated: true });
      await sidecars.get("side", { includeTerminated: true });
    }),
};
