import { failure, report, run, withSandbox } from "./harness.mjs";

/** Starts to watch, lets something happen, and collects events until they suffice. Access is left out: it depends on who looks. */
async function watch(sandbox, path, params, act, isEnough) {
  const events = [];
  const watching = sandbox.filesystem.watch(path, { timeoutMs: 60000, filter: ["Create", "Modify", "Remove", "Unknown"], ...params });

  // Nothing says when the watch has begun: a canary that is touched until it is seen does.
  let seen = false;
  const canary = `${path}/.canary`;
  const touching = (async () => {
    while (!seen) await run(sandbox, ["sh", "-c", 'echo x >>"$1"', "sh", canary]);
  })();
  for await (const event of watching) {
    if (event.paths.includes(canary)) {
      if (!seen) {
        seen = true;
        await touching;
        await act();
      }
    } else {
      events.push(event);
      if (isEnough(events)) break;
    }
  }

  return events;
}

const inDirectory = (use) =>
  withSandbox({}, async (sandbox) => {
    await sandbox.filesystem.makeDirectory("/w/sub");
    return use(sandbox);
  });

const has = (type, ...paths) => (events) => events.some((event) => event.eventType === type && JSON.stringify(event.paths) === JSON.stringify(paths));
const told = (type, ...paths) => (events) => ({ told: has(type, ...paths)(events), events });

