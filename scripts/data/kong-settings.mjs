#!/usr/bin/env node
/**
 * Makes data/kong-settings.json from Git clones of Kong/kong and Kong/charts (with their tags):
 *
 *     node scripts/data/kong-settings.mjs <clone of Kong/kong> <clone of Kong/charts>
 *
 * settings   every key of kong/templates/kong_defaults.lua with its default from a tag on; `null`: the key is gone from there on
 * prefixes   key prefixes that the loader hands to nginx or to a plugin server or vault (kong/conf_loader), so no such key is unknown
 * ignored    keys below such a prefix that the loader leaves out all the same
 * chart      what the chart kong/kong sets by itself, by chart version
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [kong, charts] = process.argv.slice(2);
if (!kong || !charts) {
  console.error('usage: node scripts/data/kong-settings.mjs <clone of Kong/kong> <clone of Kong/charts>');
  process.exit(2);
}

const git = (repository, ...args) =>
  execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'ignore'] });
const show = (repository, tag, path) => {
  try {
    return git(repository, 'show', `${tag}:${path}`);
  } catch {
    return undefined;
  }
};
const numbers = (version) => version.split('.').map(Number);
const compare = (a, b) => {
  const [left, right] = [numbers(a), numbers(b)];
  for (let at = 0; at < 3; at++) if (left[at] !== right[at]) return (left[at] ?? 0) - (right[at] ?? 0);
  return 0;
};
const tagsLike = (repository, pattern) =>
  git(repository, 'tag')
    .split('\n')
    .flatMap((tag) => pattern.exec(tag)?.[1] ?? [])
    .sort(compare);

/** Adds `[version, value]` where the value differs from the one before. */
function record(history, name, version, value) {
  history[name] ??= [];
  const last = history[name].at(-1);
  if (!last || last[1] !== value) history[name].push([version, value]);
}

function closeGone(history, version, seen) {
  for (const name of Object.keys(history)) if (!seen.has(name)) record(history, name, version, null);
}

const settings = {};
const prefixes = {};
const ignored = {};
const versions = tagsLike(kong, /^(\d+\.\d+\.\d+)$/).filter((version) => compare(version, '0.10.0') >= 0);
for (const version of versions) {
  const defaults = show(kong, version, 'kong/templates/kong_defaults.lua');
  if (!defaults) throw new Error(`no defaults at ${version}`);
  const seen = new Set();
  for (const [, name, value] of defaults.matchAll(/^([a-z0-9_]+)[ \t]*=[ \t]*(.*?)[ \t]*(?:#.*)?$/gm)) {
    seen.add(name);
    record(settings, name, version, value);
  }
  closeGone(settings, version, seen);

  const loader = ['kong/conf_loader.lua', 'kong/conf_loader/init.lua', 'kong/conf_loader/constants.lua']
    .map((path) => show(kong, version, path) ?? '')
    .join('\n');
  const table = /\nlocal DYNAMIC_KEY_(?:NAMESPACES|PREFIXES) = \{\n([\s\S]*?)\n\}/.exec(loader)?.[1] ?? '';
  const alive = new Set();
  const left = new Set();
  for (const [, prefix, rest] of table.matchAll(
    /"((?:nginx|pluginserver|vault)_(?:[a-z0-9_]*_)?)"(,\s*(?:--[^\n]*\n\s*)?ignore = \{[^}]*\})?/g,
  )) {
    alive.add(prefix);
    record(prefixes, prefix, version, true);
    for (const [, key] of (rest ?? '').matchAll(/^\s*([a-z0-9_]+)\s*=\s*true/gm)) {
      left.add(prefix + key);
      record(ignored, prefix + key, version, true);
    }
  }
  closeGone(prefixes, version, alive);
  closeGone(ignored, version, left);
}

const chartEnv = {};
const chartImage = {};
const CHART_ENV = ['database', 'nginx_worker_processes', 'role', 'router_flavor'];
const chartVersions = tagsLike(charts, /^kong-(\d+\.\d+\.\d+)$/);
for (const version of chartVersions) {
  const values = show(charts, `kong-${version}`, 'charts/kong/values.yaml') ?? '';
  const block = (key) => new RegExp(`^${key}:\\n((?:[ #].*\\n|\\n)*)`, 'm').exec(values)?.[1] ?? '';
  const scalar = (text, key) => new RegExp(`^  ${key}: *["']?([^"'\\n#]*?)["']? *$`, 'm').exec(text)?.[1];
  for (const key of CHART_ENV) {
    const value = scalar(block('env'), key);
    if (value !== undefined || chartEnv[key]) record(chartEnv, key, version, value ?? null);
  }
  record(chartImage, 'tag', version, scalar(block('image'), 'tag') ?? null);
}

const head = (repository) => git(repository, 'rev-parse', '--short=12', 'HEAD').trim();
const data = {
  source: {
    settings: `Kong/kong:kong/templates/kong_defaults.lua and kong/conf_loader at the tags ${versions[0]} to ${versions.at(-1)}`,
    chart: `Kong/charts:charts/kong/values.yaml at the tags kong-${chartVersions[0]} to kong-${chartVersions.at(-1)} (clone at ${head(charts)})`,
    generator: 'scripts/data/kong-settings.mjs',
  },
  last: { kong: versions.at(-1), chart: chartVersions.at(-1) },
  settings,
  prefixes,
  ignored,
  chart: { env: chartEnv, imageTag: chartImage.tag },
};
/** One line a setting, so that a diff shows what changed. */
const section = (table) =>
  `{\n${Object.keys(table)
    .sort()
    .map((name) => `    ${JSON.stringify(name)}: ${JSON.stringify(table[name])}`)
    .join(',\n')}\n  }`;
const text = `{
  "source": ${JSON.stringify(data.source, null, 2).replaceAll('\n', '\n  ')},
  "last": ${JSON.stringify(data.last)},
  "settings": ${section(settings)},
  "prefixes": ${section(prefixes)},
  "ignored": ${section(ignored)},
  "chart": {
    "env": ${JSON.stringify(chartEnv)},
    "imageTag": ${JSON.stringify(chartImage.tag)}
  }
}
`;
writeFileSync(join(import.meta.dirname, '../../data/kong-settings.json'), text);
console.log(`${Object.keys(settings).length} settings, ${versions.length} versions; ${chartVersions.length} chart versions`);
