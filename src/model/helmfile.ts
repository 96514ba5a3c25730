import type { SourceFile } from '../text/source.ts';
import { itemsAt, textAt, type YamlNode } from '../text/yaml.ts';
import { parseYaml } from '../text/yaml-parse.ts';
import { maskTemplate, splitDocuments } from '../text/yaml-documents.ts';
import { localChart, valuesAt } from './helm/local-chart.ts';
import { ValueStack } from './helm/set-values.ts';
import { emptyValues } from './helm/values.ts';
import { folderOf } from './kubernetes/kustomize/kustomization-file.ts';
import type { HelmRelease } from './unit.ts';

/**
 * The releases of a helmfile, with the values that it states as maps, as plain files of this repository, or by `set`.
 * Templates are masked: a value under one is unknown.
 */
export function helmfileReleases(file: SourceFile, readText: (path: string) => SourceFile | undefined): HelmRelease[] {
  const template = maskTemplate(file.text);
  const roots = splitDocuments(template?.text ?? file.text).flatMap((span): readonly YamlNode[] => {
    const masks = template?.masks.filter((mask) => mask.start < span.end && mask.end > span.start) ?? [];
    const result = parseYaml(file, span.start, span.end, template?.text ?? file.text, masks);
    return result.ok ? result.roots : [];
  });
  const repositories = new Map(
    roots.flatMap((root) => itemsAt(root, 'repositories').map((item) => [textAt(item, 'name') ?? '', textAt(item, 'url')] as const)),
  );
  const templated = (template?.masks.length ?? 0) > 0;
  return roots.flatMap((root) =>
    itemsAt(root, 'releases').flatMap((release) => {
      const read = readRelease(release, file, repositories, templated, readText);
      return read ? [read] : [];
    }),
  );
}

function readRelease(
  release: YamlNode,
  file: SourceFile,
  repositories: ReadonlyMap<string, string | undefined>,
  templated: boolean,
  readText: (path: string) => SourceFile | undefined,
): HelmRelease | undefined {
  const chart = textAt(release, 'chart');
  if (chart === undefined) return undefined;
  const folder = folderOf(file.path);
  const local = chart.startsWith('.') ? localChart(folder, chart, readText) : undefined;
  const stack = new ValueStack(local?.values ?? emptyValues(file));
  stack.complete = local?.complete ?? true;
  for (const item of itemsAt(release, 'values')) {
    if (item.kind === 'map') stack.layer(item);
    else if (item.kind === 'scalar' && !item.unknown && !item.text.endsWith('.gotmpl')) stack.layer(valuesAt(folder, item.text, readText));
    else stack.complete = false;
  }
  for (const entry of itemsAt(release, 'set')) stack.set(entry, false);
  const [repository = '', ...rest] = chart.split('/');
  const name = local?.name ?? (chart.startsWith('.') ? undefined : rest.at(-1));
  const masked = templated && release.kind === 'map' && release.open;
  return {
    chart: name,
    chartVersion: textAt(release, 'version') ?? local?.version,
    repository: repositories.get(repository),
    values: stack.root,
    file,
    // `inherit`, `secrets` and templates may set more.
    complete: stack.complete && !masked && !['inherit', 'secrets', '<<'].some((key) => release.kind === 'map' && release.pairs.has(key)),
  };
}
