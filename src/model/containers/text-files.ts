import { oncePer } from '../../text/once.ts';
import { parseProcfile, parseShell, exportedVariables, type Shell, type ShellAssignment } from '../../text/shell.ts';
import type { Anchor, SourceFile } from '../../text/source.ts';
import { parseServiceUnit } from '../../text/systemd.ts';
import type { Container, EnvironmentVariable } from '../container.ts';
import { known, unknown, type Value } from '../value.ts';
import { envFileVariables } from './compose.ts';

/** Processes that are described outside YAML: each gives its variables and command words. */

function container(
  surface: Container['surface'],
  file: SourceFile,
  variables: readonly EnvironmentVariable[],
  args: readonly Value<string>[],
): Container {
  const at: Anchor = { file, start: 0, end: Math.max(0, file.text.search(/[\r\n]|$/)) };
  return {
    surface,
    name: file.path.slice(file.path.lastIndexOf('/') + 1),
    workload: undefined,
    pod: undefined,
    init: false,
    node: undefined,
    image: undefined,
    env: {
      variables: new Map(variables.map((variable) => [variable.name, variable])),
      unseen: ['surroundings'],
      add: (name, text) => [{ change: 'append-line', file, text: `${name}=${text}` }],
    },
    args,
    memoryLimitMiB: undefined,
    cpuLimitCores: undefined,
    at,
  };
}

export const envFileContainer: (file: SourceFile) => Container = oncePer((file) => {
  return container('env-file', file, envFileVariables(file, 'compose'), []);
});

export function shellContainer(file: SourceFile, shells: readonly Shell[]): Container {
  const variables = shells.flatMap((shell) => exportedVariables(shell).map(({ assignment }) => assignmentVariable(file, assignment)));
  const args = shells.flatMap((shell) =>
    shell.commands.flatMap((command) => command.words.map((word) => wordValue(file, word.text, { file, ...word.at }))),
  );
  const made = container('shell', file, variables, args);
  return { ...made, env: { ...made.env, add: undefined } };
}

export const shellScriptContainer: (file: SourceFile) => Container = oncePer((file) => {
  return shellContainer(file, [parseShell(file.text)]);
});

export const procfileContainers: (file: SourceFile) => readonly Container[] = oncePer((file) => {
  return parseProcfile(file.text).map((process) => ({ ...shellContainer(file, [process.shell]), name: process.name }));
});

export function systemdContainer(file: SourceFile, readEnvFile: (path: string) => SourceFile | undefined): Container {
  const unit = parseServiceUnit(file.text);
  const own = unit.environment.map((variable): EnvironmentVariable => {
    const at = { file, ...variable.valueAt };
    return {
      name: variable.name,
      nameAt: { file, ...variable.nameAt },
      value:
        variable.value === undefined
          ? unknown({ why: 'outside', what: variable.decoded.text }, 'env', at)
          : known(variable.value, 'env', at),
      node: undefined,
      set: (text) => [{ change: 'replace-text', at, text }],
      rename: undefined,
      remove: undefined,
    };
  });
  // systemd applies EnvironmentFile= after Environment=.
  const files = unit.environmentFiles.flatMap(({ path }) => {
    const found = readEnvFile(path);
    return found ? envFileVariables(found, 'raw') : [];
  });
  const args = unit.execStart.flatMap((line) => line.map((word) => wordValue(file, word.text, { file, ...word.at })));
  const made = container('systemd', file, [...own, ...files], args);
  return { ...made, env: { ...made.env, add: undefined } };
}

function assignmentVariable(file: SourceFile, assignment: ShellAssignment): EnvironmentVariable {
  const at = { file, ...assignment.value.at };
  return {
    name: assignment.name,
    nameAt: { file, ...assignment.nameAt },
    value: wordValue(file, assignment.value.text, { file, ...assignment.value.decoded.at }, 'env'),
    node: undefined,
    set: (text) => [{ change: 'replace-text', at, text: /^[\w./:@%+-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'` }],
    rename: (name) => [{ change: 'replace-text', at: { file, ...assignment.nameAt }, text: name }],
    remove: undefined,
  };
}

function wordValue(file: SourceFile, text: string | undefined, at: Anchor, origin: 'flag' | 'env' = 'flag'): Value<string> {
  return text === undefined ? unknown({ why: 'outside', what: file.text.slice(at.start, at.end) }, origin, at) : known(text, origin, at);
}
