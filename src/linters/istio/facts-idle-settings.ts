import type { Change } from '../../fixes/change.ts';
import type { Container } from '../../model/container.ts';
import type { KubeObject } from '../../model/kubernetes/objects.ts';
import type { HelmRelease, Unit } from '../../model/unit.ts';
import { parseImage } from '../../model/version.ts';
import { parseEmbeddedDocuments } from '../../text/embedded.ts';
import { oncePer } from '../../text/once.ts';
import type { Anchor } from '../../text/source.ts';
import { isBoolean, isNull, isNumber, itemsAt, nodeAt, scalarAt, textAt, type YamlNode, type YamlScalar } from '../../text/yaml.ts';
import { type IstioAnnotation, istioAnnotations } from './facts-annotations.ts';
import { isIstioNetworking } from './facts-hosts.ts';
import { meshConfigs } from './facts-mesh-config.ts';
import { ofKind } from './objects.ts';

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
  /** The workload or IstioOperator whose pods it is for; `undefined`: for all, for selected ones, or for those of a chart. */
  readonly owner: KubeObject | undefined;
}

/** Every literal `ISTIO_META_IDLE_TIMEOUT` of a unit. Templated values are left out. */
export const idleSettings = oncePer((unit: Unit): readonly IdleSetting[] => {
  const found: IdleSetting[] = [];
  for (const container of unit.containers) found.push(...ofContainer(container));
  for (const annotation of istioAnnotations(unit)) if (annotation.key === PROXY_CONFIG) found.push(...ofAnnotation(annotation));
  return [
    ...found,
    ...meshConfigs(unit).flatMap(({ root }) =>
      ofScalar(scalarAt(root, 'defaultConfig', 'proxyMetadata', META_IDLE_TIMEOUT), 'mesh-config', undefined),
    ),
    ...ofKind(unit, 'ProxyConfig')
      .filter(isIstioNetworking)
      .flatMap(({ root }) => ofScalar(scalarAt(root, 'spec', 'environmentVariables', META_IDLE_TIMEOUT), 'proxy-config', undefined)),
    ...ofKind(unit, 'IstioOperator').flatMap(ofOperator),
    ...unit.releases.flatMap(ofRelease),
  ];
});

const NONE: readonly IdleSetting[] = [];

/** The gateway chart has `env` at its top; the older charts of one gateway each, and IstioOperator's values, below the gateway's name. */
function ofRelease({ chart, values }: HelmRelease): readonly IdleSetting[] {
  if (chart === 'gateway') return ofScalar(scalarAt(values, 'env', META_IDLE_TIMEOUT), 'chart', undefined);
  return chart === 'istio-ingress' || chart === 'istio-egress' ? ofGatewayValues(values) : NONE;
}

function ofGatewayValues(values: YamlNode | undefined): readonly IdleSetting[] {
  return ['istio-ingressgateway', 'istio-egressgateway'].flatMap((name) =>
    ofScalar(scalarAt(values, 'gateways', name, 'env', META_IDLE_TIMEOUT), 'chart', undefined),
  );
}

/** The sidecar or gateway itself: by its name, its image, or `image: auto`, which the injector fills in. */
export function isProxy(container: Container): boolean {
  if (container.surface !== 'kubernetes') return false;
  if (container.name === 'istio-proxy') return true;
  return container.image?.known === true && parseImage(container.image.value)?.name === 'proxyv2';
}

const ofContainer = oncePer((container: Container): readonly IdleSetting[] => {
  const variable = container.env.variables.get(META_IDLE_TIMEOUT);
  if (!variable?.value.known || !variable.value.at || !isProxy(container)) return NONE;
  const literal = scalarAt(variable.node, 'value') ?? variable.node;
  return [
    {
      place: 'container',
      text: variable.value.value,
      at: variable.value.at,
      notText: literal?.kind === 'scalar' && isOtherThanText(literal),
      set: variable.set,
      owner: container.workload,
    },
  ];
});

const ofAnnotation = oncePer(({ place, value, object }: IstioAnnotation): readonly IdleSetting[] => {
  if (place === 'object' || value.kind !== 'scalar') return NONE;
  return proxyConfigRoots(value).flatMap((root) => {
    const scalar = scalarAt(root, 'proxyMetadata', META_IDLE_TIMEOUT);
    return ofScalar(scalar, 'annotation', object).map((setting) => inText(setting, scalar, value));
  });
});

/** Inside a text on one line (JSON mostly) there are no lines to edit: the value's own characters are replaced. */
function inText(setting: IdleSetting, inner: YamlScalar | undefined, outer: YamlScalar): IdleSetting {
  if (!inner || !setting.set || outer.style === 'literal') return setting;
  const quote = inner.style === 'plain' && outer.text.includes('"') ? '"' : '';
  return { ...setting, set: (text) => [{ change: 'replace-text', at: inner, text: `${quote}${text}${quote}` }] };
}

/** The ProxyConfig in an annotation's text, YAML or JSON. */
function proxyConfigRoots(scalar: YamlScalar): readonly YamlNode[] {
  return parseEmbeddedDocuments(scalar) ?? [];
}

/** All of it is for gateways. */
function ofOperator(operator: KubeObject): IdleSetting[] {
  const { root } = operator;
  const components = ['ingressGateways', 'egressGateways'].flatMap((kind) =>
    itemsAt(root, 'spec', 'components', kind)
      .flatMap((gateway) => itemsAt(nodeAt(gateway, 'k8s', 'env')))
      .filter((item) => textAt(item, 'name') === META_IDLE_TIMEOUT)
      .flatMap((item) => ofScalar(scalarAt(item, 'value'), 'container', operator)),
  );
  return [...components, ...ofGatewayValues(nodeAt(root, 'spec', 'values'))];
}

function ofScalar(scalar: YamlScalar | undefined, place: IdleSetting['place'], owner: KubeObject | undefined): IdleSetting[] {
  if (!scalar || scalar.unknown || isNull(scalar)) return [];
  return [
    {
      place,
      text: scalar.text,
      at: scalar,
      // The gateway chart quotes what it is given.
      notText: place !== 'chart' && isOtherThanText(scalar),
      set: scalar.derived ? undefined : (text) => [{ change: 'set-scalar', scalar, text, asString: true }],
      owner,
    },
  ];
}

function isOtherThanText(scalar: YamlScalar): boolean {
  return isNumber(scalar) || isBoolean(scalar);
}
