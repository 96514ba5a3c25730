import ignore, { type Ignore } from 'ignore';
import type { LintConfiguration } from '../linters/lint-result.ts';
import type { OptionValue, Severity } from '../linters/rule.ts';
import type { Assume } from '../model/unit.ts';
import type { Language } from '../runbooks/types.ts';

/** What the configuration says of one rule. */
export interface RuleSetting {
  /** A severity also switches the rule on. `on`: with its own severities. */
  readonly level?: Severity | 'on' | 'off';
  readonly options?: Readonly<Record<string, OptionValue>>;
}

export type RuleSettings = ReadonlyMap<string, RuleSetting>;

export interface Override {
  readonly files: readonly string[];
  readonly rules: RuleSettings;
  readonly assume: Assume;
}

/** The content of `.runbook-lens.yaml`, validated. */
export interface Settings {
  readonly rules: RuleSettings;
  readonly ignore: readonly string[];
  readonly assume: Assume;
  /** Options of probes, by the probe's id. */
  readonly probes: Readonly<Record<string, Readonly<Record<string, OptionValue>>>>;
  readonly runbooks: readonly string[];
  readonly lang: Language | undefined;
  readonly overrides: readonly Override[];
}

export const NO_SETTINGS: Settings = { rules: new Map(), ignore: [], assume: {}, probes: {}, runbooks: [], lang: undefined, overrides: [] };

/** Settings as the rest of the program asks for them. Paths are relative to the root, with `/`. */
export class Configuration implements LintConfiguration {
  readonly settings: Settings;
  private readonly ignored: Ignore;
  private readonly overrides: readonly { readonly matches: Ignore; readonly override: Override }[];
  private readonly only: ReadonlySet<string> | undefined;

  /** @param only rule ids named on the command line: no other rule runs, and these run whatever the settings or their default say */
  constructor(settings: Settings = NO_SETTINGS, only?: ReadonlySet<string>) {
    this.settings = settings;
    this.only = only;
    this.ignored = ignore().add([...settings.ignore]);
    this.overrides = settings.overrides.map((override) => ({ matches: ignore().add([...override.files]), override }));
  }

  /**
   * What was said of a rule for a file: a severity (which replaces the rule's own ones), `on`, `off`, or `default` when nothing was said.
   * @param path the file of the finding
   */
  severityOf(rule: string, path: string): Severity | 'on' | 'off' | 'default' {
    let level: Severity | 'on' | 'off' | 'default' = this.settings.rules.get(rule)?.level ?? 'default';
    for (const override of this.overridesFor(path)) level = override.rules.get(rule)?.level ?? level;
    if (!this.only) return level;
    if (!this.only.has(rule)) return 'off';
    return level === 'off' || level === 'default' ? 'on' : level;
  }

  /** True when the rule can give no finding in any file, so that it need not run. */
  isOffEverywhere(rule: string, byDefault: 'on' | 'preview', preview: boolean): boolean {
    if (this.only) return !this.only.has(rule);
    const level = this.settings.rules.get(rule)?.level ?? (byDefault === 'on' || preview ? 'on' : 'off');
    if (level !== 'off') return false;
    return this.settings.overrides.every((override) => (override.rules.get(rule)?.level ?? 'off') === 'off');
  }

  /**
   * Options that were set for a rule; the rule knows its defaults.
   * @param path of a file, or of a folder (`.` for the root): an override of `legacy/**` holds for the folder `legacy`
   */
  optionsOf(rule: string, path: string): Readonly<Record<string, OptionValue>> {
    let options = this.settings.rules.get(rule)?.options ?? {};
    // What matches a file matches all that would stand below it, so this asks for both.
    for (const override of this.overridesFor(path === '.' ? '_' : `${path}/_`)) {
      const more = override.rules.get(rule)?.options;
      if (more) options = { ...options, ...more };
    }
    return options;
  }

  assumeFor(path: string): Assume {
    let { assume } = this.settings;
    for (const override of this.overridesFor(path)) assume = { ...assume, ...override.assume };
    return assume;
  }

  /** @param path of a file, or of a folder (a `/` at its end lets patterns for folders only match) */
  isIgnored(path: string): boolean {
    return this.settings.ignore.length > 0 && ignore.isPathValid(path) && this.ignored.ignores(path);
  }

  private overridesFor(path: string): readonly Override[] {
    if (this.overrides.length === 0 || !ignore.isPathValid(path)) return [];
    return this.overrides.filter(({ matches }) => matches.ignores(path)).map(({ override }) => override);
  }
}
