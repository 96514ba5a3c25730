import { isRelevantKind, type KubeObject, readObjects } from '../model/kubernetes/objects.ts';
import type { SourceFile } from '../text/source.ts';
import {
  type DocumentSpan,
  hasConflictMarkers,
  maskTemplate,
  parseDocument,
  splitDocuments,
  type YamlDocument,
} from '../text/yaml-documents.ts';
import { movedDocument } from '../text/yaml-moved.ts';
import { withPlaceholders } from '../text/placeholders.ts';
import { interpolationsIn, maskTerraform, mayBeTerraformTemplate } from '../text/terraform-template.ts';
import { isComposeDocument } from '../model/containers/compose.ts';
import type { Notice, ParsedFile, TextFormat, YamlFile } from './parsed-file.ts';

/** Files larger than this are not parsed (a notice says so); decK files over it are still route-counted by streaming. Bytes. */
export const MAX_FILE_BYTES = 4 * 2 ** 20;

const TEXT_FORMATS: readonly (readonly [RegExp, TextFormat])[] = [
  [/(?:^|\/)(?:kong[^/]*\.conf(?:\.default|\.tpl|\.j2)?|[^/]+\.kong\.conf)$/, 'kong.conf'],
  [/(?:^|\/)(?:Dockerfile|Containerfile)(?:\.[^/]*)?$|\.[Dd]ockerfile$/, 'dockerfile'],
  [/(?:^|\/)\.env(?:\.[^/]*)?$|\.env$/, 'env-file'],
  [/(?:^|\/)(?:application|bootstrap)[^/]*\.properties$/, 'properties'],
  [/\.sh$/, 'shell'],
  [/(?:^|\/)Procfile$/, 'procfile'],
  [/\.service$/, 'systemd'],
  [/\.tf$/, 'terraform'],
  [/(?:^|\/)templates\/(?:.*\/)?[^/]+\.(?:tpl|txt)$/, 'template'],
  [
    /(?:^|\/)(?:pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|[^/]*\.versions\.toml|gradle\.lockfile|gradle\.properties|requirements[^/]*\.txt|poetry\.lock|Pipfile\.lock|uv\.lock|pyproject\.toml|go\.mod|package\.json|package-lock\.json)$/,
    'build',
  ],
  // What a package manager or a bundler wrote is nobody's source.
  [/(?<!(?:^|\/)\.pnp(?:\.loader)?|\.min|\.bundle)\.(?:go|java|py|ts|tsx|mts|cts|js|jsx|mjs|cjs)$/, 'code'],
];

/** How a file is read, by its name alone; `undefined`: nobody reads it. */
export function formatOf(path: string): TextFormat | 'yaml' | undefined {
  for (const [pattern, format] of TEXT_FORMATS) if (pattern.test(path)) return format;
  return /\.(?:ya?ml|json)$/.test(path) ? 'yaml' : undefined;
}

/** Named like something that is read although it has no `kind:`. */
const KINDLESS_NAME =
  /(?:^|\/)(?:kustomization\.ya?ml|Kustomization|Chart\.(?:ya?ml|lock)|requirements\.ya?ml|[^/]*values[^/]*\.ya?ml|(?:docker-)?compose[^/]*\.ya?ml|helmfile[^/]*\.ya?ml|(?:application|bootstrap)[^/]*\.ya?ml|skaffold[^/]*\.ya?ml|mesh[^/]*\.ya?ml)$/;
