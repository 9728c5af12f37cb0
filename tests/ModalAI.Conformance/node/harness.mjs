// What the scripts share: a client of Modal's own SDK, and cases whose results go to standard output as one JSON object.
import { ModalClient } from "modal";

export const client = new ModalClient();
export const v2 = process.env.MODAL_SANDBOX_V2 !== "0";

/** Creates a sandbox of the app, hands it to the case, and ends it whatever happens. */
export async function withSandbox(params, use) {
  const app = await client.apps.fromName("conformance", { createIfMissing: true });
  const image = client.images.fromRegistry("debian:12");
  const sandbox = await client.sandboxes.create(app, image, params);
  try {
    return await use(sandbox, app);
  } finally {
    await sandbox.terminate({ wait: true });
  }
}

/** Runs a command to its end. */
export async function run(sandbox, command, params = {}) {
  const process = await sandbox.exec(command, params);
  const [stdout, stderr, code] = await Promise.all([process.stdout.readText(), process.stderr.readText(), process.wait()]);
  return { stdout, stderr, code };
}

/** What a failure looks like to a user of the SDK. */
export async function failure(action) {
  try {
    await action();
    return null;
  } catch (error) {
    return { name: error.constructor.name, code: error.code ?? null, message: error.message };
  }
}

/** Runs the cases one after the other and prints what each returned, or how it failed. */
export async function report(cases) {
  print(await collect(cases));
}

/** The same for cases that share one sandbox. */
export async function reportInSandbox(params, makeCases) {
  print(await withSandbox(params, (sandbox) => collect(makeCases(sandbox))));
}

async function collect(cases) {
  const results = {};
  for (const [name, act] of Object.entries(cases)) {
    try {
      results[name] = { value: (await act()) ?? null };
    } catch (error) {
      results[name] = { failed: `${error.constructor.name}: ${error.message}\n${error.stack}` };
    }
  }

  return results;
}

function print(results) {
  process.stdout.write(JSON.stringify(results), () => process.exit(0));
}
