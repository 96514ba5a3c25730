import probes from '../../data/probes.json' with { type: 'json' };
import type { OptionSpec } from '../linters/rule.ts';

/** A probe as far as a configuration speaks of it. */
export interface ConfigurableProbe {
  readonly id: string;
  readonly options?: Readonly<Record<string, OptionSpec>>;
}

/**
 * The thresholds that `.runbook-lens.yaml` may set, written from the probes by `npm run generate`: whoever checks a configuration, as every lint does, need
 * not load what diagnoses clusters.
 */
export const CONFIGURABLE_PROBES = probes as readonly unknown[] as readonly ConfigurableProbe[];
