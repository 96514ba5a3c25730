import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changedFiles } from '../../../src/fixes/apply.ts';
import { verifyFix } from '../../../src/fixes/verify.ts';
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

/** The file after the only finding's fix, or the reason why there is none. */
async function fixed(path: string, text: string): Promise<string> {
  const engine = await engineOf({ [path]: text });
  const result = engine.lint();
  const [finding, ...others] = result.findings;
  assert.ok(finding && others.length === 0, text);
  const [fix] = finding.fixes ?? [];
  if (!fix) return finding.snippet?.reasonId ?? 'nothing';
  const verified = verifyFix(engine, result, finding, fix);
  assert.ok(verified.ok, text);
  return changedFiles(verified.planned.edits, verified.planned.creates, (one) => engine.file(one))?.get(path)?.text ?? '';
}

describe('the other option goes in', () => {
  const OLD = '-Dnetworkaddress.cache.ttl=5';
  const BOTH = `${OLD} -Dsun.net.inetaddr.ttl=5`;
  const dockerfile = (line: string): string => `FROM eclipse-temurin:17\n${line}\n`;
  const pom = (element: string): string => `<project><build><plugins><plugin>${element}</plugin></plugins></build></project>\n`;
  const forms: readonly (readonly [path: string, form: (options: string) => string, separate?: string])[] = [
    ['Dockerfile', (options) => dockerfile(`ENV JAVA_OPTS="-Xmx1g ${options}"`)],
    ['Dockerfile', (options) => dockerfile(`ENV JAVA_OPTS='${options} -Xmx1g' A=1`)],
    ['Dockerfile', (options) => dockerfile(`ENV JAVA_OPTS -Xmx1g ${options}`)],
    ['Dockerfile', (options) => dockerfile(`ARG OPTIONS="${options}"`)],
    ['Dockerfile', (options) => dockerfile(`RUN java ${options} -jar a.jar`)],
    ['Dockerfile', (options) => dockerfile(`CMD ["sh", "-c", "java ${options} -jar a.jar"]`)],
    ['Dockerfile', (options) => dockerfile(`CMD ["java", "${options}", "-jar", "a.jar"]`), '", "'],
    ['run.sh', (options) => `export JAVA_OPTS="-Xmx1g ${options}"\n`],
    ['run.sh', (options) => `sh -c 'java ${options} -jar a.jar'\n`],
    ['run.sh', (options) => `java ${options} -jar a.jar\n`],
    ['run.sh', (options) => `java "${options}" -jar a.jar\n`, '" -D'],
    ['Procfile', (options) => `web: java ${options} -jar a.jar\n`],
    ['a.service', (options) => `[Service]\nEnvironment="JAVA_OPTS=${options}"\n`],
    ['a.service', (options) => `[Service]\nExecStart=/usr/bin/java ${options} -jar a.jar\n`],
    ['a.env', (options) => `JAVA_OPTS=${options}\n`],
    ['build.gradle', (options) => `jvmArgs = ['${options}']\n`, "', '"],
    ['build.gradle', (options) => `environment 'JAVA_OPTS', '-Xmx1g ${options}'\n`],
    ['pom.xml', (options) => pom(`<argLine>${options}</argLine>`)],
    ['compose.yaml', (options) => `services:\n  a:\n    image: a\n    command: java ${options} -jar a.jar\n`],
    ['compose.yaml', (options) => `services:\n  a:\n    image: a\n    environment: [ "JAVA_OPTS=${options}" ]\n`],
  ];
  for (const [path, form, separate] of forms) {
    it(form(OLD).trim(), async () => {
      const expected =
        separate === undefined
          ? form(BOTH)
          : form(BOTH).replace(
              separate === '" -D' ? `${BOTH}"` : ' -D',
              separate === '" -D' ? `${OLD}" -Dsun.net.inetaddr.ttl=5` : `${separate}-D`,
            );
      assert.equal(await fixed(path, form(OLD)), expected);
    });
  }

  it('with quotes where a value has none', async () => {
    assert.equal(await fixed('Dockerfile', dockerfile(`ENV JAVA_OPTS=${OLD}`)), dockerfile(`ENV JAVA_OPTS="${BOTH}"`));
    assert.equal(await fixed('run.sh', `export JAVA_OPTS=${OLD}\n`), `export JAVA_OPTS="${BOTH}"\n`);
  });

  it('by hand where each option is an entry, or quotes are in the way', async () => {
    assert.equal(await fixed('Dockerfile', dockerfile(`ENV JAVA_OPTS=${OLD}\\ -Da="b c"`)), 'byHand');
    assert.equal(await fixed('a.service', `[Service]\nEnvironment=JAVA_OPTS=${OLD}\n`), 'byHand');
    assert.equal(await fixed('build.gradle', `jvmArgs += '${OLD}'\n`), 'byHand');
    assert.equal(await fixed('pom.xml', pom(`<arguments><argument>${OLD}</argument></arguments>`)), 'byHand');
    assert.equal(
      await fixed(
        'pod.yaml',
        `apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec:\n  containers:\n    - name: a\n      args: ["${OLD}"]\n`,
      ),
      'byHand',
    );
  });
});

