import type { Component } from '../../model/component.ts';
import type { Container } from '../../model/container.ts';
import { buildFileKind } from '../../model/project/read.ts';
import { parseImage } from '../../model/version.ts';
import type { Unit } from '../../model/unit.ts';
import { componentsIn, uncachedRuntime } from './uncached-runtime.ts';

/** Docker Official Images whose programs are written in Go. */
const GO_IMAGES = /^(?:golang|traefik|caddy|consul|vault|nats|registry|influxdb|telegraf|docker|chronograf|kapacitor|geth)$/;
/** Further Docker Official Images whose programs ask the C library. */
const C_IMAGES =
  /^(?:ruby|perl|openjdk|eclipse-temurin|amazoncorretto|nginx|httpd|redis|memcached|postgres|mysql|mariadb|haproxy|wordpress|ghost|tomcat)$/;

/** Who resolves names for a program: the C library of its image, or Go's own resolver, which needs none. */
export function resolverOf(unit: Unit, container: Container): 'c-library' | 'go' | 'unknown' {
  const code = componentsIn(unit, container);
  if (code.some(holdsGo)) return 'go';
  if (code.some(({ languages, buildFiles }) => languages.length + buildFiles.length > 0)) return 'c-library';
  if (uncachedRuntime(unit, container)) return 'c-library';
  const image = container.image?.known ? parseImage(container.image.value) : undefined;
  const official = image && (image.path === image.name || image.path === `library/${image.name}`);
  if (!official) return 'unknown';
  return GO_IMAGES.test(image.name) ? 'go' : C_IMAGES.test(image.name) ? 'c-library' : 'unknown';
}

function holdsGo({ languages, buildFiles }: Component): boolean {
  return languages.includes('go') || buildFiles.some(({ path }) => buildFileKind(path) === 'go-mod');
}
