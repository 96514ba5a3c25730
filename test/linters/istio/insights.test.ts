import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { istioInsights } from '../../../src/linters/istio/insights.ts';
import { textOf } from '../../../src/text/source.ts';
import { engineOf } from '../../helpers/engine.ts';

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: db }
spec: { ports: [{ name: tcp-db, port: 3307 }, { name: http-metrics, port: 9104 }] }
---
`;

function destinationRule(trafficPolicy: string): string {
  return `${SERVICE}apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: db }
spec:
  host: db
  trafficPolicy: ${trafficPolicy}
`;
}

async function insightsOf(text: string, settings?: string): Promise<string[]> {
  const engine = await engineOf({ 'a.yaml': text }, settings === undefined ? {} : { settings });
  const repository = engine.repository();
  return repository.units.flatMap((unit) =>
    istioInsights.insights(unit, repository).map(({ at, messageId, data }) => {
      const message = istioInsights.messages[messageId];
      assert.ok(message, messageId);
      for (const language of [message.en, message.zh]) {
        for (const [, name = ''] of language.matchAll(/\{(\w+)\}/g)) assert.ok(name in data, `${messageId}: ${name}`);
      }
      return `${textOf(at)}: ${messageId} ${data.value ?? ''}`.trim();
    }),
  );
}

describe('Istio insights', () => {
  it('tells the idle timeout of a DestinationRule’s TCP host', async () => {
    assert.deepEqual(await insightsOf(destinationRule('{ connectionPool: { tcp: { idleTimeout: 24h } } }')), ['24h: fromRule 24h']);
    assert.deepEqual(await insightsOf(destinationRule('{ connectionPool: { tcp: { idleTimeout: 90m } } }')), ['90m: fromRule 90m']);
    assert.deepEqual(await insightsOf(destinationRule('{ connectionPool: { tcp: { idleTimeout: 0s } } }')), ['0s: neverByRule 0s']);
  });

  it('tells the default where the top level sets none, also when a port does', async () => {
    assert.deepEqual(await insightsOf(destinationRule('{ connectionPool: { tcp: { maxConnections: 9 } } }')), ['db: byDefault']);
    const onPort = '{ portLevelSettings: [{ port: { number: 3307 }, connectionPool: { tcp: { idleTimeout: 24h } } }] }';
    assert.deepEqual(await insightsOf(destinationRule(onPort)), ['db: byDefault']);
  });

  it('says nothing of HTTP hosts, unseen hosts, unreadable values and versions without the setting', async () => {
    const idle = '{ connectionPool: { tcp: { idleTimeout: 24h } } }';
    assert.deepEqual(await insightsOf(destinationRule(idle).replace('tcp-db', 'http-db')), []);
    assert.deepEqual(await insightsOf(destinationRule(idle).replace('host: db', 'host: other.example.com')), []);
    assert.deepEqual(await insightsOf(destinationRule('{ connectionPool: { tcp: { idleTimeout: 1d } } }')), []);
    assert.deepEqual(await insightsOf(destinationRule('{ connectionPool: { tcp: { idleTimeout: "{{ .Values.idle }}" } } }')), []);
    assert.deepEqual(await insightsOf(destinationRule(idle), 'assume: { istio: "1.20" }\n'), []);
    // A template may set it among the others.
    const open = '\n    connectionPool:\n      tcp:\n        {{- toYaml .Values.tcp | nindent 8 }}\n        maxConnections: 9';
    assert.deepEqual(await insightsOf(destinationRule(open)), []);
  });

  it('tells what ISTIO_META_IDLE_TIMEOUT does', async () => {
    const pod = (value: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    proxy.istio.io/config: |
      proxyMetadata:
        ISTIO_META_IDLE_TIMEOUT: ${value}
spec: { containers: [{ name: a, image: example/a:1 }] }
`;
    assert.deepEqual(await insightsOf(pod('7200s')), ['7200s: fromMeta 2h']);
    assert.deepEqual(await insightsOf(pod('0s')), ['0s: neverByMeta 0s']);
    assert.deepEqual(await insightsOf(pod('1d')), ['1d: metaIgnored']);
    assert.deepEqual(await insightsOf(pod('3600')), []);
    assert.deepEqual(await insightsOf(pod('""')), []);
  });
});
