import { client, failure, report, run } from "./harness.mjs";
import { app, build, debian, inImage, withImage } from "./images-harness.mjs";

await report({
  layers: () =>
    inImage(
      debian
        .dockerfileCommands([
          "ENV GREETING=hello NAME='big world'",
          "ENV BOTH $GREETING ${NAME}",
          "ENV PATH=/opt/tool:$PATH",
          "WORKDIR /srv/app",
          'RUN echo "$BOTH $(pwd)" > made',
        ])
        .dockerfileCommands(["WORKDIR deeper", 'RUN ["sh", "-c", "cat ../made > copy"]', "RUN rm ../made"]),
      "pwd; cat copy; ls -A ..; echo $GREETING; echo $PATH",
    ),

  shells: () =>
    inImage(
      debian.dockerfileCommands([
        "# A comment\nRUN echo one \\\n  # inside\n  two > /srv/a && \\\n  echo three >> /srv/a",
        "RUN <<EOF\necho four >> /srv/a\necho five >> /srv/a\nEOF",
        "RUN cat <<-'END' >> /srv/a\n\tsix $HOME\n\tEND",
        'SHELL ["/bin/sh", "-e", "-c"]',
        "ARG WORD=seven",
        "RUN echo $WORD >> /srv/a",
        "LABEL by=test\nEXPOSE 80",
      ]),
      "cat /srv/a; echo [$WORD]",
    ),

  secrets: async () => {
    const secrets = [await client.secrets.fromName("warehouse")];
    const image = debian.dockerfileCommands(["RUN echo $LAYER-$WAREHOUSE_KEY > /srv/seen"], { env: { LAYER: "layer" }, secrets });
    return await inImage(image, "cat /srv/seen; echo [$LAYER$WAREHOUSE_KEY]");
  },

  precedence: async () =>
    await withImage(
      debian.dockerfileCommands(["ENV A=image B=image C=image D=image"]),
      async (sandbox) => (await run(sandbox, ["sh", "-c", "echo $A $B $C $D"], { env: { D: "command" } })).stdout,
      { secrets: [await client.secrets.fromObject({ B: "secret", C: "secret" })], env: { C: "env" } },
    ),

  failing: async () => ({
    command: await build(["RUN echo before && exit 3"]),
    again: await build(["RUN echo before && exit 3"]),
    missing: await build(["RUN no-such-program"]),
    unknown: await build(["FETCH something"]),
    quote: await build(['ENV A="open']),
    heredoc: await build(["RUN <<EOF\ntrue"]),
  }),

  recovers: async () => {
    const broken = await debian.dockerfileCommands(["RUN touch /srv/lower"]).build(app);
    const first = await failure(() => broken.dockerfileCommands(["RUN rm /srv/lower && [ -e /srv/nothing ]"]).build(app));
    return { failed: first !== null, whole: await inImage(await client.images.fromId(broken.imageId), "ls /srv") };
  },

  root: () => inImage(debian.dockerfileCommands(["USER root", "RUN id -u > /srv/user"]), "cat /srv/user"),

  commands: async () => {
    // Says with what it was started, and waits for the end of the sandbox.
    const base = debian.dockerfileCommands(["ENV WHO=image", "RUN <<EOF\ncat > /srv/run <<'TEXT'\n#!/bin/sh\necho $WHO $* > /srv/out\nexec sleep 1000\nTEXT\nchmod +x /srv/run\nEOF"]);
    const cmd = base.dockerfileCommands(['CMD ["/srv/run", "cmd"]']);
    const entrypoint = cmd.dockerfileCommands(['ENTRYPOINT ["/srv/run", "entry"]']);
    const started = (image, params) => inImage(image, "until [ -s /srv/out ]; do sleep 0.01; done; cat /srv/out", params);
    return {
      cmd: await started(cmd),
      instead: await started(cmd, { command: ["/srv/run", "argument"] }),
      shell: await started(base.dockerfileCommands(["CMD /srv/run $0 $WHO"])),
      entrypoint: await started(entrypoint),
      both: await started(entrypoint.dockerfileCommands(['CMD ["default"]'])),
      arguments: await started(entrypoint, { command: ["given"] }),
      exec: await withImage(entrypoint, async (sandbox) => (await run(sandbox, ["echo", "plain"])).stdout),
      workdir: await inImage(debian.dockerfileCommands(["WORKDIR /srv/w"]), "pwd", { workdir: "/usr" }),
    };
  },

  deep: async () => {
    let image = debian;
    for (let layer = 0; layer < 12; layer++) {
      image = image.dockerfileCommands([`RUN echo ${layer} >> /srv/layers`, `RUN touch /usr/local/${layer}`]);
    }
    return await inImage(image, "tr -d '\\n' < /srv/layers; ls /usr/local | grep -c '^[0-9]'");
  },

  busybox: () =>
    inImage(
      client.images
        .fromRegistry("mapped:1")
        .dockerfileCommands(["ENV X=1", "RUN echo made with $(readlink /bin/sh) > /made && rm /bin/wget", "WORKDIR /work"])
        .dockerfileCommands(["RUN pwd > here"]),
      "pwd; cat /made here; ls /bin/wget /usr/lib 2>/dev/null; echo $X",
    ),
});
