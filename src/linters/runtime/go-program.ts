import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { dependenciesNamed } from '../../model/project/resolve.ts';
import type { Unit } from '../../model/unit.ts';
import { affected, parseImage, versionOfImage } from '../../model/version.ts';
import { parseDockerfile } from '../../text/dockerfile.ts';
import { oncePer } from '../../text/once.ts';
import type { SourceFile } from '../../text/source.ts';
import { codeOf, programOf } from './built-from.ts';

/** The program gives itself a limit: `debug.SetMemoryLimit` beats the variable, and automemlimit calls it where the variable is missing. */
export function setsOwnMemoryLimit(components: readonly Component[]): boolean {
  return components.some(
    ({ sources, dependencies }) =>
      sources.some(({ text }) => /\bSetMemoryLimit\b/.test(text)) ||
      dependenciesNamed(dependencies, 'go', 'github.com/KimMachineGun/automemlimit').length > 0,
  );
}

/** `debug.SetGCPercent` and `debug.SetMemoryLimit` beat what the environment says. */
export function tunesCollector(components: readonly Component[]): boolean {
  return setsOwnMemoryLimit(components) || components.some(({ sources }) => sources.some(({ text }) => /\bSetGCPercent\b/.test(text)));
}

/** Go 1.19 or later, by every component's go.mod or by the image that builds it. */
export function surelyReadsMemoryLimit(components: readonly Component[]): boolean {
  return components.length > 0 && components.every(isNewGo);
}

const isNewGo = oncePer(({ languages, dependencies, dockerfiles }: Component): boolean => {
  if (languages.some((language) => language !== 'go')) return false;
  const said = dependenciesNamed(dependencies, 'go', /^go$/, ['build']).map(({ range }) => range);
  return [...said, ...dockerfiles.flatMap(builders)].some((version) => affected(version, { from: '1.19' }) === 'yes');
});

function builders(dockerfile: SourceFile): ReturnType<typeof versionOfImage>[] {
  return parseDockerfile(dockerfile).stages.flatMap(({ imageText }) => {
    const image = imageText === undefined ? undefined : parseImage(imageText);
    return image?.name === 'golang' ? [versionOfImage(image)] : [];
  });
}

/** Bindings of C libraries that allocate for themselves, outside of what the runtime counts. */
const CGO =
  /^(?:github\.com\/(?:mattn\/go-sqlite3|confluentinc\/confluent-kafka-go|h2non\/bimg|davidbyttow\/govips|linxGNU\/grocksdb|tecbot\/gorocksdb|godror\/godror|libgit2\/git2go|DataDog\/zstd|valyala\/gozstd|marcboeker\/go-duckdb|yalue\/onnxruntime_go)|gocv\.io\/x\/gocv)(?:\/|$)/;
/** Programs that start others beside each other. */
const SUPERVISORS = /^(?:supervisord|s6-svscan|runsvdir|monit|circusd|foreman|overmind|goreman)$/;

/** Part of the container's memory that the Go runtime may take: Go's guide leaves 5 to 10 %; C libraries and other processes need more. */
export function shareOfLimit(unit: Unit, container: Container): number {
  const components = codeOf(unit, container);
  const isShared =
    SUPERVISORS.test(programOf(unit, container)) ||
    components.some(
      ({ sources, dependencies }) =>
        sources.some(({ text }) => /^import "C"/m.test(text)) || dependenciesNamed(dependencies, 'go', CGO).length > 0,
    );
  return isShared ? 0.75 : 0.9;
}