/** Says, in a document without `kind:`, that a rule may want it. */
const KINDLESS_TOPIC =
  /_format_version|KONG_|\bkong\b|\bkiam\b|istio|\bgrpc\b|GOMEMLIMIT|networkaddress|^services:|^\s*-?\s*["']?op["']?:|^\s*["']?apiVersion["']?:|meshConfig|sessionDuration/m;

/** One test on the text of a YAML or JSON file: may any document of it matter? */
export function yamlMatters(path: string, text: string): boolean {
  return KINDLESS_NAME.test(path) || /\bkind["']?\s*:/.test(text) || KINDLESS_TOPIC.test(text);
}

/** One test on scripts and systemd units: does a rule read a setting that they may hold? */
const SCRIPT_TOPIC = /kong|kiam|GOMEMLIMIT|networkaddress|:8001|:8444/i;

/** One test on source code: does it use gRPC or a SQL pool, or read the environment? The code reader looks closer. */
export const CODE_TOPIC =
  /\bgrpc\b|ChannelCredentials|\bGetenv\b|\bLookupEnv\b|\bprocess\.env\b|\bos\.environ\b|\bgetenv\b|\benv(?:config)?:"|@Value\s*\(|networkaddress\.cache|"database\/sql"|\bSetConnMax|\bSetMaxIdleConns|\bSetMemoryLimit\b|\bSetGCPercent\b|\bimport "C"/;

/**
 * A file as far as any rule reads it; `undefined` when nothing in it matters.
 * @param before the same file with another text: documents that are in both are not parsed again
 */
export function parseFile(file: SourceFile, before?: ParsedFile): ParsedFile | undefined {
  const format = formatOf(file.path);
  if (format === undefined) return undefined;
  if (format !== 'yaml') {
    if (format === 'code' && !CODE_TOPIC.test(file.text)) return undefined;
    if ((format === 'shell' || format === 'systemd') && !SCRIPT_TOPIC.test(file.text)) return undefined;
    if (format === 'terraform' && !file.text.includes('helm_release')) return undefined;
    return { format, file, notices: [] };
  }
  if (!yamlMatters(file.path, file.text)) return undefined;
  return parseYamlFile(file, before?.format === 'yaml' && !before.templated ? before : undefined);
}

function parseYamlFile(file: SourceFile, before: YamlFile | undefined): YamlFile | undefined {
  if (hasConflictMarkers(file.text)) {
    return emptyYaml(file, {
      kind: 'conflict',
      file: file.path,
      message: 'merge conflict markers; the file is left out until they are resolved',
    });
  }
  const template = maskTemplate(file.text);
  const documents: YamlDocument[] = [];
  const objects: KubeObject[] = [];
  const notices: Notice[] = [];
  const known = before && !template ? documentsByText(before) : undefined;
  for (const span of splitDocuments(file.text)) {
    if (!documentMatters(file, span)) continue;
    const sameText = known?.get(file.text.slice(span.start, span.end));
    const same = sameText?.masks.length === 0 ? sameText : undefined;
    const document = (same && movedDocument(same, file, span)) ?? parsedDocument(file, span, template);
    if (document.problem) {
      if (isOurs(file, span)) notices.push(problemNotice(file, document, template !== undefined));
    } else {
      documents.push(document);
      objects.push(...readObjects(file, document.root, document.masks.length > 0 || template !== undefined));
    }
  }
  if (documents.length === 0 && notices.length === 0) return undefined;
  return { format: 'yaml', file, documents, objects, templated: template !== undefined, notices };
}

/** What compose and Spring write as `${NAME}` they fill in themselves, and their readers know how. */
function parsedDocument(file: SourceFile, span: DocumentSpan, template: ReturnType<typeof maskTemplate>): YamlDocument {
  const plain = parseDocument(file, span, template);
  const document = plain.problem && !template ? (terraformDocument(file, span) ?? plain) : plain;
  const { root } = document;
  if (root === undefined || SPRING_NAME.test(file.path) || isComposeDocument(root)) return document;
  const filled = withPlaceholders(root, file.text.slice(span.start, span.end));
  return filled === root ? document : { ...document, root: filled };
}

/** Values for Terraform's `templatefile` are YAML but for directives, and for lines that a variable writes. */
function terraformDocument(file: SourceFile, span: DocumentSpan): YamlDocument | undefined {
  if (!mayBeTerraformTemplate(file.text.slice(span.start, span.end))) return undefined;
  const document = parseDocument(file, span, maskTerraform(file.text, interpolationsIn(file.text, span.start, span.end)));
  return document.problem ? undefined : document;
}

const SPRING_NAME = /(?:^|\/)(?:application|bootstrap)[^/]*\.ya?ml$/;

function documentsByText({ file, documents }: YamlFile): Map<string, YamlDocument> {
  return new Map(documents.map((document) => [file.text.slice(document.start, document.end), document]));
}

function emptyYaml(file: SourceFile, notice: Notice): YamlFile {
  return { format: 'yaml', file, documents: [], objects: [], templated: false, notices: [notice] };
}

function documentMatters(file: SourceFile, span: DocumentSpan): boolean {
  if (span.kind !== undefined) return isRelevantKind(span.kind);
  if (KINDLESS_NAME.test(file.path)) return true;
  const text = file.text.slice(span.start, span.end);
  // JSON and indented documents carry their kind elsewhere than at column 0.
  const kind = /["']kind["']\s*:\s*["']([A-Za-z]+)["']|^\s+kind:\s*["']?([A-Za-z]+)/m.exec(text);
  if (kind && /["']?apiVersion["']?\s*:/.test(text)) return isRelevantKind(kind[1] ?? kind[2] ?? '') || /["']?items["']?\s*:/.test(text);
  return KINDLESS_TOPIC.test(text);
}

/** An editor's or a tool's JSON may well hold comments: only what a cluster or a gateway reads is missed when it can't be read. */
function isOurs(file: SourceFile, span: DocumentSpan): boolean {
  return !file.path.endsWith('.json') || /apiVersion|_format_version/.test(file.text.slice(span.start, span.end));
}

function problemNotice(file: SourceFile, document: YamlDocument, templated: boolean): Notice {
  const offset = document.problem?.offset ?? document.start;
  const line = countLines(file.text, offset) + 1;
  const message = document.problem?.message ?? '';
  return { kind: templated ? 'templated' : 'unparsable', file: file.path, message: `line ${line}: ${message}` };
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
