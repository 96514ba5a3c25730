import type { Anchor, SourceFile } from '../text/source.ts';
import type { YamlMap, YamlNode, YamlScalar, YamlSequence } from '../text/yaml.ts';

/** A value to write: what YAML can hold. Strings are quoted where YAML would read them as something else. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** A step of a fix, as an intent. The planner turns intents into minimal edits that keep comments, order, quotes and line endings. */
export type Change =
  /** Gives a scalar another text, keeping its quotes; `asString` adds quotes where the text would be read as a number or a bool. */
  | { readonly change: 'set-scalar'; readonly scalar: YamlScalar; readonly text: string; readonly asString?: boolean }
  /** Sets `path` below `map`, adding the maps between; an entry that is there is replaced. */
  | { readonly change: 'set-entry'; readonly map: YamlMap; readonly path: readonly string[]; readonly value: Plain }
  | { readonly change: 'rename-key'; readonly map: YamlMap; readonly key: string; readonly to: string }
  /** Removes an entry; `prune` also removes parents that become empty (`below` is the outermost map that may be emptied). */
  | { readonly change: 'remove-entry'; readonly map: YamlMap; readonly path: readonly string[]; readonly prune?: boolean }
  | { readonly change: 'add-item'; readonly sequence: YamlSequence; readonly value: Plain }
  | { readonly change: 'remove-item'; readonly sequence: YamlSequence; readonly item: YamlNode }
  /** Any text: code, `key=value` lines, Dockerfiles. An empty span inserts. */
  | { readonly change: 'replace-text'; readonly at: Anchor; readonly text: string }
  /** A new document after the document in which `beside` stands (same file), or in a new file listed in the kustomization's `resources`. */
  | { readonly change: 'add-object'; readonly beside: YamlMap; readonly object: Plain }
  /** A line at the end of a text file. */
  | { readonly change: 'append-line'; readonly file: SourceFile; readonly text: string };

/** `safe`: today the text is rejected or has no effect, and it has one possible meaning. Everything else is `review`. */
export type FixSafety = 'safe' | 'review';

export interface Fix {
  /** Stable within the rule. */
  readonly id: string;
  /** Message id of the title in the rule's `messages`, with its data. */
  readonly titleId: string;
  readonly data: Readonly<Record<string, string | number>>;
  readonly safety: FixSafety;
  readonly changes: readonly Change[];
}

/** What to paste by hand where no edit is right, and why. */
export interface Snippet {
  readonly reasonId: string;
  readonly data: Readonly<Record<string, string | number>>;
  readonly language: string;
  readonly text: string;
}

export interface TextEdit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly newText: string;
}
