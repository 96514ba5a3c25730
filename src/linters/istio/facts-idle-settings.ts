import type { Change } from '../../fixes/change.ts';
import type { Container } from '../../model/container.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { Unit } from '../../model/unit.ts';
import { parseImage } from '../../model/version.ts';
import { parseEmbeddedDocuments } from '../../text/embedded.ts';
import type { Anchor } from '../../text/source.ts';
import { isBoolean, isNull, isNumber, itemsAt, nodeAt, scalarAt, textAt, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import { istioAnnotations } from './facts-annotations.ts';
import { isIstioNetworking } from './facts-hosts.ts';
import { meshConfigs } from './facts-mesh-config.ts';

/** Node metadata that becomes the idle timeout of TCP connections which no DestinationRule speaks for. */
export const META_IDLE_TIMEOUT = 'ISTIO_META_IDLE_TIMEOUT';
const PROXY_CONFIG = 'proxy.istio.io/config';

/** A place that sets `ISTIO_META_IDLE_TIMEOUT` for proxies. */
export interface IdleSetting {
  /** `annotation`: proxy.istio.io/config; `container`: the proxy's own environment; `chart`: a gateway chart's `env`. */
  readonly place: 'annotation' | 'container' | 'mesh-config' | 'proxy-config' | 'chart';
  readonly text: string;
  readonly at: Anchor;
  /** Written without quotes as a number or a bool, where only text is allowed. */
  readonly notText: boolean;
  /** `undefined`: that place can't be edited. */
  readonly set: ((text: string) => readonly Change[]) | undefined;
  /** The workload whose pods it is for; `undefined` for mesh-wide or selected ones. */
  readonly workload: KubeObject | undefined;
}

const cache = new WeakMap<Unit, readonly IdleSetting[]>();

/** Every literal `ISTIO_META_IDLE_TIMEOUT` of a unit. Templated values are left out. */
export function idleSettings(unit: Unit): readonly IdleSetting[] {
  const known = cache.get(unit);
  if (known) return known;
  const found = [
    ...unit.containers.flatMap(ofContainer),
    ...ofAnnotations(unit),
    ...meshConfigs(unit).flatMap(({ root }) =>
      ofScalar(scalarAt(root, 'defaultConfig', 'proxyMetadata', META_IDLE_TIMEOUT), 'mesh-config', undefined),
    ),
    ...unit.objects
      .filter((object) => object.kind === 'ProxyConfig' && isIstioNetworking(object))
      .flatMap(({ root }) => ofScalar(scalarAt(root, 'spec', 'environmentVariables', META_IDLE_TIMEOUT), 'proxy-config', undefined)),
    ...ofOperators(unit),
    ...unit.releases
      .filter(({ chart }) => chart === 'gateway' || chart === 'istio-ingress' || chart === 'istio-egress')
      .flatMap(({ values }) => ofScalar(scalarAt(values, 'env', META_IDLE_TIMEOUT), 'chart', undefined)),
  ];
  cache.set(unit, found);
  return found;
}

/** The sidecar or gateway itself: by its name, its image, or `image: auto`, which the injector fills in. */
export function isProxy(container: Container): boolean {
  if (container.surface !== 'kubernetes') return false;
  if (container.name === 'istio-proxy') return true;
  return container.image?.known === true && parseImage(container.image.value)?.name === 'proxyv2';
}

function ofContainer(container: Container): IdleSetting[] {
  const variable = isProxy(container) ? container.env.variables.get(META_IDLE_TIMEOUT) : undefined;
  if (!variable?.value.known || !variable.value.at) return [];
  const literal = scalarAt(variable.node, 'value') ?? variable.node;
  return [
    {
      place: 'container',
      text: variable.value.value,
      at: variable.value.at,
      notText: literal?.kind === 'scalar' && isOtherThanText(literal),
      set: variable.set,
      workload: container.workload,
    },
  ];
}

function ofAnnotations(unit: Unit): IdleSetting[] {
  return istioAnnotations(unit).flatMap((annotation) => {
    if (annotation.key !== PROXY_CONFIG || annotation.place === 'object' || annotation.value.kind !== 'scalar') return [];
    const workload = annotation.place === 'pod' ? annotation.object : undefined;
    const { value } = annotation;
    return proxyConfigRoots(value).flatMap((root) => {
      const scalar = scalarAt(root, 'proxyMetadata', META_IDLE_TIMEOUT);
      return ofScalar(scalar, 'annotation', workload).map((setting) => inText(setting, scalar, value));
    });
  });
}

/** Inside a text on one line (JSON mostly) there are no lines to edit: the value's own characters are replaced. */
function inText(setting: IdleSetting, inner: YamlScalar | undefined, outer: YamlScalar): IdleSetting {
  if (!inner || !setting.set || outer.style === 'literal' || outer.style === 'folded') return setting;
  const quote = inner.style === 'plain' && outer.style !== 'double' && outer.text.includes('"') ? '"' : '';
  return { ...setting, set: (text) => [{ change: 'replace-text', at: inner, text: `${quote}${text}${quote}` }] };
}

/** The ProxyConfig in an annotation's text, YAML or JSON. */
export function proxyConfigRoots(scalar: YamlScalar): readonly YamlNode[] {
  return parseEmbeddedDocuments(scalar) ?? [];
}

function ofOperators(unit: Unit): IdleSetting[] {
  return unit.objects
    .filter(({ kind }) => kind === 'IstioOperator')
    .flatMap(({ root }) =>
      ['ingressGateways', 'egressGateways'].flatMap((kind) =>
        itemsAt(root, 'spec', 'components', kind)
          .flatMap((gateway) => itemsAt(nodeAt(gateway, 'k8s', 'env')))
          .filter((item) => textAt(item, 'name') === META_IDLE_TIMEOUT)
          .flatMap((item) => ofScalar(scalarAt(item, 'value'), 'container', undefined)),
      ),
    );
}

function ofScalar(scalar: YamlScalar | undefined, place: IdleSetting['place'], workload: KubeObject | undefined): IdleSetting[] {
  if (!scalar || scalar.unknown || isNull(scalar)) return [];
  return [
    {
      place,
      text: scalar.text,
      at: scalar,
      // The gateway chart quotes what it is given.
      notText: place !== 'chart' && isOtherThanText(scalar),
      set: scalar.derived ? undefined : (text) => [{ change: 'set-scalar', scalar, text, asString: true }],
      workload,
    },
  ];
}

function isOtherThanText(scalar: YamlScalar): boolean {
  return isNumber(scalar) || isBoolean(scalar);
}
