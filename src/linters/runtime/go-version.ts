import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { buildFileKind } from '../../model/project/read.ts';
import type { Unit } from '../../model/unit.ts';
import { affected, parseImage, versionOfImage } from '../../model/version.ts';
import { parseDockerfile } from '../../text/dockerfile.ts';
import type { SourceFile } from '../../text/source.ts';

/**
 * The program surely doesn't read GOMEMLIMIT, which came with Go 1.19: its Dockerfile builds it with an older Go, or the code that it is
 * made of is in other languages alone.
 */
export function ignoresMemoryLimit(unit: Unit, container: Container): boolean {
  const components = unit.components
    .filter((use) => use.join === 'strong' && use.containers.includes(container))
    .map((use) => use.component);
  const { file } = container.at;
  if (container.surface === 'dockerfile') {
    components.push(...unit.components.map((use) => use.component).filter(({ dockerfiles }) => dockerfiles.includes(file)));
    if (isBuiltBeforeMemoryLimit(file)) return true;
  }
  return components.length > 0 && components.every((component) => isBuiltOld(component) || isOtherLanguage(component));
}

function isBuiltOld({ dockerfiles }: Component): boolean {
  return dockerfiles.length > 0 && dockerfiles.every(isBuiltBeforeMemoryLimit);
}

function isBuiltBeforeMemoryLimit(dockerfile: SourceFile): boolean {
  const builders = parseDockerfile(dockerfile).stages.flatMap(({ imageText }) => {
    const image = imageText === undefined ? undefined : parseImage(imageText);
    return image?.name === 'golang' ? [versionOfImage(image)] : [];
  });
  return builders.length > 0 && builders.every((version) => affected(version, { before: '1.19' }) === 'yes');
}

function isOtherLanguage({ buildFiles, languages, dockerfiles }: Component): boolean {
  if (buildFiles.length === 0 || languages.includes('go')) return false;
  const namesGo = dockerfiles.some(({ text }) => /golang/.test(text));
  return !namesGo && buildFiles.every(({ path }) => buildFileKind(path) !== 'go-mod');
}
