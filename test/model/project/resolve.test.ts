import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependenciesNamed, dependencyKey, type ProjectDependencies, resolveDependencies } from '../../../src/model/project/resolve.ts';
import { sourceFile, textOf } from '../../../src/text/source.ts';

function resolve(files: Record<string, string>): ProjectDependencies {
  return resolveDependencies(Object.entries(files).map(([path, text]) => sourceFile(path, text)));
}

/** `version source file` of one dependency. */
function where(project: ProjectDependencies, key: string): string {
  const found = project.all.get(key);
  if (!found) return 'absent';
  if (found.version.known && found.version.at) assert.equal(textOf(found.version.at), found.version.value);
  return `${found.version.known ? found.version.value : '?'} ${found.source} ${found.version.at?.file.path ?? '-'}`;
}

const dep = (group: string, artifact: string, rest = ''): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>${rest}</dependency>`;
const imported = (group: string, artifact: string, version: string): string =>
  dep(group, artifact, `<version>${version}</version><type>pom</type><scope>import</scope>`);
const s3 = 'maven com.amazonaws:aws-java-sdk-s3';

function pom(body: string, parent = '', artifact = 'app'): string {
  return `<project>${parent}<groupId>com.acme</groupId><artifactId>${artifact}</artifactId><version>1</version>${body}</project>`;
}

const parentRef = '<parent><groupId>com.acme</groupId><artifactId>parent</artifactId><version>1</version></parent>';
const uses = `<dependencies>${dep('com.amazonaws', 'aws-java-sdk-s3')}</dependencies>`;
const manages = (...entries: string[]): string =>
  `<dependencyManagement><dependencies>${entries.join('')}</dependencies></dependencyManagement>`;

test('Maven: parents, properties and BOMs', () => {
  const parent = pom(
    `<properties><aws>1.12.5</aws></properties>${manages(imported('com.amazonaws', 'aws-java-sdk-bom', '${aws}'))}`,
    '',
    'parent',
  );
  assert.equal(where(resolve({ 'app/pom.xml': pom(uses, parentRef), 'pom.xml': parent }), s3), '1.12.5 bom pom.xml');
  assert.equal(where(resolve({ 'app/pom.xml': pom(uses, parentRef) }), s3), '? none -', 'the parent is not in the repository');
  const overridden = pom(`<properties><aws>1.11.9</aws></properties>${uses}`, parentRef);
  assert.equal(
    where(resolve({ 'app/pom.xml': overridden, 'pom.xml': parent }), s3),
    '1.11.9 bom app/pom.xml',
    'a child sets the property anew',
  );
  const direct = manages(dep('com.amazonaws', 'aws-java-sdk-s3', '<version>1.11.1</version>'));
  assert.equal(where(resolve({ 'app/pom.xml': pom(direct + uses, parentRef), 'pom.xml': parent }), s3), '1.11.1 managed app/pom.xml');
  const boot =
    '<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>2.5.0</version></parent>';
  const bom = imported('com.amazonaws', 'aws-java-sdk-bom', '1.12.6');
  assert.equal(where(resolve({ 'pom.xml': pom(manages(bom) + uses, boot) }), s3), '1.12.6 bom pom.xml', 'Spring Boot manages no AWS SDK');
  assert.equal(
    where(resolve({ 'pom.xml': pom(manages(imported('com.acme', 'bom', '1'), bom) + uses) }), s3),
    '? none -',
    'an unseen BOM comes first',
  );
  assert.equal(where(resolve({ 'pom.xml': pom(manages(bom, imported('com.acme', 'bom', '1')) + uses) }), s3), '1.12.6 bom pom.xml');
  const inherited = pom(`<dependencies>${dep('io.grpc', 'grpc-core', '<version>1.50.0</version>')}</dependencies>`, '', 'parent');
  assert.equal(
    where(resolve({ 'app/pom.xml': pom('', parentRef), 'pom.xml': inherited }), 'maven io.grpc:grpc-core'),
    '1.50.0 direct pom.xml',
    "the parent's own dependencies are inherited",
  );
  const broken = resolve({ 'app/pom.xml': '<project>', 'pom.xml': inherited });
  assert.equal(broken.all.size, 0, 'nothing is said of a project whose pom is broken');
  assert.equal(broken.problems[0]?.path, 'app/pom.xml');
  assert.equal(broken.complete.size, 0);
});

test('Gradle: lock file over direct over platform, catalogue, root scripts', () => {
  const catalogue =
    '[versions]\naws = "1.12.7"\n[libraries]\naws-s3 = { module = "com.amazonaws:aws-java-sdk-s3", version.ref = "aws" }\nbom = "software.amazon.awssdk:bom:2.17.1"\nunused = "io.grpc:grpc-core:1.1"\n[bundles]\naws = ["aws-s3"]\n';
  const viaCatalogue = resolve({
    'app/build.gradle.kts':
      'dependencies { implementation(libs.aws.s3)\n implementation(platform(libs.bom))\n implementation("software.amazon.awssdk:s3") }',
    'gradle/libs.versions.toml': catalogue,
  });
  assert.equal(where(viaCatalogue, s3), '1.12.7 catalogue gradle/libs.versions.toml');
  assert.equal(where(viaCatalogue, 'maven software.amazon.awssdk:s3'), '2.17.1 bom gradle/libs.versions.toml');
  assert.equal(where(viaCatalogue, 'maven io.grpc:grpc-core'), 'absent', 'a library that no script names is not used');
  assert.equal(
    where(resolve({ 'build.gradle': 'dependencies { implementation libs.bundles.aws }', 'gradle/libs.versions.toml': catalogue }), s3),
    '1.12.7 catalogue gradle/libs.versions.toml',
  );
  const locked = resolve({
    'build.gradle': "dependencies { implementation 'com.amazonaws:aws-java-sdk-s3:1.11.1' }",
    'gradle.lockfile': 'com.amazonaws:aws-java-sdk-s3:1.11.2=runtimeClasspath\n',
  });
  assert.equal(where(locked, s3), '1.11.2 lock gradle.lockfile');
  assert.equal(locked.all.get(s3)?.editable, false);
  assert.deepEqual(
    locked.all.get(s3)?.others.map((one) => one.source),
    ['direct'],
  );
  assert.ok(locked.complete.has('maven'));
  const lifted = resolve({
    'build.gradle':
      "dependencies { implementation platform('com.amazonaws:aws-java-sdk-bom:1.12.200')\n implementation 'com.amazonaws:aws-java-sdk-s3:1.11.1' }",
  });
  assert.equal(where(lifted, s3), '1.12.200 bom build.gradle', 'Gradle takes the higher one');
  const root =
    "ext.aws = '1.12.3'\ndependencies { implementation 'io.grpc:grpc-core:1.0' }\nsubprojects { dependencies { implementation 'io.grpc:grpc-stub:1.2' } }\n";
  const child = resolve({
    'app/build.gradle': 'dependencies { implementation "com.amazonaws:aws-java-sdk-s3:${aws}" }',
    'build.gradle': root,
  });
  assert.equal(where(child, s3), '1.12.3 property build.gradle');
  assert.equal(where(child, 'maven io.grpc:grpc-core'), 'absent');
  assert.equal(where(child, 'maven io.grpc:grpc-stub'), '1.2 direct build.gradle');
  const fromProperties = resolve({
    'build.gradle': 'dependencies { implementation "com.amazonaws:aws-java-sdk-s3:$awsVersion" }',
    'gradle.properties': 'awsVersion=1.12.4\n',
  });
  assert.equal(where(fromProperties, s3), '1.12.4 property gradle.properties');
  const boms = resolve({
    'build.gradle':
      'dependencyManagement { imports { mavenBom "io.grpc:grpc-bom:1.44.0" } }\ndependencies { implementation "io.grpc:grpc-netty" }',
  });
  assert.equal(where(boms, 'maven io.grpc:grpc-netty'), '1.44.0 bom build.gradle');
});

test('Python, Go and npm: the lock file wins; scope comes from what the project declares', () => {
  const python = resolve({
    'pyproject.toml': '[project]\ndependencies = ["boto3>=1.20"]\n',
    'poetry.lock': '[[package]]\nname = "boto3"\nversion = "1.21.0"\n[[package]]\nname = "botocore"\nversion = "1.24.0"\n',
  });
  assert.equal(where(python, 'pypi boto3'), '1.21.0 lock poetry.lock');
  assert.equal(python.all.get('pypi boto3')?.declared, true);
  assert.equal(python.all.get('pypi botocore')?.declared, false);
  const npm = resolve({
    'package.json': '{"devDependencies": {"@grpc/grpc-js": "^1.8.0"}}',
    'package-lock.json': '{"packages": {"node_modules/@grpc/grpc-js": {"version": "1.8.4"}}}',
  });
  assert.equal(where(npm, dependencyKey('npm', '@grpc/grpc-js')), '1.8.4 lock package-lock.json');
  assert.equal(npm.all.get('npm @grpc/grpc-js')?.scope, 'dev');
  assert.deepEqual(dependenciesNamed(npm, 'npm', '@grpc/').length, 0, 'dev dependencies are not in the program');
  const go = resolve({ 'go.mod': 'module a\ngo 1.20\nrequire google.golang.org/grpc v1.50.0\n' });
  assert.equal(dependenciesNamed(go, 'go', /^google\.golang\.org\/grpc$/u)[0]?.range.from?.join('.'), '1.50.0');
  assert.ok(go.complete.has('go'));
  const brokenLock = resolve({ 'package-lock.json': '{' });
  assert.equal(brokenLock.complete.size, 0);
  assert.equal(brokenLock.problems.length, 1);
});

test('properties that unfold without end are unknown', () => {
  const laughs = Array.from({ length: 30 }, (_, n) => `<p${n}>${`\${p${n + 1}}`.repeat(10)}</p${n}>`).join('');
  const loop = '<a>${b}</a><b>${a}</b>';
  const text = pom(
    `<properties>${laughs}<p30></p30>${loop}</properties><dependencies>${dep('a', 'laughs', '<version>${p0}</version>')}${dep('a', 'loop', '<version>${a}</version>')}</dependencies>`,
  );
  const project = resolve({ 'pom.xml': text });
  assert.equal(project.all.get('maven a:laughs')?.version.known, false);
  assert.equal(project.all.get('maven a:loop')?.version.known, false);
});
