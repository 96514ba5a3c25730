import assert from 'node:assert/strict';
import { applyEdits } from '../../src/fixes/apply.ts';
import type { Change } from '../../src/fixes/change.ts';
import { type Plan, planChanges } from '../../src/fixes/plan.ts';
import { type SourceFile, sourceFile } from '../../src/text/source.ts';
import { nodeAt, type YamlMap, type YamlNode, type YamlScalar, type YamlSequence } from '../../src/text/yaml.ts';
import { writtenFile } from '../../src/text/yaml-source.ts';

export type Step = string | number;

/** A file opened for a test, with its nodes by path. */
export class Opened {
  readonly file: SourceFile;
  private readonly document: number;

  constructor(text: string, path = 'deploy/app.yaml', document = 0) {
    this.file = sourceFile(path, text);
    this.document = document;
  }

  node(...path: Step[]): YamlNode {
    const root = writtenFile(this.file).documents[this.document]?.root;
    const node = nodeAt(root, ...path);
    assert.ok(node, `nothing at ${path.join('.')} in ${this.file.text}`);
    return node;
  }

  map(...path: Step[]): YamlMap {
    const node = this.node(...path);
    assert.ok(node.kind === 'map');
    return node;
  }

  list(...path: Step[]): YamlSequence {
    const node = this.node(...path);
    assert.ok(node.kind === 'sequence');
    return node;
  }

  scalar(...path: Step[]): YamlScalar {
    const node = this.node(...path);
    assert.ok(node.kind === 'scalar');
    return node;
  }
}

export function planIn(files: readonly SourceFile[], changes: readonly Change[]): Plan {
  const byPath = new Map(files.map((file) => [file.path, file]));
  return planChanges(changes, { file: (path) => byPath.get(path) });
}

/** The text after the changes, or `refused: <reason>`. */
export function after(opened: Opened, changes: readonly Change[]): string {
  const plan = planIn([opened.file], changes);
  if (!plan.ok) return `refused: ${plan.reason.id}`;
  const text = applyEdits(opened.file.text, plan.edits);
  assert.ok(text !== undefined, 'edits overlap');
  return text;
}

/** One line per text line, so that a table of cases stays readable. */
export function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}
