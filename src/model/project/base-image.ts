import type { ImageReference } from '../version.ts';

/** The C library an image's programs resolve names with. */
export type Libc = 'musl' | 'glibc' | 'unknown';

/** Distributions by image name. Debian and Ubuntu releases are in `RELEASES`, as they stand in tags. */
const GLIBC_NAMES = new Set([
  'debian',
  'ubuntu',
  'centos',
  'rockylinux',
  'almalinux',
  'fedora',
  'amazonlinux',
  'oraclelinux',
  'ubi7',
  'ubi8',
  'ubi9',
  'ubi-minimal',
  'ubi8-minimal',
  'ubi9-minimal',
]);
const RELEASES =
  /(?:^|[-.])(?:slim|(?:slim-)?(?:stretch|buster|bullseye|bookworm|trixie|bionic|focal|jammy|noble)|debian|ubuntu|ubi[789]?|centos7?|ol[789]|oraclelinux[789]?|windowsservercore)(?:$|[-.\d])/u;
/** Docker Official Images that are built on Debian, Ubuntu, Oracle Linux or Amazon Linux unless the tag says alpine. */
const OFFICIAL_GLIBC = new Set([
  'python',
  'node',
  'openjdk',
  'eclipse-temurin',
  'amazoncorretto',
  'ruby',
  'php',
  'perl',
  'maven',
  'gradle',
  'rust',
  'golang',
  'tomcat',
  'jetty',
  'groovy',
]);

/**
 * Which C library an image has, by its name and tag alone: `alpine` anywhere in them is musl (docker-library's naming); a named glibc
 * distribution, or one of the official language images on Docker Hub without `alpine`, is glibc; all else is unknown.
 */
export function libcOf(image: ImageReference | undefined): Libc {
  if (!image) return 'unknown';
  const tag = image.tag?.toLowerCase() ?? '';
  const path = image.path.toLowerCase();
  if (/(?:^|[^a-z])alpine/u.test(tag) || /(?:^|[^a-z])alpine/u.test(path)) return 'musl';
  if (image.tag === undefined && image.tagAt) return 'unknown';
  const name = image.name.toLowerCase();
  if (GLIBC_NAMES.has(name)) return 'glibc';
  if (/(?:^|[-.])nanoserver/u.test(tag) || tag.includes('windowsservercore')) return 'unknown';
  if (RELEASES.test(tag)) return 'glibc';
  if (image.registry === 'gcr.io' && path.startsWith('distroless/'))
    return /^(?:base|cc|java|python|nodejs)/u.test(name) && !name.includes('nossl') ? 'glibc' : 'unknown';
  const onHub = image.registry === undefined || image.registry === 'docker.io';
  const digestOnly = image.tag === undefined && image.digest !== undefined;
  if (onHub && !digestOnly && (path === name || path === `library/${name}`) && OFFICIAL_GLIBC.has(name)) return 'glibc';
  return 'unknown';
}
