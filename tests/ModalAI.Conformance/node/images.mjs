import { client, failure, report, run } from "./harness.mjs";
import { app, build, debian, inImage, RANDOM, withImage } from "./images-harness.mjs";

await report({
  tag: async () => {
    const first = await client.images.fromRegistry("debian:12").build(app);
    const second = await client.images.fromRegistry("debian:12").build(app);
    return { same: first.imageId === second.imageId, shape: /^im-[0-9A-Za-z]{22}$/.test(first.imageId) };
  },

  fromId: async () => {
    const built = await debian.dockerfileCommands(["RUN echo base > /srv/base"]).build(app);
    const found = await client.images.fromId(built.imageId);
    const more = found.dockerfileCommands(["RUN cat /srv/base > /srv/copy"]);
    return { same: found.imageId === built.imageId, more: await inImage(more, "cat /srv/copy"), unknown: await failure(() => client.images.fromId("im-0000000000000000000000")) };
  },

  cache: async () => {
    const number = async (params) => {
      const image = await debian.dockerfileCommands([RANDOM], params).build(app);
      return { id: image.imageId, number: await inImage(image, "cat /srv/number") };
    };
    const first = await number();
    const second = await number();
    const forced = await number({ forceBuild: true });
    const after = await number();
    return {
      sameId: first.id === second.id,
      sameNumber: first.number === second.number && first.number.length > 8,
      forcedId: forced.id !== first.id,
      forcedNumber: forced.number !== first.number,
      kept: after.id === forced.id,
      old: (await inImage(await client.images.fromId(first.id), "cat /srv/number")) === first.number,
    };
  },

  cacheOfSecrets: async () => {
    const id = async (value) => (await debian.dockerfileCommands([RANDOM], { env: { KEY: value } }).build(app)).imageId;
    const [first, same, other] = [await id("one"), await id("one"), await id("two")];
    return { same: first === same, other: first !== other };
  },

  sideBySide: async () => {
    const images = await Promise.all([1, 2, 3].map(() => debian.dockerfileCommands([RANDOM, "RUN sleep 0.2"]).build(app)));
    return new Set(images.map((image) => image.imageId)).size;
  },

  registries: async () => {
    const missing = await client.secrets.fromObject({ OTHER: "x" });
    const user = await client.secrets.fromObject({ REGISTRY_USERNAME: "u", REGISTRY_PASSWORD: "p" });
    const aws = await client.secrets.fromObject({ AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "c" });
    const gcp = await client.secrets.fromObject({ SERVICE_ACCOUNT_JSON: "{}" });
    const of = (image) => failure(() => image.build(app));
    return {
      mapped: await of(client.images.fromRegistry("mapped:1", user)),
      mappedAws: await of(client.images.fromAwsEcr("mapped:1", aws)),
      mappedGcp: await of(client.images.fromGcpArtifactRegistry("mapped:1", gcp)),
      unmapped: await of(client.images.fromRegistry("private/image:1", user)),
      unmappedAws: await of(client.images.fromAwsEcr("123.dkr.ecr.us-east-1.amazonaws.com/image:1", aws)),
      unmappedGcp: await of(client.images.fromGcpArtifactRegistry("us-docker.pkg.dev/image:1", gcp)),
      keys: await of(client.images.fromAwsEcr("mapped:1", missing)),
      otherKeys: await of(client.images.fromGcpArtifactRegistry("mapped:1", user)),
    };
  },

  names: async () => {
    const one = await debian.dockerfileCommands(["RUN echo one > /srv/version"]).build(app);
    const two = await debian.dockerfileCommands(["RUN echo two > /srv/version"]).build(app);
    await one.publish("tools");
    await one.publish("tools:v1");
    const latest = await inImage(await client.images.fromName("tools"), "cat /srv/version");
    await two.publish("main/tools");
    return {
      latest,
      moved: await inImage(await client.images.fromName("tools:latest"), "cat /srv/version"),
      tagged: await inImage(await client.images.fromName("main/tools:v1"), "cat /srv/version"),
      missing: await failure(() => client.images.fromName("tools:v2")),
      environment: await failure(() => client.images.fromName("no-such-environment/tools")),
      workspace: await failure(() => client.images.fromName("team/main/tools")),
      publishMissing: await failure(async () => (await client.images.fromId("im-0000000000000000000000")).publish("x")),
    };
  },

  badNames: async () => {
    const image = await debian.build(app);
    const names = ["", "a b", "im-x", "/x", "x:", "x:a b", "a".repeat(65)];
    return await Promise.all(names.map(async (name) => (await failure(() => image.publish(name)))?.name));
  },

  delete: async () => {
    const base = await debian.dockerfileCommands(["RUN echo base > /srv/base"], { forceBuild: true }).build(app);
    const child = await base.dockerfileCommands(["RUN echo child > /srv/child"]).build(app);
    await base.publish("short");
    await client.images.delete(base.imageId);
    const again = await debian.dockerfileCommands(["RUN echo base > /srv/base"]).build(app);
    return {
      byId: await failure(() => client.images.fromId(base.imageId)),
      byName: await failure(() => client.images.fromName("short")),
      twice: await failure(() => client.images.delete(base.imageId)),
      child: await inImage(child, "cat /srv/base /srv/child"),
      sandbox: (await failure(() => withImage(base, () => null)))?.code,
      rebuilt: again.imageId !== base.imageId && (await inImage(again, "cat /srv/base")),
    };
  },

  refusals: async () => ({
    localCopy: await failure(() => debian.dockerfileCommands(["COPY . /app"])),
    copyFrom: await build(["COPY --from=alpine:3 /bin/busybox /bin/busybox"]),
    add: await build(["ADD file /srv/file"]),
    user: await build(["USER nobody"]),
    mount: await build(["RUN --mount=type=cache,target=/x true"]),
    stage: await build(["FROM other"]),
    gpu: await build(["RUN true"], { gpu: "T4" }),
  }),

  shared: async () => {
    const image = await debian.dockerfileCommands(["RUN echo image > /srv/file"]).build(app);
    return await withImage(image, (one) =>
      withImage(image, async (two) => {
        await run(one, ["sh", "-c", "echo one > /srv/file; rm -r /usr/share/doc"]);
        return (await run(two, ["sh", "-c", "cat /srv/file; ls -d /usr/share/doc"])).stdout;
      }),
    );
  },

  snapshot: async () => {
    const image = debian.dockerfileCommands(["ENV KEPT=yes", "WORKDIR /srv/w", "RUN echo built > file"]);
    const copy = await withImage(image, async (sandbox) => {
      await run(sandbox, ["sh", "-c", "echo more >> file"]);
      return await sandbox.snapshotFilesystem();
    });
    return await inImage(copy.dockerfileCommands(["RUN echo again >> file"]), "cat file; echo $KEPT");
  },
});
