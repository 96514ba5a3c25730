import type { DockerCommand, DockerStage, DockerVariable } from './dockerfile.ts';

/** Environment of the image that a stage makes, base stages included; the last setting of a name wins. What the base image brings isn't seen. */
export function effectiveEnv(stage: DockerStage): ReadonlyMap<string, DockerVariable> {
  const env = new Map(stage.base ? effectiveEnv(stage.base) : []);
  for (const variable of stage.env) {
    env.delete(variable.name);
    env.set(variable.name, variable);
  }
  return env;
}

/** ENTRYPOINT and CMD that run, base stages included. An ENTRYPOINT of a stage's own drops an inherited CMD. `undefined`: the base image's. */
export function effectiveCommand(stage: DockerStage): {
  readonly entrypoint: DockerCommand | undefined;
  readonly cmd: DockerCommand | undefined;
} {
  const base = stage.base ? effectiveCommand(stage.base) : { entrypoint: undefined, cmd: undefined };
  return { entrypoint: stage.entrypoint ?? base.entrypoint, cmd: stage.cmd ?? (stage.entrypoint ? undefined : base.cmd) };
}

/** The stage whose FROM names an image of the outside, following `FROM <stage>`. */
export function baseStage(stage: DockerStage): DockerStage {
  return stage.base ? baseStage(stage.base) : stage;
}
