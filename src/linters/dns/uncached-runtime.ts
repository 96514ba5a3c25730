import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { dockerfileContainer } from '../../model/containers/dockerfile.ts';
import { type Libc, libcOf } from '../../model/project/base-image.ts';
import { buildFileKind } from '../../model/project/read.ts';
import { dependenciesNamed } from '../../model/project/resolve.ts';
import type { Unit } from '../../model/unit.ts';
import { type ImageReference, parseImage } from '../../model/version.ts';
import { oncePer } from '../../text/once.ts';

/** A runtime that asks the resolver anew for every connection. */
export type UncachedRuntime = 'Node.js' | 'Python' | 'PHP';

const IMAGES: ReadonlyMap<string, UncachedRuntime> = new Map([
  ['node', 'Node.js'],
  ['python', 'Python'],
  ['php', 'PHP'],
]);
const PROGRAMS: readonly (readonly [RegExp, UncachedRuntime])[] = [
  [/^(?:node|npm|npx|yarn|pnpm)$/, 'Node.js'],
  [/^(?:python[\d.]*|gunicorn|uvicorn|celery|flask|hypercorn|daphne)$/, 'Python'],
  [/^(?:php[\d.]*|php-fpm[\d.]*)$/, 'PHP'],
];
/** Libraries that keep answers in the process. */
const CACHES = { npm: /^(?:cacheable-lookup|dnscache|lookup-dns-cache|dns-cache|undici-dns|tangerine)$/, pypi: /^(?:dns-cache|aiohttp)$/ };

const componentsOf = oncePer((unit: Unit): ReadonlyMap<Container, readonly Component[]> => {
  const found = new Map<Container, Component[]>();
  for (const { component, containers, join } of unit.components) {
    if (join !== 'strong') continue;
    for (const container of containers) found.set(container, [...(found.get(container) ?? []), component]);
  }
  return found;
});

/** The components that a container surely runs. */
export function componentsIn(unit: Unit, container: Container): readonly Component[] {
  return componentsOf(unit).get(container) ?? [];
}

/** Node.js, Python or PHP, where the files prove it: the program that is started, an official image, or the only language of the code. */
export function uncachedRuntime(unit: Unit, container: Container): UncachedRuntime | undefined {
  const components = componentsOf(unit).get(container);
  if (!components) return saidByImage(container);
  if (components.some(cachesNames)) return undefined;
  const said = [saidByImage(container), ...components.map(saidByCode)].filter((one) => one !== undefined);
  const [first] = said;
  return first !== 'other' && said.every((one) => one === first) ? first : undefined;
}

const saidByImage = oncePer((container: Container): UncachedRuntime | undefined => {
  const [program] = container.args;
  const name = program?.known ? program.value.slice(program.value.lastIndexOf('/') + 1) : '';
  const started = PROGRAMS.find(([pattern]) => pattern.test(name))?.[1];
  return started ?? officialRuntime(imageOf(container));
});

function officialRuntime(image: ImageReference | undefined): UncachedRuntime | undefined {
  if (image?.path.startsWith('distroless/'))
    return /^nodejs/.test(image.name) ? 'Node.js' : /^python/.test(image.name) ? 'Python' : undefined;
  const official = image && (image.path === image.name || image.path === `library/${image.name}`);
  return official ? IMAGES.get(image.name) : undefined;
}

/** By its Dockerfile, else by its only language. `other`: nothing is proven. */
const saidByCode = oncePer((component: Component): UncachedRuntime | 'other' => {
  const [dockerfile, ...others] = component.dockerfiles;
  const built = dockerfile && others.length === 0 ? dockerfileContainer(dockerfile) : undefined;
  if (dockerfile) return (built && saidByImage(built)) ?? 'other';
  const inCode = new Set(component.languages.map((language) => RUNTIMES[language] ?? 'other'));
  const inBuildFiles = component.buildFiles.map(({ path }) => RUNTIMES[buildFileKind(path) ?? ''] ?? 'other');
  const [first = 'other', ...rest] = new Set([...inCode, ...inBuildFiles]);
  // A package.json alone may be a front end's, which a web server hands out.
  return rest.length > 0 || (first === 'Node.js' && !inCode.has(first)) ? 'other' : first;
});

const RUNTIMES: Readonly<Record<string, UncachedRuntime>> = {
  typescript: 'Node.js',
  javascript: 'Node.js',
  'package-json': 'Node.js',
  'package-lock': 'Node.js',
  python: 'Python',
  requirements: 'Python',
  'python-lock': 'Python',
  'pipfile-lock': 'Python',
  pyproject: 'Python',
};

const cachesNames = oncePer((component: Component): boolean =>
  (['npm', 'pypi'] as const).some((ecosystem) => dependenciesNamed(component.dependencies, ecosystem, CACHES[ecosystem]).length > 0),
);

/** The C library of a container's image, by its name or by the Dockerfile of the code that it surely runs. */
export function containerLibc(unit: Unit, container: Container): Libc {
  const byName = libcOf(imageOf(container));
  if (byName !== 'unknown') return byName;
  const files = componentsIn(unit, container).flatMap(({ dockerfiles }) => dockerfiles);
  const [first = 'unknown', ...others] = new Set(files.map((file) => libcOf(imageOf(dockerfileContainer(file)))));
  return others.length === 0 ? first : 'unknown';
}

function imageOf(container: Container | undefined): ImageReference | undefined {
  return container?.image?.known ? parseImage(container.image.value) : undefined;
}
