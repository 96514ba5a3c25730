import { oncePer } from '../text/once.ts';
import type { SourceFile } from '../text/source.ts';
import type { YamlMap } from '../text/yaml.ts';
import type { ParsedFile } from '../workspace/parsed-file.ts';
import type { Component } from './component.ts';
import type { Container } from './container.ts';
import type { KubeObject } from './kubernetes/objects.ts';
import type { Gap } from './value.ts';

/** Values given to a chart: a chart's own `values.yaml` with the layers on top, a release in Argo CD, Terraform, helmfile, or a values file alone. */
export interface HelmRelease {
  /** Chart name as declared (`Chart.yaml` name, dependency name, `spec.source.chart`); `undefined` for a values file that stands alone. */
  readonly chart: string | undefined;
  /** Chart version as written; a range, or unknown. */
  readonly chartVersion: string | undefined;
  readonly repository: string | undefined;
  /** The effective values for that chart (a dependency's sub-map for a dependency). Losing layers are the nodes' `overrides`. */
  readonly values: YamlMap;
  readonly file: SourceFile;
  /** Every values layer was seen: what isn't set here has the chart's default. */
  readonly complete: boolean;
}

/** A component as it runs in a unit. One that some containers surely run and others perhaps stands there twice: first the sure ones. */
export interface ComponentUse {
  readonly component: Component;
  /** Containers of this unit that run it, all joined as `join` says. */
  readonly containers: readonly Container[];
  /**
   * `strong`: a build file, the image's or workload's name, or an environment variable names it; `weak`: several qualify;
   * `place`: no container is known to run it, but its files stand in the unit.
   */
  readonly join: 'strong' | 'weak' | 'place';
}

/** What is deployed together. A join never crosses units. */
export interface Unit {
  /** Folder, with the values or compose file behind `#` where a folder holds several units. The root folder is `.`. */
  readonly id: string;
  readonly kind: 'folder' | 'kustomization' | 'helm-release' | 'compose' | 'cluster';
  readonly folder: string;
  readonly objects: readonly KubeObject[];
  readonly releases: readonly HelmRelease[];
  readonly containers: readonly Container[];
  /** Files without Kubernetes objects that stand in the unit: decK, kong.conf, env files, scripts, Dockerfiles. */
  readonly files: readonly ParsedFile[];
  readonly components: readonly ComponentUse[];
  /** What could hold more objects than were seen. Empty: the unit is closed. */
  readonly gaps: readonly Gap[];
}

/** What the user says that files can't tell (`.runbook-lens.yaml`). */
export interface Assume {
  readonly kong?: string;
  readonly istio?: string;
  readonly kubernetes?: string;
  readonly kiam?: string;
  readonly mesh?: 'none' | 'istio' | 'ambient' | 'linkerd';
  /** Kong routes in the database. */
  readonly routes?: number;
  /** What is not in this repository does not exist. */
  readonly complete?: boolean;
}

export interface Repository {
  readonly units: readonly Unit[];
  readonly components: readonly Component[];
  /**
   * What a function says of each unit, joined. The same array for as long as each unit gives the same things: a rule that reads this is judged
   * again only then, while one that reads `units` is judged again after every change. The function remembers its answers (`oncePer`).
   */
  everyUnit<Fact>(factsOf: (unit: Unit) => readonly Fact[]): readonly Fact[];
  /** The same of each component. */
  everyComponent<Fact>(factsOf: (component: Component) => readonly Fact[]): readonly Fact[];
  /** The assumptions for a file (overrides may differ by path). */
  assume(path: string): Assume;
  /** The service meshes that something in the repository speaks of (objects, labels, annotations), each with the first place. */
  readonly meshEvidence: readonly {
    readonly mesh: 'istio' | 'linkerd' | 'consul' | 'kuma';
    readonly file: SourceFile;
    readonly start: number;
    readonly end: number;
  }[];
}

/** The components that run in a unit, each once. */
export const componentsOf = oncePer((unit: Unit): readonly Component[] => [...new Set(unit.components.map((use) => use.component))]);

export function objectsOfKind(unit: Unit, ...kinds: readonly string[]): KubeObject[] {
  return unit.objects.filter((object) => kinds.includes(object.kind));
}

/** Namespaces match when equal, or when either object leaves its namespace to whoever applies it. */
export function sameNamespace(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b || a === '' || b === '';
}
