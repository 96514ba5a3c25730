import type { Anchor } from '../text/source.ts';
import type { Component } from './component.ts';
import { dependenciesNamed, type ResolvedDependency } from './project/resolve.ts';
import type { SdkBehaviour } from './kiam-window.ts';
import { affected, isVersionKnown } from './version.ts';

/**
 * How AWS SDKs treat credentials of an instance-metadata look-alike that have little life left.
 * Sources: aws-sdk-java CHANGELOG 1.12.187 and BaseCredentialsFetcher; aws-sdk-java-v2 CHANGELOG 2.17.159 and 2.17.164, issue 3142;
 * botocore 1.25.0 (commit 5d49e9e) and issue 2670; aws-sdk-go aws/defaults/defaults.go.
 */
export interface CredentialWindow {
  readonly sdk:
    | 'AWS SDK for Java v1'
    | 'AWS SDK for Java v2'
    | 'botocore'
    | 'AWS SDK for Go v1'
    | 'AWS SDK for Go v2'
    | 'AWS SDK for JavaScript';
  readonly version: string;
  /** Where the version is written, else where the library is named. */
  readonly at: Anchor;
  readonly dependency: ResolvedDependency;
  /** All artifacts of that SDK, the first among them too. */
  readonly dependencies: readonly ResolvedDependency[];
  /**
   * `storm`: below 15 minutes every call fetches anew. `raised-wait`: waits 15 minutes although the credentials end before
   * (Java v2 2.17.159 to .163), so it signs with expired ones. `extends`: botocore from 1.25 pushes the end out by 2 to 10 minutes and signs with
   * expired ones when less than 10 are left. `short-window`: fetches anew below 5 minutes only. `safe`: none of these.
   */
  readonly behaviour: SdkBehaviour;
  /** The whole version range behaves so; otherwise a part of it does. */
  readonly certain: boolean;
}

/** The AWS SDKs of a component, without those that only tests or build plugins use. */
export function credentialWindows(component: Component): CredentialWindow[] {
  const { dependencies } = component;
  const windows: CredentialWindow[] = [];
  const java1 = dependenciesNamed(dependencies, 'maven', /^com\.amazonaws:aws-java-sdk(?:-|$)(?!bom$)/);
  const java2 = dependenciesNamed(dependencies, 'maven', /^software\.amazon\.awssdk:(?!bom$)/);
  const one = (found: readonly ResolvedDependency[], sdk: CredentialWindow['sdk'], ranges: readonly Behaviour[]): void => {
    const best = found.find((item) => item.name.endsWith('-core') && item.declared) ?? found.find((item) => item.declared) ?? found[0];
    if (best) windows.push({ ...windowOf(best, sdk, ranges), dependencies: found });
  };
  one(java1, 'AWS SDK for Java v1', [{ behaviour: 'storm', before: '1.12.187' }]);
  one(java2, 'AWS SDK for Java v2', [
    { behaviour: 'raised-wait', from: '2.17.159', before: '2.17.164' },
    { behaviour: 'storm', before: '2.17.159' },
  ]);
  const botocore = dependenciesNamed(dependencies, 'pypi', /^botocore$/);
  one(botocore, 'botocore', [
    { behaviour: 'storm', before: '1.25.0' },
    { behaviour: 'extends', from: '1.25.0' },
  ]);
  // boto3 1.N needs botocore 1.(N+3) from 1.22 on; below that the pairing isn't fixed, so only the lock file tells.
  if (botocore.length === 0) one(dependenciesNamed(dependencies, 'pypi', /^boto3$/), 'botocore', []);
  one(dependenciesNamed(dependencies, 'go', /^github\.com\/aws\/aws-sdk-go$/), 'AWS SDK for Go v1', [{ behaviour: 'short-window' }]);
  one(dependenciesNamed(dependencies, 'go', /^github\.com\/aws\/aws-sdk-go-v2(?:\/|$)/), 'AWS SDK for Go v2', [{ behaviour: 'safe' }]);
  one(dependenciesNamed(dependencies, 'npm', /^(?:aws-sdk|@aws-sdk\/client-.+)$/), 'AWS SDK for JavaScript', [{ behaviour: 'safe' }]);
  return windows;
}

interface Behaviour {
  readonly behaviour: SdkBehaviour;
  readonly from?: string;
  readonly before?: string;
}

function windowOf(
  dependency: ResolvedDependency,
  sdk: CredentialWindow['sdk'],
  ranges: readonly Behaviour[],
): Omit<CredentialWindow, 'dependencies'> {
  const version = dependency.version.known ? dependency.version.value : '';
  const at = dependency.version.at ?? dependency.nameAt;
  const result = (behaviour: CredentialWindow['behaviour'], certain: boolean): Omit<CredentialWindow, 'dependencies'> => ({
    sdk,
    version,
    at,
    dependency,
    behaviour,
    certain,
  });
  const everywhere = ranges.find((range) => range.from === undefined && range.before === undefined);
  if (everywhere) return result(everywhere.behaviour, true);
  if (!isVersionKnown(dependency.range)) return result('unknown', false);
  let partly: CredentialWindow['behaviour'] | undefined;
  for (const { behaviour, from, before } of ranges) {
    const answer = affected(dependency.range, { ...(from && { from }), ...(before && { before }) });
    if (answer === 'yes') return result(behaviour, true);
    if (answer === 'maybe') partly ??= behaviour;
  }
  return partly ? result(partly, false) : result(ranges.length > 0 ? 'safe' : 'unknown', ranges.length > 0);
}