await report({
  create: () =>
    inDirectory(async (sandbox) => {
      const enough = has("Create", "/w/new file\n");
      const events = await watch(sandbox, "/w", {}, () => run(sandbox, ["sh", "-c", ": >'/w/new file\n'"]), enough);
      return told("Create", "/w/new file\n")(events);
    }),

  modify: () =>
    inDirectory(async (sandbox) => {
      await sandbox.filesystem.writeText("one", "/w/file");
      const events = await watch(sandbox, "/w", {}, () => run(sandbox, ["sh", "-c", "echo two >>/w/file"]), has("Modify", "/w/file"));
      return told("Modify", "/w/file")(events);
    }),

  remove: () =>
    inDirectory(async (sandbox) => {
      await sandbox.filesystem.writeText("one", "/w/file");
      const events = await watch(sandbox, "/w", {}, () => sandbox.filesystem.remove("/w/file"), has("Remove", "/w/file"));
      return told("Remove", "/w/file")(events);
    }),

  rename: () =>
    inDirectory(async (sandbox) => {
      await sandbox.filesystem.writeText("one", "/w/old");
      const enough = has("Modify", "/w/old", "/w/new");
      return told("Modify", "/w/old", "/w/new")(await watch(sandbox, "/w", {}, () => run(sandbox, ["mv", "/w/old", "/w/new"]), enough));
    }),

  renameOut: () =>
    inDirectory(async (sandbox) => {
      await sandbox.filesystem.writeText("one", "/w/old");
      const enough = has("Modify", "/w/old");
      return told("Modify", "/w/old")(await watch(sandbox, "/w", {}, () => run(sandbox, ["mv", "/w/old", "/elsewhere"]), enough));
    }),

  renameIn: () =>
    inDirectory(async (sandbox) => {
      await sandbox.filesystem.writeText("one", "/elsewhere");
      const enough = has("Modify", "/w/new");
      return told("Modify", "/w/new")(await watch(sandbox, "/w", {}, () => run(sandbox, ["mv", "/elsewhere", "/w/new"]), enough));
    }),

  writeThroughTheFileApi: () =>
    inDirectory(async (sandbox) => {
      const seen = (events) => events.some((event) => event.paths.at(-1) === "/w/written");
      const events = await watch(sandbox, "/w", {}, () => sandbox.filesystem.writeText("text", "/w/written"), seen);
      return { told: seen(events) };
    }),

  notRecursive: () =>
    inDirectory(async (sandbox) => {
      const act = () => run(sandbox, ["sh", "-c", "echo x >/w/sub/deep; echo y >/w/last"]);
      const events = await watch(sandbox, "/w", {}, act, has("Create", "/w/last"));
      return { deep: events.some((event) => event.paths.includes("/w/sub/deep")) };
    }),

  recursive: () =>
    inDirectory(async (sandbox) => {
      const act = () => run(sandbox, ["sh", "-c", "echo x >/w/sub/deep"]);
      return told("Create", "/w/sub/deep")(await watch(sandbox, "/w", { recursive: true }, act, has("Create", "/w/sub/deep")));
    }),

  directoryMadeLater: () =>
    inDirectory(async (sandbox) => {
      const act = () => run(sandbox, ["sh", "-c", "mkdir -p /w/a/b/c && echo x >/w/a/b/c/file"]);
      const events = await watch(sandbox, "/w", { recursive: true }, act, has("Create", "/w/a/b/c/file"));
      return { told: ["/w/a", "/w/a/b", "/w/a/b/c", "/w/a/b/c/file"].map((path) => events.filter((one) => one.eventType === "Create" && one.paths[0] === path).length) };
    }),

  directoryMoved: () =>
    inDirectory(async (sandbox) => {
      const act = () => run(sandbox, ["sh", "-c", "mv /w/sub /w/moved && sleep 0.2 && echo x >/w/moved/file"]);
      const events = await watch(sandbox, "/w", { recursive: true }, act, has("Create", "/w/moved/file"));
      return { renamed: has("Modify", "/w/sub", "/w/moved")(events), told: has("Create", "/w/moved/file")(events) };
    }),

  filter: () =>
    inDirectory(async (sandbox) => {
      // The canary of the other cases would be filtered too, so that changes go on until one is seen.
      let done = false;
      const acting = (async () => {
        while (!done) await run(sandbox, ["sh", "-c", "echo x >/w/file; rm /w/file"]);
      })();
      const types = new Set();
      let count = 0;
      for await (const event of sandbox.filesystem.watch("/w", { filter: ["Remove"], timeoutMs: 60000 })) {
        types.add(event.eventType);
        if (++count === 5) break;
      }

      done = true;
      await acting;
      return [...types];
    }),

  filterOfNothing: () =>
    inDirectory(async (sandbox) => {
      const acting = run(sandbox, ["sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo x >/w/file; sleep 0.1; done"]);
      const events = [];
      for await (const event of sandbox.filesystem.watch("/w", { filter: [], timeoutMs: 2000 })) events.push(event);
      await acting;
      return events;
    }),

  timeout: () =>
    inDirectory(async (sandbox) => {
      const started = Date.now();
      const events = [];
      for await (const event of sandbox.filesystem.watch("/w", { timeoutMs: 1000 })) events.push(event);
      return { events, waited: Date.now() - started >= 900 };
    }),

  timeoutOfNothing: () =>
    inDirectory(async (sandbox) => {
      const events = [];
      for await (const event of sandbox.filesystem.watch("/w", { timeoutMs: 0 })) events.push(event);
      return events;
    }),

  file: () =>
    inDirectory(async (sandbox) => {
      await sandbox.filesystem.writeText("one", "/w/file");
      let done = false;
      const acting = (async () => {
        while (!done) await run(sandbox, ["sh", "-c", "echo two >>/w/file; echo x >/w/other"]);
      })();
      const paths = new Set();
      let count = 0;
      for await (const event of sandbox.filesystem.watch("/w/file", { filter: ["Modify", "Create"], timeoutMs: 60000 })) {
        event.paths.forEach((path) => paths.add(path));
        if (++count === 4) break;
      }

      done = true;
      await acting;
      return [...paths];
    }),

  link: () =>
    inDirectory(async (sandbox) => {
      await run(sandbox, ["ln", "-s", "/w/sub", "/link"]);
      let done = false;
      const acting = (async () => {
        while (!done) await run(sandbox, ["sh", "-c", "echo x >/w/sub/file; rm /w/sub/file"]);
      })();
      let path;
      for await (const event of sandbox.filesystem.watch("/link", { filter: ["Create"], timeoutMs: 60000 })) {
        path = event.paths[0];
        break;
      }

      done = true;
      await acting;
      return path;
    }),

  missing: () =>
    inDirectory((sandbox) =>
      failure(async () => {
        for await (const _ of sandbox.filesystem.watch("/not/there")) break;
      }),
    ),

  notAbsolute: () =>
    inDirectory((sandbox) =>
      failure(async () => {
        for await (const _ of sandbox.filesystem.watch("relative")) break;
      }),
    ),

  sandboxEnds: () =>
    inDirectory(async (sandbox) => {
      const watching = failure(async () => {
        for await (const _ of sandbox.filesystem.watch("/w", { filter: [] }));
      });
      await run(sandbox, ["sleep", "0.3"]);
      await sandbox.terminate();
      await watching;
      return true;
    }),
});
