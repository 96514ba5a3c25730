import { oncePer } from '../../text/once.ts';
import { type DockerVariable, parseDockerfile } from '../../text/dockerfile.ts';
import { baseStage, effectiveCommand, effectiveEnv } from '../../text/dockerfile-stages.ts';
import type { SourceFile } from '../../text/source.ts';
import type { Container, EnvironmentVariable } from '../container.ts';
import { known, unknown, type Value } from '../value.ts';

/** A Dockerfile's final stage as a process: what `docker run` of the image starts when nothing is overridden. */
export const dockerfileContainer: (file: SourceFile) => Container | undefined = oncePer((file) => {
  const { final } = parseDockerfile(file);
  if (!final) return undefined;
  const base = baseStage(final);
  const imageAt = { file, ...base.fromAt };
  const image: Value<string> =
    base.imageText === undefined
      ? unknown({ why: 'outside', what: file.text.slice(base.fromAt.start, base.fromAt.end) }, 'dockerfile', imageAt)
      : known(base.imageText, 'dockerfile', imageAt);
  const { entrypoint, cmd } = effectiveCommand(final);
  const args = [entrypoint, cmd].flatMap((command) =>
    (command?.words ?? []).map((word): Value<string> => {
      const at = { file, ...word.at };
      return word.text === undefined
        ? unknown({ why: 'outside', what: file.text.slice(at.start, at.end) }, 'flag', at)
        : known(word.text, 'flag', at);
    }),
  );
  return {
    surface: 'dockerfile',
    name: file.path.slice(file.path.lastIndexOf('/') + 1),
    workload: undefined,
    pod: undefined,
    init: false,
    node: undefined,
    image,
    env: {
      variables: new Map([...effectiveEnv(final).values()].map((variable) => [variable.name, read(file, variable)])),
      // Whoever runs the image may set more, and does.
      unseen: ['docker run'],
      add: (name, text) => [{ change: 'append-line', file, text: `ENV ${name}=${quoted(text)}` }],
    },
    args,
    memoryLimitMiB: undefined,
    cpuLimitCores: undefined,
    at: imageAt,
  };
});

function read(file: SourceFile, variable: DockerVariable): EnvironmentVariable {
  const at = { file, ...variable.valueAt };
  return {
    name: variable.name,
    nameAt: { file, ...variable.nameAt },
    value:
      variable.value === undefined
        ? unknown({ why: 'outside', what: variable.name }, 'dockerfile', at)
        : known(variable.value, 'dockerfile', at),
    node: undefined,
    // A value that comes through ARG is set where the image is built.
    set: variable.viaArg
      ? undefined
      : (text) => [{ change: 'replace-text', at, text: file.text[at.start - 1] === '"' ? text : quoted(text) }],
    rename: (name) => [{ change: 'replace-text', at: { file, ...variable.nameAt }, text: name }],
    remove: undefined,
  };
}

function quoted(text: string): string {
  return /^[\w./:@%+,=-]*$/.test(text) ? text : `"${text.replace(/["\\$]/g, '\\$&')}"`;
}
