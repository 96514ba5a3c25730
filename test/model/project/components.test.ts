import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ComponentFolder, componentOf, findComponents, isDockerfile } from '../../../src/model/project/components.ts';
import { sourceFile } from '../../../src/text/source.ts';

function find(files: Record<string, string>): ComponentFolder[] {
  return findComponents(Object.keys(files), (path) => (files[path] === undefined ? undefined : sourceFile(path, files[path])));
}

function shown(components: readonly ComponentFolder[]): string[] {
  return components.map(
    ({ folder, names, buildFiles, dockerfiles, languages }) =>
      `${folder} [${names.join(' ')}] ${buildFiles.map((file) => file.path).join(' ')} | ${dockerfiles.map((file) => file.path).join(' ')} | ${languages.join(' ')}`,
  );
}

test('one service a folder', () => {
  const found = find({
    'src/orders/go.mod': 'module example.com/shop/order-service/v2\n',
    'src/orders/main.go': '',
    'src/orders/internal/x.go': '',
    'src/orders/Dockerfile': 'FROM a',
    'src/mail/requirements.txt': 'grpcio',
    'src/mail/server.py': '',
    'src/mail/Dockerfile': 'FROM a',
    'src/web/package.json': '{"name": "@shop/Frontend"}',
    'src/web/index.ts': '',
    'src/web/node_modules/x/package.json': '{}',
    'src/loader/Dockerfile': 'FROM locust',
    'src/cart/src/Dockerfile': 'FROM a',
    'deploy/orders.yaml': '',
  });
  assert.deepEqual(shown(found), [
    'src/cart/src [cart]  | src/cart/src/Dockerfile | ',
    'src/loader [loader]  | src/loader/Dockerfile | ',
    'src/mail [mail] src/mail/requirements.txt | src/mail/Dockerfile | python',
    'src/orders [orders order-service] src/orders/go.mod | src/orders/Dockerfile | go',
    'src/web [web frontend] src/web/package.json |  | typescript',
  ]);
  assert.equal(componentOf(found, 'src/orders/internal/x.go')?.folder, 'src/orders');
  assert.equal(componentOf(found, 'deploy/orders.yaml'), undefined);
});

test('a Maven or Gradle build of several modules', () => {
  const parent = '<project><artifactId>parent</artifactId><packaging>pom</packaging><modules><module>app</module></modules></project>';
  assert.deepEqual(
    shown(
      find({
        'pom.xml': parent,
        'app/pom.xml': '<project><artifactId>orders-app</artifactId></project>',
        'app/src/main/java/A.java': '',
        'g/settings.gradle': '',
        'g/gradle/libs.versions.toml': '',
        'g/build.gradle.kts': '',
        'g/svc/build.gradle.kts': '',
        'g/svc/src/main/kotlin/A.kt': '',
        'g/svc/docker/Dockerfile': 'FROM a',
      }),
    ),
    [
      'app [app orders-app] app/pom.xml pom.xml |  | java',
      'g/svc [svc] g/svc/build.gradle.kts g/build.gradle.kts g/gradle/libs.versions.toml | g/svc/docker/Dockerfile | kotlin',
    ],
  );
});

test('a Go module with a Dockerfile for each command', () => {
  assert.deepEqual(
    shown(
      find({
        'go.mod': 'module example.com/shop\n',
        'internal/x.go': '',
        'cmd/orders/main.go': '',
        'cmd/orders/Dockerfile': 'FROM a',
        'build/mail/Dockerfile': 'FROM a',
        'build/Dockerfile.web': 'FROM a',
        'Dockerfile.dev': 'FROM a',
      }),
    ),
    [
      '. [shop web mail] go.mod | Dockerfile.dev build/Dockerfile.web build/mail/Dockerfile | go',
      'cmd/orders [orders] go.mod | cmd/orders/Dockerfile | go',
    ],
  );
});

test('tooling at the root and builds inside builds are kept apart', () => {
  assert.deepEqual(
    shown(
      find({
        'package.json': '{"name": "tooling"}',
        'src/kafka/Dockerfile': 'FROM a',
        'src/web/Dockerfile': 'FROM a',
        'src/web/server.js': '',
        'src/java/build.gradle': '',
        'src/java/settings.gradle': '',
        'src/java/A.java': '',
        'build.gradle': '',
        'src/java/app/build.gradle': '',
        'src/java/app/A.java': '',
      }),
    ).slice(1),
    [
      'src/java [java] src/java/build.gradle |  | java',
      'src/java/app [app] src/java/app/build.gradle src/java/build.gradle |  | java',
      'src/kafka [kafka]  | src/kafka/Dockerfile | ',
      'src/web [web] package.json | src/web/Dockerfile | javascript',
    ],
  );
});

test('broken build files and none at all', () => {
  assert.deepEqual(shown(find({ 'a/pom.xml': '<project>', 'b/package.json': '{', 'c/x.yaml': '' })), [
    'a [a] a/pom.xml |  | ',
    'b [b] b/package.json |  | ',
  ]);
  assert.deepEqual(find({}), []);
  assert.deepEqual(
    findComponents(['a/go.mod'], () => undefined).map(({ folder, buildFiles }) => [folder, buildFiles]),
    [],
  );
});

test('names of Dockerfiles', () => {
  const table: [string, boolean][] = [
    ['Dockerfile', true],
    ['a/Dockerfile.orders', true],
    ['a/orders.Dockerfile', true],
    ['orders.dockerfile', true],
    ['Containerfile', true],
    ['Dockerfile.md', false],
    ['Dockerfile.dockerignore', false],
    ['MyDockerfile', false],
    ['docker-compose.yml', false],
  ];
  for (const [path, expected] of table) assert.equal(isDockerfile(path), expected, path);
});
