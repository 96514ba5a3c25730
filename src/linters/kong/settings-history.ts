import data from '../../../data/kong-settings.json' with { type: 'json' };
import { type Affected, affected, isVersionKnown, type VersionInterval, type VersionRange } from '../../model/version.ts';

/** What Kong's own defaults and loader say of a setting, tag by tag (data/kong-settings.json names its sources). */

type History = readonly (readonly [string, string | boolean | null])[];

const SETTINGS = data.settings as unknown as Readonly<Record<string, History>>;
const PREFIXES = data.prefixes as unknown as Readonly<Record<string, History>>;
const IGNORED = data.ignored as unknown as Readonly<Record<string, History>>;
const CHART_ENV = data.chart.env as unknown as Readonly<Record<string, History>>;
const CHART_IMAGE_TAG = data.chart.imageTag as unknown as History;

/** The first tag of the history: a setting that it has may be older. */
const FIRST_VERSION = '0.10.0';

function intervals(history: History): { readonly interval: VersionInterval; readonly value: string | boolean | null }[] {
  return history.map(([from, value], at) => {
    const before = history[at + 1]?.[0];
    return { value, interval: { ...(from !== FIRST_VERSION && { from }), before } };
  });
}

function constantOver(history: History | undefined, versions: VersionRange): string | null | undefined {
  if (!history) return undefined;
  const all = intervals(history);
  const [only] = all;
  const hit = isVersionKnown(versions)
    ? all.find(({ interval }) => affected(versions, interval) === 'yes')
    : all.length === 1 && only?.interval.from === undefined
      ? only
      : undefined;
  return typeof hit?.value === 'boolean' ? undefined : hit?.value;
}

/**
 * The product's default of a setting, as kong_defaults.lua writes it.
 * @returns `undefined` when the versions differ, the setting isn't theirs, or the version isn't known and the default ever changed
 */
export function productDefault(name: string, versions: VersionRange): string | undefined {
  return constantOver(SETTINGS[name], versions) ?? undefined;
}

/**
 * What the chart kong/kong sets by itself.
 * @returns `null`: it doesn't set this; `undefined`: the chart's version isn't known, is newer than those that were read, or they differ
 */
export function chartDefault(name: string, chartVersions: VersionRange): string | null | undefined {
  const history = CHART_ENV[name];
  if (!history) return null;
  if (!isReadChart(chartVersions)) return undefined;
  const first = history[0]?.[0];
  if (affected(chartVersions, { before: first }) === 'yes') return null;
  return constantOver(history, chartVersions);
}

/** The image tag that the chart kong/kong runs when none is given. */
export function chartImageTag(chartVersions: VersionRange): string | undefined {
  return isReadChart(chartVersions) ? (constantOver(CHART_IMAGE_TAG, chartVersions) ?? undefined) : undefined;
}

/** A chart newer than the last one read may have other defaults. */
function isReadChart(versions: VersionRange): boolean {
  const [major = 0, minor = 0, patch = 0] = data.last.chart.split('.').map(Number);
  return affected(versions, { before: `${major}.${minor}.${patch + 1}` }) === 'yes';
}

/** Some version of Kong has or had this setting. */
export function isKongSetting(name: string): boolean {
  return SETTINGS[name] !== undefined;
}

export type SettingStatus =
  | { readonly is: 'read' }
  /** No version of Kong that was looked at has it. */
  | { readonly is: 'foreign' }
  /** `since`: the first version without it, or the first with it. `certain`: so for the whole range. */
  | { readonly is: 'removed' | 'not-yet'; readonly since: string; readonly certain: Affected };

/**
 * Whether Kong's loader looks at a key in these versions. A key below a prefix that the loader hands on (`nginx_http_…`) is
 * read, but for the few that it leaves out there.
 */
export function statusOf(name: string, versions: VersionRange): SettingStatus {
  const history = SETTINGS[name];
  const ignored = IGNORED[name];
  const handedOn = Object.entries(PREFIXES).some(
    ([prefix, prefixHistory]) =>
      name.startsWith(prefix) &&
      intervals(prefixHistory).some(({ interval, value }) => value === true && affected(versions, interval) !== 'no'),
  );
  const leftOut = ignored !== undefined && intervals(ignored).every(({ interval }) => affected(versions, interval) !== 'no');
  if (handedOn && !leftOut) return { is: 'read' };
  if (!history) return { is: 'foreign' };
  // `cluster_listen` went with Serf in 0.11 and came back with the control plane in 2.0.
  for (const { interval, value } of intervals(history)) {
    if (value !== null || interval.from === undefined) continue;
    const certain = affected(versions, interval);
    if (certain !== 'no') return { is: 'removed', since: interval.from, certain };
  }
  const first = history[0]?.[0];
  if (first !== undefined && first !== FIRST_VERSION) {
    const certain = affected(versions, { before: first });
    if (certain !== 'no') return { is: 'not-yet', since: first, certain };
  }
  return { is: 'read' };
}
