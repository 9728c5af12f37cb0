export const images = {
  "build an image": async (run) => {
    const image = await run.client.images.fromRegistry("python:3.13-slim").build(await run.app());
    await run.client.images.fromId(image.imageId);
    await run.withSandbox({ image });
  },

  "build an image in layers": async (run) =>
    run.debian.dockerfileCommands(["RUN true", "ENV A=1"]).dockerfileCommands(["RUN echo layer"]).build(await run.app()),

  "build a layer with everything": async (run) => {
    const { secrets } = run.client;
    const params = {
      env: { B: "2" },
      secrets: [await secrets.fromName("warehouse"), await secrets.fromObject({ A: "1" })],
      gpu: "T4:2",
      forceBuild: true,
    };
    await run.debian.dockerfileCommands(["RUN echo options"], params).build(await run.app());
  },

  "build on an image id": async (run) => {
    const image = await run.debian.build(await run.app());
    await image.dockerfileCommands(["RUN echo on"]).build(await run.app());
  },

  "build an image of a private registry": async (run) =>
    run.client.images.fromRegistry("ghcr.io/owner/private:1", await run.client.secrets.fromName("registry")).build(await run.app()),

  "build an image of a private registry with values": async (run) => {
    const secret = await run.client.secrets.fromObject({ REGISTRY_USERNAME: "u", REGISTRY_PASSWORD: "p" });
    await run.client.images.fromRegistry("ghcr.io/owner/values:1", secret).build(await run.app());
  },

  "build an image of AWS": async (run) =>
    run.client.images
      .fromAwsEcr("1234.dkr.ecr.us-east-1.amazonaws.com/a:1", await run.client.secrets.fromName("aws"))
      .build(await run.app()),

  "build an image of Google": async (run) =>
    run.client.images
      .fromGcpArtifactRegistry("us-docker.pkg.dev/p/r/a:1", await run.client.secrets.fromName("gcp"))
      .build(await run.app()),

  "create with layers": (run) => run.withSandbox({ image: run.debian.dockerfileCommands(["RUN echo sandbox"]) }),

  "publish an image and find it by name": async (run) => {
    const image = await run.debian.build(await run.app());
    await image.publish("base");
    await image.publish("base:v2");
    await run.client.images.fromName("base");
    await run.client.images.fromName("base:v2", { environment: "main" });
    await run.refused(() => run.client.images.fromName("main/base:v2"));
  },

  "delete an image": async (run) => {
    const image = await run.debian.dockerfileCommands(["RUN echo deleted"]).build(await run.app());
    await run.client.images.delete(image.imageId);
  },
};
