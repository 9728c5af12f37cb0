// What the scripts about images share.
import { client, failure, run } from "./harness.mjs";

export const app = await client.apps.fromName("conformance", { createIfMissing: true });
export const debian = client.images.fromRegistry("debian:12");
export const RANDOM = "RUN od -An -N8 -tx1 /dev/urandom > /srv/number";

/** Creates a sandbox of an image, hands it to the case, and ends it whatever happens. */
export async function withImage(image, use, params = {}) {
  const sandbox = await client.sandboxes.create(app, image, params);
  try {
    return await use(sandbox);
  } finally {
    await sandbox.terminate({ wait: true });
  }
}

/** What a script prints in a sandbox of an image. */
export const inImage = (image, script, params = {}) => withImage(image, async (sandbox) => (await run(sandbox, ["sh", "-c", script])).stdout, params);

export const build = (commands, params) => failure(() => debian.dockerfileCommands(commands, params).build(app));
