import type { Component } from '../../model/component.ts';
import type { Container, EnvironmentVariable } from '../../model/container.ts';
import { dockerfileContainer } from '../../model/containers/dockerfile.ts';
import type { Unit } from '../../model/unit.ts';
import { oncePer } from '../../text/once.ts';

const components = oncePer((unit: Unit): ReadonlyMap<Container, readonly Component[]> => {
  const found = new Map<Container, Component[]>();
  for (const { component, containers, join } of unit.components) {
    if (join !== 'strong') continue;
    for (const container of containers) found.set(container, [...(found.get(container) ?? []), component]);
  }
  return found;
});

/** The code that a container surely runs. */
export function codeOf(unit: Unit, container: Container): readonly Component[] {
  return components(unit).get(container) ?? [];
}

/** What the container's image says by itself: the final stage of the only Dockerfile that its code has. */
export function imageOf(unit: Unit, container: Container): Container | undefined {
  const [file, ...others] = codeOf(unit, container).flatMap(({ dockerfiles }) => dockerfiles);
  return file && others.length === 0 ? dockerfileContainer(file) : undefined;
}

/** A variable as the process gets it: the container's own, else the image's where nothing unseen can come between. */
export function effectiveVariable(unit: Unit, container: Container, name: string): EnvironmentVariable | undefined {
  const own = container.env.variables.get(name);
  if (own || container.env.unseen.length > 0) return own;
  return imageOf(unit, container)?.env.variables.get(name);
}

/** The program that is started, without its folders; `''` where it isn't known. */
export function programOf(unit: Unit, container: Container): string {
  const [first] = container.args.length > 0 ? container.args : (imageOf(unit, container)?.args ?? []);
  return first?.known ? first.value.slice(first.value.lastIndexOf('/') + 1) : '';
}
