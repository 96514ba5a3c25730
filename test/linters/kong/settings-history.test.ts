import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartDefault, chartImageTag, productDefault, statusOf } from '../../../src/linters/kong/settings-history.ts';
import { UNKNOWN_VERSION, versionOfTag } from '../../../src/model/version.ts';

describe('defaults of Kong by version', () => {
  it('follows the tags', () => {
    assert.equal(productDefault('db_cache_ttl', versionOfTag('0.13.1')), '3600');
    assert.equal(productDefault('db_cache_ttl', versionOfTag('0.14.0')), '0');
    assert.equal(productDefault('worker_consistency', versionOfTag('2.8')), 'strict');
    assert.equal(productDefault('worker_consistency', versionOfTag('3.9.3.1-ubuntu')), 'eventual');
  });
  it('holds for versions before the first and after the last tag that was read', () => {
    assert.equal(productDefault('database', versionOfTag('0.9.9')), 'postgres');
    assert.equal(productDefault('router_flavor', versionOfTag('3.12')), 'traditional_compatible');
  });
  it('says nothing where a floating tag spans two defaults, or the setting is gone', () => {
    assert.equal(productDefault('worker_consistency', versionOfTag('2')), undefined);
    assert.equal(productDefault('router_consistency', versionOfTag('2.8')), undefined);
  });
  it('knows without a version only what never changed', () => {
    assert.equal(productDefault('nginx_worker_processes', UNKNOWN_VERSION), 'auto');
    assert.equal(productDefault('db_cache_ttl', UNKNOWN_VERSION), undefined);
    assert.equal(productDefault('router_flavor', UNKNOWN_VERSION), undefined);
    assert.equal(productDefault('admin_listen', UNKNOWN_VERSION), undefined);
  });
});

describe('defaults of the chart kong/kong', () => {
  it('follows the tags', () => {
    assert.equal(chartDefault('nginx_worker_processes', versionOfTag('1.11.0')), '1');
    assert.equal(chartDefault('nginx_worker_processes', versionOfTag('1.12.0')), '2');
    assert.equal(chartDefault('router_flavor', versionOfTag('2.13.0')), 'traditional');
    assert.equal(chartImageTag(versionOfTag('2.38.0')), '3.6');
  });
  it('tells "sets it not" from "not known"', () => {
    assert.equal(chartDefault('router_flavor', versionOfTag('2.12.0')), null);
    assert.equal(chartDefault('worker_consistency', UNKNOWN_VERSION), null);
    assert.equal(chartDefault('router_flavor', UNKNOWN_VERSION), undefined);
    assert.equal(chartDefault('router_flavor', versionOfTag('99.0.0')), undefined);
    assert.equal(chartImageTag(versionOfTag('99.0.0')), undefined);
  });
});

describe('whether a version reads a key', () => {
  const status = (name: string, tag: string) => statusOf(name, versionOfTag(tag));
  it('removed, not yet, or never', () => {
    assert.deepEqual(status('router_consistency', '2.1.0'), { is: 'removed', since: '2.1.0', certain: 'yes' });
    assert.deepEqual(status('router_consistency', '2'), { is: 'removed', since: '2.1.0', certain: 'maybe' });
    assert.deepEqual(status('worker_consistency', '2.0.5'), { is: 'not-yet', since: '2.1.0', certain: 'yes' });
    assert.deepEqual(status('enforce_rbac', '3.4'), { is: 'foreign' });
    assert.deepEqual(status('cluster_listen', '1.5'), { is: 'removed', since: '0.11.0', certain: 'yes' });
    assert.deepEqual(status('cluster_listen', '2.0'), { is: 'read' });
  });
  it('keys below a prefix are handed on, but for those left out there', () => {
    assert.deepEqual(status('nginx_upstream_keepalive', '3.9'), { is: 'read' });
    assert.deepEqual(status('nginx_http_gzip', '1.0'), { is: 'read' });
    assert.deepEqual(status('nginx_main_worker_processes', '1.5'), { is: 'not-yet', since: '2.0.0', certain: 'yes' });
    assert.deepEqual(status('nginx_http_upstream_keepalive', '1.2'), { is: 'read' });
    assert.deepEqual(status('nginx_http_upstream_keepalive', '2.8'), { is: 'read' });
    assert.equal(status('nginx_http_upstream_keepalive', '3.0').is, 'removed');
  });
  it('a setting of the first tag may be older than it', () => {
    assert.deepEqual(status('database', '0.9'), { is: 'read' });
  });
});