describe('the code that runs with an option', () => {
  const script = { 'run.sh': 'java -Dnetworkaddress.cache.ttl=5 -jar a.jar\n' };
  const messages = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> =>
    (await engineOf(files)).lint().findings.map((finding) => finding.messageId);

  it('is that of the nearest folder', async () => {
    assert.deepEqual(await messages({ ...script, ...LOCKED }), ['noEffect']);
    const inner = Object.fromEntries(Object.entries({ ...script, ...LOCKED }).map(([path, text]) => [`a/${path}`, text]));
    assert.deepEqual(await messages(inner), ['noEffect']);
    assert.deepEqual(await messages({ ...inner, 'build.gradle': "dependencies { implementation 'io.grpc:grpc-core:1.68.0' }\n" }), [
      'noEffect',
    ]);
  });

  it('is the container’s own, else the code beside the file', async () => {
    const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: orders }\nspec:\n  containers:\n    - name: orders\n      image: example/orders:1\n      env: [{ name: JAVA_OPTS, value: -Dnetworkaddress.cache.ttl=5 }]\n`;
    const grpc = "dependencies { implementation 'io.grpc:grpc-core:1.68.0' }\n";
    const locked = (folder: string): Readonly<Record<string, string>> =>
      Object.fromEntries(Object.entries(LOCKED).map(([path, text]) => [`${folder}${path}`, text]));
    const mail = pod.replaceAll('orders', 'mail').replace('-Dnetworkaddress.cache.ttl=5', '-Xmx1g');
    const both = { 'k8s.yaml': `${pod}---\n${mail}`, ...locked('orders/'), 'mail/build.gradle': grpc };
    assert.deepEqual(await messages(both), ['noEffect']);
    assert.deepEqual(await messages({ 'pod.yaml': pod, ...locked('') }), ['noEffect']);
    const inMail = { 'mail/Dockerfile': 'FROM eclipse-temurin:17-jre\nENV JAVA_OPTS="-Dnetworkaddress.cache.ttl=5"\n' };
    assert.deepEqual(await messages({ 'k8s.yaml': mail, ...inMail, ...locked('mail/'), 'api/build.gradle': grpc }), ['noEffect']);
    assert.deepEqual(
      await messages({
        'k8s.yaml': `${pod.replace('-Dnetworkaddress.cache.ttl=5', '-Xmx1g')}---\n${mail}`,
        'orders/run.sh': script['run.sh'],
        ...locked('orders/'),
        'a/mail/build.gradle': grpc,
      }),
      ['noEffect'],
    );
  });

  it('is that of the nearest folder where another holds it', async () => {
    const pod = (name: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name} }\nspec: { containers: [{ name: ${name}, image: "example/${name}:1" }] }\n---\n`;
    const grpc =
      '<project><groupId>a</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>io.grpc</groupId><artifactId>grpc-core</artifactId><version>1.68.0</version></dependency></dependencies></project>\n';
    const locked = (folder: string): Readonly<Record<string, string>> =>
      Object.fromEntries(Object.entries({ ...script, ...LOCKED }).map(([path, text]) => [`${folder}/${path}`, text]));
    const nested = { 'k8s.yaml': pod('shop') + pod('orders'), 'shop/pom.xml': grpc, ...locked('shop/orders') };
    assert.deepEqual(await messages(nested), ['noEffect']);
    assert.deepEqual(await messages({ 'k8s.yaml': pod('orders'), 'pom.xml': grpc, ...locked('orders') }), ['noEffect']);
  });

  it('may hand the property on itself', async () => {
    const source = (text: string): Readonly<Record<string, string>> => ({
      ...script,
      ...LOCKED,
      'src/Main.java': `class Main { String a = "networkaddress.cache.ttl"; ${text} }\n`,
    });
    assert.deepEqual(await messages(source('void b() { Security.setProperty(a, System.getProperty(a)); }')), []);
    assert.deepEqual(await messages(source('void b() { System.out.println(System.getProperty(a)); }')), ['noEffect']);
    assert.deepEqual(await messages(source('void b() { Security.setProperty(a, "5"); }')), ['noEffect']);
    const other =
      source('void b() { Security.setProperty(a, System.getProperty(a)); }')['src/Main.java']?.replace('cache.ttl', 'cache.negative.ttl') ??
      '';
    assert.deepEqual(await messages({ ...script, ...LOCKED, 'src/Main.java': other }), ['noEffect']);
  });
});
