import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { engineOf } from '../../helpers/engine.ts';

const LOCKED = { 'gradle.lockfile': 'com.zaxxer:HikariCP:5.1.0=runtimeClasspath\nempty=\n', 'build.gradle': 'dependencies {}\n' };

/** Message, fixes with their safety, and the snippet's reason of the only finding. */
async function found(options: string, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const engine = await engineOf({ Dockerfile: `FROM eclipse-temurin:17\nENV JAVA_OPTS="${options}"\n`, ...more });
  const [finding, ...others] = engine.lint().findings;
  if (!finding) return '';
  assert.equal(others.length, 0);
  const fixes = (finding.fixes ?? []).map((fix) => `${fix.id}:${fix.safety}`);
  return [finding.severity, finding.messageId, ...fixes, finding.snippet?.text ?? ''].join(' ').trim();
}

describe('what is offered for -Dnetworkaddress.cache.ttl', () => {
  it('replaces it where the locked dependencies hold no grpc-java', async () => {
    assert.equal(await found('-Dnetworkaddress.cache.ttl=5', LOCKED), 'warning noEffect replace:safe');
    for (const value of ['=0', '=-1', '=${TTL}', '=', '']) {
      assert.equal(await found(`-Dnetworkaddress.cache.ttl${value}`, LOCKED), 'warning noEffect replace:review', value);
    }
    const grpc = { ...LOCKED, 'gradle.lockfile': 'io.grpc:grpc-core:1.68.0=runtimeClasspath\nempty=\n' };
    assert.equal(await found('-Dnetworkaddress.cache.ttl=5', grpc), 'information grpc add:review');
  });

  it('adds the other elsewhere, where there is a value to repeat', async () => {
    assert.equal(await found('-Dnetworkaddress.cache.ttl=5'), 'information grpcUnseen add:review');
    for (const value of ['', '=', '={{ttl}}'])
      assert.equal(await found(`-Dnetworkaddress.cache.ttl${value}`), 'information grpcUnseen', value);
  });

  it('shows the line of java.security for failed lookups', async () => {
    const line = (seconds: number): string =>
      `RUN echo 'networkaddress.cache.negative.ttl=${seconds}' >> "$JAVA_HOME/conf/security/java.security"`;
    assert.equal(await found('-Dnetworkaddress.cache.negative.ttl=0'), `warning negative ${line(0)}`);
    assert.equal(await found('-Dnetworkaddress.cache.negative.ttl'), `warning negative ${line(2)}`);
  });
});
