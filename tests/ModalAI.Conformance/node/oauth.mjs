import { report, run, withSandbox } from "./harness.mjs";

await report({ sandbox: () => withSandbox({}, async (sandbox) => (await run(sandbox, ["echo", "served"])).stdout) });
